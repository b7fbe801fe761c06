//! What clients ask of the cache.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use dumper_actix::Dumper;
use dumper_tests::alone::alone;
use dumper_tests::client::{Answer, request};
use tokio::sync::Semaphore;
use tokio::task::spawn_local;

use crate::site::{Headers, Site, page, render};

fn honoring(headers: Headers) -> Site {
    Site::with(Dumper::honor_client_cache_control, move |routes| {
        routes.route("/page/", page(200, headers));
    })
}

async fn ask(site: &Site, said: &str) -> Answer {
    let headers = [("Cache-Control", said)];
    site.request("GET", "/page/", &headers).await
}

#[test]
fn by_default_a_client_cannot_empty_or_bypass_the_cache() {
    alone(async || {
        let site = Site::with_page(&[]);
        for headers in [
            ("Cache-Control", "no-cache"),
            ("Cache-Control", "max-age=0"),
            ("Cache-Control", "no-store"),
            ("Cache-Control", "min-fresh=9"),
            ("Cache-Control", "only-if-cached"),
            ("Pragma", "no-cache"),
        ] {
            let path = format!("/page/?{}={}", headers.0, headers.1);
            let first = site.request("GET", &path, &[headers]).await;
            assert!(first.is_stored(), "{headers:?}: {}", first.cache());
            let second = site.request("GET", &path, &[headers]).await;
            assert_eq!(second.text(), first.text(), "{headers:?}");
            assert!(second.is_hit(), "{headers:?}: {}", second.cache());
        }
    });
}

#[test]
fn a_client_who_wants_a_page_anew_gets_it_and_it_is_stored() {
    alone(async || {
        let site = honoring(&[]);
        for said in ["no-cache", "max-age=0", "No-Cache, max-stale"] {
            site.get("/page/").await;
            let anew = ask(&site, said).await;
            assert_eq!(anew.cache(), "fwd=request; stored", "{said}");
            let after = site.get("/page/").await;
            assert_eq!(
                (after.text(), after.is_hit()),
                (anew.text(), true),
                "{said}"
            );
        }
        site.cache.invalidate_all().await;
        assert_eq!(ask(&site, "no-cache").await.cache(), "fwd=miss; stored");
        let pragma = [("Pragma", "no-cache")];
        assert!(site.request("GET", "/page/", &pragma).await.is_hit());
    });
}

#[test]
fn a_client_gets_no_older_page_than_it_accepts() {
    alone(async || {
        let aged = honoring(&[("Cache-Control", "max-age=60"), ("Age", "30")]);
        let for_ever = honoring(&[]);
        for (said, is_aged_served) in [
            ("max-age=10", false),
            ("max-age=50", true),
            ("min-fresh=50", false),
            ("min-fresh=10", true),
            ("max-age=50, min-fresh=50", false),
            ("max-stale=0", true),
            ("max-age=soon", true),
            ("no-transform", true),
        ] {
            for (site, served) in [(&aged, is_aged_served), (&for_ever, true)] {
                site.get("/page/").await;
                let answer = ask(site, said).await;
                let is_made = answer.cache() == "fwd=request; stored";
                assert_eq!((answer.is_hit(), is_made), (served, !served), "{said}");
            }
        }
    });
}

#[test]
fn nothing_is_stored_of_a_request_that_says_no_store() {
    alone(async || {
        let site = honoring(&[]);
        for _ in 0..2 {
            let answer = ask(&site, "no-store").await;
            assert_eq!(answer.cache(), "fwd=bypass; detail=no-store");
        }
        assert_eq!(site.cache.stats().stored, 0);
        site.get("/page/").await;
        let answer = ask(&site, "no-store").await;
        assert!(answer.is_hit(), "what is stored already may be served");
        let answer = ask(&site, "no-store, no-cache").await;
        assert_eq!(answer.cache(), "fwd=bypass; detail=no-store");
    });
}

#[test]
fn a_client_who_wants_a_stored_page_or_none_gets_that() {
    alone(async || {
        let site = honoring(&[]);
        let none = ask(&site, "only-if-cached").await;
        assert_eq!((none.status, none.body.len()), (504, 0));
        assert_eq!(none.cache(), "detail=only-if-cached");
        let range = [("Cache-Control", "only-if-cached"), ("Range", "bytes=0-1")];
        let part = site.request("GET", "/page/", &range).await;
        assert_eq!((part.status, part.cache()), (504, none.cache()));
        let page = site.get("/page/").await;
        assert!(page.is_stored(), "the refusal is not");
        let stored = ask(&site, "only-if-cached").await;
        assert_eq!((stored.status, stored.text()), (200, page.text()));
        let part = site.request("GET", "/page/", &range).await;
        assert_eq!(
            (part.status, part.text()),
            (206, page.text()[..2].to_owned())
        );
        let stored = ask(&site, "only-if-cached, max-age=9").await;
        assert!(stored.is_hit());
        let anew = ask(&site, "only-if-cached, no-cache").await;
        assert_eq!(anew.status, 504);
        assert!(
            site.get("/page/").await.is_hit(),
            "and what is stored stays"
        );
    });
}

/// What somebody else has rendered may be older than the request.
#[test]
fn a_client_who_wants_a_page_anew_waits_for_nobodys_render() {
    alone(async || {
        let gate = Arc::new(Semaphore::new(0));
        let begun = Arc::new(Semaphore::new(0));
        let (opened, seen) = (Arc::clone(&gate), Arc::clone(&begun));
        let site = Site::with(Dumper::honor_client_cache_control, move |routes| {
            let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
            let slow = move || {
                let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
                async move {
                    let body = render();
                    begun.add_permits(1);
                    gate.acquire().await.unwrap().forget();
                    HttpResponse::Ok().body(body)
                }
            };
            routes.route("/page/", web::get().to(slow));
        });
        let addr = site.addr;
        let get = move |headers: &'static [(&str, &str)]| async move {
            request(addr, "GET", "/page/", headers, b"").await
        };
        let first = spawn_local(get(&[]));
        seen.acquire().await.unwrap().forget();
        let anew = spawn_local(get(&[("Cache-Control", "no-cache")]));
        // Only if it renders itself is there a second render to see.
        seen.acquire().await.unwrap().forget();
        opened.add_permits(2);
        let (first, anew) = (first.await.unwrap(), anew.await.unwrap());
        assert!(first.is_stored() && anew.is_stored(), "{first:?} {anew:?}");
        assert_ne!(first.text(), anew.text());
    });
}
