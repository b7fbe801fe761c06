//! `NormalizePath`.

use actix_web::App;
use actix_web::middleware::{NormalizePath, TrailingSlash};
use dumper_tests::alone::alone;

use super::{shown, site};
use crate::site::{Site, page};

fn inside(style: TrailingSlash, route: &'static str) -> Site {
    site(move |dumper| {
        let app = App::new().route(route, page(200, &[]));
        app.wrap(NormalizePath::new(style)).wrap(dumper)
    })
}

fn outside(style: TrailingSlash, route: &'static str) -> Site {
    site(move |dumper| {
        let app = App::new().route(route, page(200, &[]));
        app.wrap(dumper).wrap(NormalizePath::new(style))
    })
}

/// The styles, a route as each leaves it, and other spellings of its path.
const STYLES: [(TrailingSlash, &str, &[&str]); 3] = [
    (TrailingSlash::Trim, "/a/b", &["/a/b/", "//a//b", "/a/b//"]),
    (
        TrailingSlash::Always,
        "/a/b/",
        &["/a/b", "//a//b", "/a/b//"],
    ),
    (
        TrailingSlash::MergeOnly,
        "/a/b/",
        &["//a/b/", "/a//b/", "/a/b//"],
    ),
];

#[test]
fn outside_all_spellings_are_one_page() {
    alone(async || {
        for (style, path, spellings) in STYLES {
            let site = outside(style, path);
            let first = site.get(path).await;
            assert!(first.is_stored(), "{path}");
            let expected = (first.text(), "hit".to_owned());
            for spelling in spellings {
                assert_eq!(shown(&site.get(spelling).await), expected, "{spelling}");
            }
            site.cache.invalidate_paths([path]).await;
            for spelling in spellings {
                assert_ne!(site.get(spelling).await.text(), first.text(), "{spelling}");
            }
        }
    });
}

#[test]
fn inside_each_spelling_is_a_page_that_drops_with_the_route_and_by_itself() {
    alone(async || {
        for (style, path, spellings) in STYLES {
            let site = inside(style, path);
            for spelling in spellings {
                let first = site.get(spelling).await;
                assert!(first.is_stored(), "{spelling}: {first:?}");
                let expected = (first.text(), "hit".to_owned());
                assert_eq!(shown(&site.get(spelling).await), expected, "{spelling}");
                site.cache.invalidate_paths([path]).await;
                let second = site.get(spelling).await;
                assert_ne!(second.text(), first.text(), "{spelling}, by {path}");
                site.cache.invalidate_paths([*spelling]).await;
                let third = site.get(spelling).await;
                assert_ne!(third.text(), second.text(), "{spelling}, by itself");
            }
        }
    });
}

#[test]
fn what_is_ignored_is_so_in_each_spelling_on_either_side() {
    alone(async || {
        let inside = site(|dumper| {
            let app = App::new().route("/admin/", page(200, &[]));
            app.wrap(NormalizePath::new(TrailingSlash::Always))
                .wrap(dumper)
        });
        let outside = site(|dumper| {
            let app = App::new().route("/admin/", page(200, &[]));
            app.wrap(dumper)
                .wrap(NormalizePath::new(TrailingSlash::Always))
        });
        for site in [inside, outside] {
            for spelling in ["/admin/", "/admin", "//admin", "/admin//"] {
                for _ in 0..2 {
                    let answer = site.get(spelling).await;
                    assert_eq!(answer.status, 200, "{spelling}");
                    assert!(answer.cache().ends_with("detail=ignored"), "{spelling}");
                }
            }
        }
    });
}
