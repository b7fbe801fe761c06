//! The query.

use std::collections::BTreeMap;

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, Error, HttpRequest, web};
use dumper::Cache;
use dumper_actix::{Dumper, Query};
use dumper_tests::alone::alone;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use url::form_urlencoded;

use crate::site::Site;

fn site(query: Query) -> Site {
    Site::with(
        |dumper| dumper.query(query),
        |routes| {
            let echo = async |req: HttpRequest| req.uri().to_string();
            routes.route("/echo", web::get().to(echo));
        },
    )
}

#[test]
fn trackers_select_no_page_and_no_handler_of_a_stored_page_sees_them() {
    alone(async || {
        let site = site(Query::exact().without_trackers());
        let first = site.get("/echo?utm_source=evil&page=2&gclid=1").await;
        assert!(first.is_stored());
        assert_eq!(first.text(), "/echo?page=2");
        for target in ["/echo?page=2", "/echo?fbclid=a&page=2&utm_x=;y%3B"] {
            let answer = site.get(target).await;
            let is_whole = target.contains(';');
            assert_eq!(answer.is_hit(), !is_whole, "{target}");
        }
        assert_eq!(site.get("/echo?utm_source=a").await.text(), "/echo");
        assert!(
            site.get("/echo").await.is_hit(),
            "of nothing nothing is left"
        );
        assert!(site.get("/echo?").await.is_stored(), "`?` is not nothing");
    });
}

#[test]
fn what_may_be_something_else_to_a_handler_stays_in_the_key() {
    alone(async || {
        let site = site(Query::exact().without_trackers().without(["ref"]));
        for _ in 0..2 {
            for target in [
                "/echo?utm_content=x;page=2",
                "/echo?utm_content=x;page=3",
                "/echo?utm%5Fcontent=1",
                "/echo?utm%5Fcontent=2",
                "/echo?ref%00=1",
                "/echo?re%66=1",
                "/echo?%ffref=1",
                "/echo?+ref=1",
                "/echo?ref%3D=1",
                "/echo?ref[]=1",
            ] {
                assert_eq!(site.get(target).await.text(), target);
            }
        }
        assert_eq!(site.cache.stats().stored, 10);
    });
}

#[test]
fn sorted_parameters_select_one_page() {
    alone(async || {
        let site = site(Query::exact().sorted());
        let first = site.get("/echo?b=1&a=2&b=0").await;
        assert_eq!(first.text(), "/echo?a=2&b=1&b=0");
        assert!(site.get("/echo?b=1&b=0&a=2").await.is_hit());
        let other = site.get("/echo?b=0&b=1&a=2").await;
        assert!(other.is_stored(), "equal names have an order");
    });
}

#[test]
fn a_parameter_that_is_not_on_the_list_bypasses_unaltered() {
    alone(async || {
        let policy = Query::exact().without_trackers().only(["page"]).sorted();
        let site = site(policy);
        for (target, cache) in [
            ("/echo?page=2&utm_source=a", "fwd=miss; stored"),
            ("/echo?page=2", "hit"),
            ("/echo", "fwd=miss; stored"),
            ("/echo?z=1&utm_source=a&page=2", "fwd=bypass; detail=query"),
            ("/echo?page=2;admin=1", "fwd=bypass; detail=query"),
        ] {
            let answer = site.get(target).await;
            assert_eq!(answer.cache(), cache, "{target}");
            if cache.starts_with("fwd=bypass") {
                assert_eq!(answer.text(), target);
            }
        }
    });
}

#[test]
fn a_request_that_bypasses_for_another_reason_keeps_its_query() {
    alone(async || {
        let site = site(Query::exact().without_trackers());
        let target = "/echo?utm_source=a";
        let cookie = [("Cookie", "id=1")];
        assert_eq!(site.request("GET", target, &cookie).await.text(), target);
    });
}

#[test]
fn a_query_in_the_way_of_routing_is_none() {
    alone(async || {
        let site = Site::with(
            |dumper| dumper.query(Query::exact().without_trackers().sorted()),
            |routes| {
                let show = async |tail: web::Path<(String, String)>, req: HttpRequest| {
                    format!("{} {} {}", tail.0, tail.1, req.query_string())
                };
                routes.service(web::scope("/shop/{city}").route("/{item}/", web::get().to(show)));
            },
        );
        let answer = site.get("/shop/k%C3%B6ln/t%2Fa/?b&gclid=1&a").await;
        assert_eq!(answer.text(), "k\u{f6}ln t/a a&b");
    });
}

