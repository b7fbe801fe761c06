//! Statuses other than 200.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, body, web};
use dumper_actix::Dumper;
use dumper_tests::alone::alone;

use crate::site::{Site, page};

const ALL: [u16; 11] = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501];

fn storing_all(dumper: Dumper) -> Dumper {
    dumper.statuses(ALL).unwrap()
}

#[test]
fn no_status_but_200_is_stored_by_default() {
    alone(async || {
        let site = Site::start(|routes| {
            for status in 201..600 {
                let headers = &[("Cache-Control", "max-age=60")];
                routes.route(&format!("/{status}/"), page(status, headers));
            }
        });
        for status in 201..600 {
            let answer = site.get(&format!("/{status}/")).await;
            assert_eq!(answer.status, status);
            assert_eq!(answer.cache(), format!("fwd=miss; detail=status-{status}"));
        }
        assert_eq!(site.cache.stats().stored, 0);
    });
}

#[test]
fn a_status_that_is_chosen_is_stored_and_served_as_it_was() {
    alone(async || {
        let site = Site::with(storing_all, |routes| {
            for status in (200..600).filter(|status| *status != 204) {
                let headers = &[("Location", "/elsewhere/"), ("Allow", "POST")];
                routes.route(&format!("/{status}/"), page(status, headers));
            }
        });
        for status in (200..600).filter(|status| *status != 204) {
            let path = format!("/{status}/");
            let [first, second] = [site.get(&path).await, site.get(&path).await];
            if !ALL.contains(&status) {
                assert_eq!(second.cache(), format!("fwd=miss; detail=status-{status}"));
                continue;
            }
            assert!(first.is_stored() && second.is_hit(), "{status}");
            assert_eq!((second.status, second.text()), (status, first.text()));
            assert_eq!(second.header("location").unwrap(), "/elsewhere/");
            assert_eq!(second.header("allow").unwrap(), "POST");
            let head = site.request("HEAD", &path, &[]).await;
            assert!(head.is_hit() && head.status == status && head.body.is_empty());
        }
    });
}

#[test]
fn a_page_without_a_body_is_stored() {
    alone(async || {
        let site = Site::with(storing_all, |routes| {
            let finished = async || HttpResponse::NoContent().finish();
            let none = async || HttpResponse::with_body(StatusCode::NO_CONTENT, body::None::new());
            let moved = async || {
                let mut res = HttpResponse::MovedPermanently();
                res.append_header(("Location", "/")).finish()
            };
            routes
                .route("/finished/", web::get().to(finished))
                .route("/none/", web::get().to(none))
                .route("/moved/", web::get().to(moved));
        });
        for (path, status, length) in [
            ("/finished/", 204, None),
            ("/none/", 204, None),
            ("/moved/", 301, Some("0")),
        ] {
            for cache in ["fwd=miss; stored", "hit"] {
                let answer = site.get(path).await;
                assert_eq!(
                    (answer.status, answer.cache().as_str()),
                    (status, cache),
                    "{path}"
                );
                assert_eq!(answer.header("content-length").as_deref(), length, "{path}");
                assert_eq!(answer.header("transfer-encoding"), None, "{path}");
                assert!(answer.body.is_empty() && answer.complete, "{path}");
            }
        }
    });
}

#[test]
fn what_the_router_answers_by_itself_is_stored_if_it_is_chosen() {
    alone(async || {
        let site = Site::with(storing_all, |routes| {
            routes.service(web::resource("/form/").route(web::post().to(HttpResponse::Ok)));
        });
        for (path, status) in [("/nowhere/", 404), ("/form/", 405)] {
            assert!(site.get(path).await.is_stored(), "{path}");
            let answer = site.get(path).await;
            assert!(answer.is_hit() && answer.status == status, "{path}");
        }
        site.cache.invalidate_paths(["/nowhere/"]).await;
        assert!(!site.get("/nowhere/").await.is_hit());
    });
}

#[test]
fn only_a_success_has_not_changed() {
    alone(async || {
        let headers = &[
            ("ETag", "\"a\""),
            ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ];
        let site = Site::with(storing_all, |routes| {
            for status in [200, 203, 301, 404] {
                routes.route(&format!("/{status}/"), page(status, headers));
            }
        });
        for condition in [
            ("If-None-Match", "\"a\""),
            ("If-None-Match", "*"),
            ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ] {
            site.cache.invalidate_all().await;
            for (status, expected) in [(200, 304), (203, 304), (301, 301), (404, 404)] {
                for _ in 0..2 {
                    let path = format!("/{status}/");
                    let answer = site.request("GET", &path, &[condition]).await;
                    assert_eq!(answer.status, expected, "{condition:?}: {answer:?}");
                }
            }
        }
    });
}
