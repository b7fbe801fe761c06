//! Cache poisoning: an attacker's request makes the page that others get.

use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use dumper_tests::alone::alone;

use super::{Attack, truth};
use crate::site::Site;

/// Believes whatever a request tells, as one framework or another does.
async fn gullible(req: HttpRequest, body: Bytes) -> String {
    let headers = req.headers().iter();
    let telling = headers.filter(|(name, _)| *name != "authorization" && *name != "connection");
    let connection = req.connection_info().clone();
    let origin = format!("{}://{}", connection.scheme(), connection.host());
    let query = web::Query::<Vec<(String, String)>>::from_query(req.query_string());
    let query = query.map(web::Query::into_inner);
    format!(
        "{} {origin} {} {:?} {query:?} {:?} {body:?}",
        req.method(),
        req.uri(),
        req.match_info(),
        telling.collect::<Vec<_>>(),
    )
}

fn routes(routes: &mut ServiceConfig) {
    routes
        .route("/page/", web::route().to(gullible))
        .route("/item/{id}/", web::route().to(gullible))
        .default_service(web::route().to(gullible));
}

/// Sends each attack to an empty cache and sees that a visitor of the page is
/// answered by the app or as by the app.
async fn assert_harmless(attacks: &[Attack], visited: &[&str]) {
    let site = Site::start(routes);
    for attack in attacks {
        for target in visited {
            let expected = truth(&site, target).await;
            site.cache.invalidate_all().await;
            let planted = attack.send(&site).await;
            for _ in 0..2 {
                let answer = site.get(target).await;
                assert_eq!(
                    answer.text(),
                    expected.text(),
                    "{} {} {:?} made this of {target}; it was answered with {} {:?}",
                    attack.method,
                    attack.target,
                    attack.headers,
                    planted.cache(),
                    planted.text(),
                );
            }
            assert!(
                site.get(target).await.is_hit(),
                "{target} is a page for all others"
            );
        }
    }
}

#[test]
fn poisoning_by_a_header_that_is_not_in_the_key_is_in_vain() {
    const NAMES: [&str; 46] = [
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Prefix",
        "X-Forwarded-Port",
        "X-Forwarded-Server",
        "X-Forwarded-Scheme",
        "X-Forwarded-Path",
        "X-Forwarded-Uri",
        "X-Forwarded-Ssl",
        "X-Forwarded-Method",
        "X-Forwarded",
        "Forwarded-Host",
        "Forwarded",
        "X-Original-Url",
        "X-Original-Uri",
        "X-Original-Host",
        "X-Original-Path",
        "X-Original-Prefix",
        "X-Original-Forwarded-Host",
        "X-Rewrite-Url",
        "X-Host",
        "X-Http-Method",
        "X-Http-Method-Override",
        "X-Method-Override",
        "X-Http-Host-Override",
        "X-Http-Path-Override",
        "X-Http-DestinationUrl",
        "X-Proxy-Url",
        "X-Proxy-Host",
        "Proxy-Host",
        "Proxy-Url",
        "Request-Uri",
        "Base-Url",
        "Http-Url",
        "X-Scheme",
        "X-Url-Scheme",
        "Front-End-Https",
        "Cloudfront-Forwarded-Proto",
        "Cf-Visitor",
        "X-Arr-Ssl",
        "Fastly-Ssl",
        "X-Script-Name",
        "X-Ingress-Path",
        "X-Envoy-Original-Path",
        "X-Envoy-Original-Host",
        "X-Replaced-Path",
    ];
    alone(async || {
        let site = Site::start(routes);
        let expected = truth(&site, "/page/").await;
        for name in NAMES {
            for value in [
                "evil.example",
                "https",
                "/evil",
                "host=evil.example;proto=https",
            ] {
                site.cache.invalidate_all().await;
                site.request("GET", "/page/", &[(name, value)]).await;
                let answer = site.get("/page/").await;
                assert_eq!(answer.text(), expected.text(), "{name}: {value}");
            }
        }
    });
}

#[test]
fn poisoning_by_host_is_in_vain() {
    const ATTACKS: [Attack; 12] = [
        Attack::with("/page/", &[("Host", "evil.example")]),
        Attack::with("/page/", &[("Host", "parlour.example:81")]),
        Attack::with("/page/", &[("Host", "PARLOUR.example")]),
        Attack::with("/page/", &[("Host", "parlour.example.")]),
        Attack::with("/page/", &[("Host", "evil@parlour.example")]),
        Attack::with(
            "/page/",
            &[("Host", "parlour.example"), ("Host", "evil.example")],
        ),
        Attack::with(
            "/page/",
            &[("Host", "evil.example"), ("Host", "parlour.example")],
        ),
        Attack::with("/page/", &[("Host", "parlour.example, evil.example")]),
        Attack::with("/page/", &[("Host", "parlour.example/page/?")]),
        Attack::with("http://evil.example/page/", &[]),
        Attack::with("http://evil.example/page/", &[("Host", "parlour.example")]),
        Attack::with("/page/", &[("Host", "")]),
    ];
    alone(async || assert_harmless(&ATTACKS, &["/page/"]).await);
}