fn policies() -> impl Strategy<Value = Query> {
    let names = || proptest::collection::vec("[ab_%]{1,2}\\*?", 0..3);
    let only = proptest::option::of(proptest::collection::vec("[ab*]{1,2}|\\*", 1..3));
    (any::<bool>(), names(), only, any::<bool>()).prop_map(|(trackers, without, only, sorted)| {
        let mut policy = Query::exact().without(without);
        if trackers {
            policy = policy.without_trackers();
        }
        if let Some(only) = only {
            policy = policy.only(only);
        }
        if sorted { policy.sorted() } else { policy }
    })
}

fn queries() -> impl Strategy<Value = String> {
    let pair = "([ab_=+;%.\\[]|%61|%62|%26|%3[bB]|%ff|utm_|gclid|&){0,6}";
    proptest::collection::vec(pair, 0..5).prop_map(|pairs| pairs.join("&"))
}

#[test]
fn the_key_is_what_the_handler_sees_under_any_policy() {
    alone(async || {
        let mut runner = TestRunner::default();
        for _ in 0..40 {
            let policy = policies().new_tree(&mut runner).unwrap().current();
            let (shared, fresh) = (Cache::builder().build(), Cache::builder().build());
            let dumper = |cache: &Cache| Dumper::new(cache.clone()).query(policy.clone());
            let echo = async |req: HttpRequest| req.uri().to_string();
            let route = || App::new().route("/echo", web::get().to(echo));
            let crowded = init_service(route().wrap(dumper(&shared))).await;
            let empty = init_service(route().wrap(dumper(&fresh))).await;
            for _ in 0..50 {
                let query = queries().new_tree(&mut runner).unwrap().current();
                let mut reversed: Vec<&str> = query.split('&').collect();
                reversed.reverse();
                let reversed = reversed.join("&");
                for query in [&query, &format!("{query}&utm_b=1"), &reversed] {
                    let target = format!("/echo?{query}");
                    fresh.invalidate_all().await;
                    let (seen, status) = visit(&empty, &target).await;
                    let case = format!("{target} seen as {seen} under {policy:?}");
                    // Whoever has been here before leaves no trace.
                    assert_eq!(visit(&crowded, &target).await.0, seen, "{case}");
                    if status == "dumper; fwd=bypass; detail=query" {
                        assert_eq!(seen, target, "{case}");
                        continue;
                    }
                    // It is the same page in the words that the handler has seen.
                    let again = visit(&empty, &seen).await;
                    assert_eq!(again, (seen.clone(), "dumper; hit".to_owned()), "{case}");
                    assert_pairs_are_left(query, &seen, &case);
                }
            }
        }
    });
}

/// What the handler has seen, and the `Cache-Status`.
async fn visit<S, B>(app: &S, target: &str) -> (String, String)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let res = call_service(app, TestRequest::get().uri(target).to_request()).await;
    let status = res.headers().get("cache-status").unwrap();
    let status = status.to_str().unwrap().to_owned();
    let body = read_body(res).await.to_vec();
    (String::from_utf8(body).unwrap(), status)
}

/// Each pair that is seen was sent, and those of one name in the same order.
fn assert_pairs_are_left(query: &str, seen: &str, case: &str) {
    let Some((_, seen)) = seen.split_once('?') else {
        return;
    };
    let mut sent: Vec<&str> = query.split('&').collect();
    for pair in seen.split('&') {
        let at = sent.iter().position(|sent| *sent == pair);
        sent.remove(at.expect(case));
    }
    let in_order = |query: &str| {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in pairs {
            named.entry(name).or_default().push(value);
        }
        named
    };
    let sent = in_order(query);
    for (name, values) in in_order(seen) {
        let mut sent = sent[&name].iter();
        let is_in_order = values.iter().all(|value| sent.any(|sent| sent == value));
        assert!(is_in_order, "{name:?}: {case}");
    }
}
