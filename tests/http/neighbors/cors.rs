//! `actix-cors`.

use actix_cors::Cors;
use actix_web::App;
use dumper_tests::alone::alone;
use dumper_tests::client::Answer;

use super::{shown, site};
use crate::site::{Site, page};

const ANN: (&str, &str) = ("Origin", "https://ann.example");
const BOB: (&str, &str) = ("Origin", "https://bob.example");
const EVE: (&str, &str) = ("Origin", "https://eve.example");

fn friends() -> Cors {
    Cors::default()
        .allowed_origin(ANN.1)
        .allowed_origin(BOB.1)
        .allowed_methods(["GET"])
        .supports_credentials()
}

fn inside() -> Site {
    site(|dumper| {
        let app = App::new().route("/page/", page(200, &[]));
        app.wrap(friends()).wrap(dumper)
    })
}

fn inside_without_vary() -> Site {
    site(|dumper| {
        let app = App::new().route("/page/", page(200, &[]));
        app.wrap(friends().disable_vary_header()).wrap(dumper)
    })
}

fn outside() -> Site {
    site(|dumper| {
        let app = App::new().route("/page/", page(200, &[]));
        app.wrap(dumper).wrap(friends())
    })
}

fn allowed(answer: &Answer) -> Option<String> {
    assert_eq!(answer.status, 200);
    answer.header("access-control-allow-origin")
}

#[test]
fn no_origin_is_allowed_what_was_allowed_to_another() {
    alone(async || {
        let sites = [("inside", inside()), ("outside", outside())];
        for (case, site) in sites {
            for _ in 0..2 {
                for origin in [ANN, BOB] {
                    let answer = site.request("GET", "/page/", &[origin]).await;
                    assert_eq!(allowed(&answer).as_deref(), Some(origin.1), "{case}");
                    let told = answer.header("access-control-allow-credentials");
                    assert_eq!(told.as_deref(), Some("true"), "{case}");
                }
                let eve = site.request("GET", "/page/", &[EVE]).await;
                assert_eq!(allowed(&eve), None, "{case}");
                assert_eq!(allowed(&site.get("/page/").await), None, "{case}");
            }
            let ann = site.request("GET", "/page/", &[ANN]).await;
            assert!(ann.is_hit(), "{case}");
            site.cache.invalidate_paths(["/page/"]).await;
            let anew = site.request("GET", "/page/", &[ANN]).await;
            assert!(anew.is_stored(), "{case}");
            assert_ne!(anew.body, ann.body, "{case}");
            assert_eq!(allowed(&anew).as_deref(), Some(ANN.1), "{case}");
        }
    });
}

/// Which is safe, but makes pages that are of no use to other origins: Vary is not
/// to be switched off.
#[test]
fn inside_without_vary_a_page_for_nobody_is_for_all_and_one_for_an_origin_is_not() {
    alone(async || {
        let site = inside_without_vary();
        let ann = site.request("GET", "/page/", &[ANN]).await;
        assert_eq!(allowed(&ann).as_deref(), Some(ANN.1));
        let bob = site.request("GET", "/page/", &[BOB]).await;
        assert_eq!(allowed(&bob).as_deref(), Some(BOB.1));
        let nobody = site.get("/page/").await;
        assert_eq!(allowed(&nobody), None);
        for origin in [ANN, BOB, EVE] {
            let answer = site.request("GET", "/page/", &[origin]).await;
            assert!(answer.is_hit());
            assert_eq!(allowed(&answer), None);
            assert_eq!(answer.body, nobody.body);
        }
    });
}

#[test]
fn outside_all_origins_share_one_page() {
    alone(async || {
        let site = outside();
        let first = site.request("GET", "/page/", &[ANN]).await;
        assert!(first.is_stored());
        let expected = (first.text(), "hit".to_owned());
        for headers in [&[BOB][..], &[EVE], &[]] {
            let answer = site.request("GET", "/page/", headers).await;
            assert_eq!(shown(&answer), expected, "{headers:?}");
        }
    });
}

#[test]
fn a_preflight_is_answered_for_each_origin() {
    alone(async || {
        for site in [inside(), inside_without_vary(), outside()] {
            site.get("/page/").await;
            let method = ("Access-Control-Request-Method", "GET");
            for origin in [ANN, BOB, ANN] {
                let asked = [origin, method];
                let answer = site.request("OPTIONS", "/page/", &asked).await;
                assert_eq!(allowed(&answer).as_deref(), Some(origin.1));
                assert_eq!(answer.text(), "");
            }
            let refused = site.request("OPTIONS", "/page/", &[EVE, method]).await;
            assert_eq!(refused.status, 400);
            assert!(site.get("/page/").await.text().starts_with("render"));
        }
    });
}

#[test]
fn an_origin_that_is_blocked_leaves_nothing_to_others() {
    alone(async || {
        let strict = || friends().block_on_origin_mismatch(true);
        let inside = site(move |dumper| {
            let app = App::new().route("/page/", page(200, &[]));
            app.wrap(strict()).wrap(dumper)
        });
        let outside = site(move |dumper| {
            let app = App::new().route("/page/", page(200, &[]));
            app.wrap(dumper).wrap(strict())
        });
        for site in [inside, outside] {
            for _ in 0..2 {
                assert_eq!(site.request("GET", "/page/", &[EVE]).await.status, 400);
                let ann = site.request("GET", "/page/", &[ANN]).await;
                assert_eq!(allowed(&ann).as_deref(), Some(ANN.1));
            }
        }
    });
}
