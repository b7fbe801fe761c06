//! What an unsafe request invalidates.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LOCATION, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use dumper_actix::Dumper;
use dumper_tests::alone::alone;

use crate::site::{Site, render};

/// A site whose pages answer any other method with the status and the headers that
/// the request names.
fn site(set: impl FnOnce(Dumper) -> Dumper) -> Site {
    async fn obey(req: HttpRequest) -> HttpResponse {
        let asked = |name: &str| req.headers().get(name).map(|value| value.to_str().unwrap());
        let status = asked("x-status").unwrap_or("200").parse().unwrap();
        let mut res = HttpResponse::build(StatusCode::from_u16(status).unwrap());
        for (name, answered) in [("x-location", LOCATION), ("x-content", CONTENT_LOCATION)] {
            if let Some(value) = asked(name) {
                res.append_header((answered, value));
            }
        }
        res.finish()
    }
    Site::with(set, |routes| {
        let page = web::resource("/{page:.*}").get(async || render());
        routes.service(page.default_service(web::to(obey)));
    })
}

#[test]
fn a_successful_unsafe_request_drops_all_variants_of_its_path() {
    alone(async || {
        let site = site(|dumper| dumper);
        let variants: [(&str, &[(&str, &str)]); 4] = [
            ("/a/", &[]),
            ("/a/?page=2", &[]),
            ("/%61/", &[("Host", "other.example")]),
            ("/a/", &[("X-Forwarded-Proto", "https")]),
        ];
        for (method, target, status, drops) in [
            ("POST", "/a/", "200", true),
            ("PUT", "/a/", "201", true),
            ("PATCH", "/a/?x", "204", true),
            ("DELETE", "/%61/", "303", true),
            ("M-SEARCH", "/a/", "207", true),
            ("post", "/a/", "200", true),
            ("POST", "/a/", "400", false),
            ("POST", "/a/", "404", false),
            ("POST", "/a/", "500", false),
            ("POST", "/b/", "200", false),
            ("OPTIONS", "/a/", "200", false),
            ("TRACE", "/a/", "200", false),
        ] {
            for (variant, headers) in variants {
                site.request("GET", variant, headers).await;
            }
            let answer = site.request(method, target, &[("X-Status", status)]).await;
            assert_eq!(answer.status.to_string(), status);
            assert_eq!(answer.cache(), "fwd=method", "{method}");
            for (variant, headers) in variants {
                let answer = site.request("GET", variant, headers).await;
                assert_eq!(
                    answer.is_hit(),
                    !drops,
                    "{method} {target} {status}: {variant}"
                );
            }
        }
    });
}

#[test]
fn a_safe_request_with_a_credential_drops_nothing() {
    alone(async || {
        let site = site(Dumper::invalidate_location);
        site.get("/a/").await;
        for method in ["GET", "HEAD"] {
            site.request(method, "/a/", &[("Cookie", "id=1")]).await;
            assert!(site.get("/a/").await.is_hit(), "{method}");
        }
    });
}

#[test]
fn what_a_successful_unsafe_request_names_drops_if_the_site_says_so() {
    const CASES: [(&str, &str, bool); 12] = [
        ("/b/", "200", true),
        ("/b/", "303", true),
        ("/b/?page=2#top", "201", true),
        ("../b/", "201", true),
        ("http://parlour.example/b/", "201", true),
        ("HTTP://Parlour.Example:80/b/", "201", true),
        ("/b/", "422", false),
        ("/b/", "500", false),
        ("https://parlour.example/b/", "201", false),
        ("http://parlour.example:8080/b/", "201", false),
        ("http://evil.example/b/", "201", false),
        ("//evil.example/b/", "201", false),
    ];
    alone(async || {
        for (says_so, site) in [
            (false, site(|dumper| dumper)),
            (true, site(Dumper::invalidate_location)),
        ] {
            for name in ["X-Location", "X-Content"] {
                for (location, status, drops) in CASES {
                    for page in ["/b/", "/b/?page=2", "/c/"] {
                        site.get(page).await;
                    }
                    let headers = [("X-Status", status), (name, location)];
                    site.request("POST", "/a/", &headers).await;
                    for page in ["/b/", "/b/?page=2"] {
                        let hit = site.get(page).await.is_hit();
                        assert_eq!(hit, !(drops && says_so), "{name}: {location} {status}");
                    }
                    assert!(site.get("/c/").await.is_hit());
                }
            }
        }
    });
}