#[test]
fn poisoning_by_a_get_with_a_body_is_in_vain() {
    const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
    const FAT: [Attack; 4] = [
        Attack {
            method: "GET",
            target: "/page/",
            headers: &[FORM],
            body: b"a=evil",
        },
        Attack {
            method: "HEAD",
            target: "/page/",
            headers: &[FORM],
            body: b"a=evil",
        },
        Attack::with(
            "/page/",
            &[
                ("Transfer-Encoding", "chunked"),
                ("X-Evil", "x\r\n\r\n4\r\nevil\r\n0\r\n"),
            ],
        ),
        Attack {
            method: "GET",
            target: "/page/",
            headers: &[("X-Http-Method-Override", "POST"), FORM],
            body: b"a=evil",
        },
    ];
    alone(async || assert_harmless(&FAT, &["/page/"]).await);
}

#[test]
fn poisoning_by_a_path_that_is_written_otherwise_is_in_vain() {
    const ATTACKS: [Attack; 24] = [
        Attack::get("//page/"),
        Attack::get("/page//"),
        Attack::get("/./page/"),
        Attack::get("/page/."),
        Attack::get("/%2e/page/"),
        Attack::get("/evil/../page/"),
        Attack::get("/evil/%2e%2e/page/"),
        Attack::get("/page/;evil"),
        Attack::get("/page;evil/"),
        Attack::get("/page/%3Bevil"),
        Attack::get("/page/%00"),
        Attack::get("/page%00/"),
        Attack::get("/%2Fpage/"),
        Attack::get("/page%2F"),
        Attack::get("/page%2f"),
        Attack::get("/page%5C"),
        Attack::get("\\page/"),
        Attack::get("/page\\"),
        Attack::get("/page/%23evil"),
        Attack::get("/page/%3Fevil"),
        Attack::get("/page/#evil"),
        Attack::get("/page/%0d%0aEvil:%20x"),
        Attack::get("/PAGE/"),
        Attack::get("/pag%2565/"),
    ];
    alone(async || assert_harmless(&ATTACKS, &["/page/"]).await);
}

#[test]
fn parameter_cloaking_is_in_vain() {
    const ATTACKS: [Attack; 12] = [
        Attack::get("/page/?a=1;a=evil"),
        Attack::get("/page/?a=1&a=evil"),
        Attack::get("/page/?a=1%26a=evil"),
        Attack::get("/page/?a=1&utm_content=x;a=evil"),
        Attack::get("/page/?utm_content=x;a=evil&a=1"),
        Attack::get("/page/?a=1&utm_content=x%26a=evil"),
        Attack::get("/page/?a=1&utm_%63ontent=evil"),
        Attack::get("/page/?a=1?a=evil"),
        Attack::get("/page/?a=1#evil"),
        Attack::get("/page/?a=1&&a=evil"),
        Attack::get("/page/?a=1&%61=evil"),
        Attack::get("/page/?callback=evil&a=1"),
    ];
    let visited = ["/page/?a=1", "/page/", "/page/?a=1&utm_content=x"];
    alone(async || assert_harmless(&ATTACKS, &visited).await);
}

#[test]
fn a_page_that_an_error_made_is_not_for_others() {
    async fn picky(req: HttpRequest) -> HttpResponse {
        match req.headers().get("x-evil") {
            Some(status) if status == "400" => HttpResponse::BadRequest().body("evil"),
            Some(status) if status == "404" => HttpResponse::NotFound().body("evil"),
            Some(status) if status == "301" => HttpResponse::MovedPermanently()
                .append_header(("Location", "http://evil.example/"))
                .finish(),
            Some(_) => HttpResponse::InternalServerError().body("evil"),
            None => HttpResponse::Ok().body("fine"),
        }
    }
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", web::get().to(picky));
        });
        for status in ["400", "404", "301", "500"] {
            let planted = site.request("GET", "/page/", &[("X-Evil", status)]).await;
            assert_eq!(planted.status.to_string(), status);
            assert_eq!(site.get("/page/").await.text(), "fine", "after {status}");
            site.cache.invalidate_all().await;
        }
    });
}
