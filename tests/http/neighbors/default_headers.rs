//! `DefaultHeaders`.

use actix_web::App;
use actix_web::middleware::DefaultHeaders;
use dumper_tests::alone::alone;

use super::{shown, site};
use crate::site::{Headers, Site, page};

fn inside(header: (&'static str, &'static str), headers: Headers) -> Site {
    site(move |dumper| {
        let app = App::new().route("/page/", page(200, headers));
        app.wrap(DefaultHeaders::new().add(header)).wrap(dumper)
    })
}

fn outside(header: (&'static str, &'static str), headers: Headers) -> Site {
    site(move |dumper| {
        let app = App::new().route("/page/", page(200, headers));
        app.wrap(dumper).wrap(DefaultHeaders::new().add(header))
    })
}

#[test]
fn a_header_is_on_misses_and_hits_from_either_side() {
    alone(async || {
        let header = ("X-Frame-Options", "DENY");
        for site in [inside(header, &[]), outside(header, &[])] {
            for _ in 0..2 {
                let answer = site.get("/page/").await;
                assert_eq!(answer.header("x-frame-options").as_deref(), Some("DENY"));
            }
            assert!(site.get("/page/").await.is_hit());
        }
    });
}

#[test]
fn inside_a_cache_control_is_obeyed() {
    alone(async || {
        let site = inside(("Cache-Control", "private"), &[]);
        for _ in 0..2 {
            let answer = site.get("/page/").await;
            assert_eq!(answer.cache(), "fwd=miss; detail=private");
            assert_eq!(answer.header("cache-control").as_deref(), Some("private"));
        }
        let site = inside(("Vary", "X-Theme"), &[]);
        let dark = [("X-Theme", "dark")];
        let dark_page = site.request("GET", "/page/", &dark).await;
        assert!(site.get("/page/").await.is_stored());
        let expected = (dark_page.text(), "hit".to_owned());
        assert_eq!(shown(&site.request("GET", "/page/", &dark).await), expected);
    });
}

/// Which is why the README tells to set it inside.
#[test]
fn outside_a_cache_control_comes_too_late() {
    alone(async || {
        let site = outside(("Cache-Control", "private"), &[]);
        assert!(site.get("/page/").await.is_stored());
        let hit = site.get("/page/").await;
        assert!(hit.is_hit());
        assert_eq!(hit.header("cache-control").as_deref(), Some("no-cache"));
        let site = outside(
            ("Cache-Control", "private"),
            &[("Cache-Control", "no-store")],
        );
        let answer = site.get("/page/").await;
        assert_eq!(answer.cache(), "fwd=miss; detail=no-store");
        assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
    });
}
