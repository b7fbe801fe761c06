//! A cache around a part of an app, alone and within another one.

use actix_web::{App, HttpResponse, web};
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::alone::alone;

use super::{shown, site};
use crate::site::{Site, page, render};

/// A shop under `/shop` that is wrapped in one middleware, in an app that is
/// wrapped in another.
fn nested(inner: Dumper, outer: impl Fn(Dumper) -> Dumper + Clone + Send + 'static) -> Site {
    site(move |dumper| {
        let shop = web::scope("/shop")
            .route("/page/", page(200, &[]))
            .route("/tagged/", web::get().to(tagged))
            .route("/buy/{slug}/", web::post().to(HttpResponse::Ok));
        App::new()
            .service(shop.wrap(inner.clone()))
            .route("/page/", page(200, &[]))
            .wrap(outer(dumper))
    })
}

async fn tagged() -> String {
    dumper::tag("menu");
    render()
}

#[test]
fn a_scope_alone_has_its_pages_under_their_whole_paths() {
    alone(async || {
        let site = site(|dumper| {
            let shop = web::scope("/shop").route("/page/", page(200, &[]));
            let app = App::new().service(shop.wrap(dumper));
            app.route("/page/", page(200, &[]))
        });
        assert_eq!(site.get("/page/").await.cache(), "");
        let first = site.get("/shop/page/").await;
        assert!(first.is_stored());
        site.cache.invalidate_paths(["/page/"]).await;
        let expected = (first.text(), "hit".to_owned());
        assert_eq!(shown(&site.get("/shop/page/").await), expected);
        site.cache.invalidate_paths(["/shop/page/"]).await;
        assert!(site.get("/shop/page/").await.is_stored());
    });
}

#[test]
fn the_outer_of_two_caches_has_the_pages_of_both() {
    alone(async || {
        let inner = Cache::builder().build();
        let site = nested(Dumper::new(inner.clone()), |dumper| dumper);
        for path in ["/page/", "/shop/page/", "/shop/tagged/"] {
            let first = site.get(path).await;
            assert!(first.is_stored(), "{path}");
            let expected = (first.text(), "hit".to_owned());
            assert_eq!(shown(&site.get(path).await), expected, "{path}");
            dumper::invalidate_paths([path]).await;
            assert_ne!(site.get(path).await.text(), first.text(), "{path}");
        }
        assert_eq!((inner.stats().stored, site.cache.stats().paths), (0, 3));
        let first = site.get("/shop/tagged/").await;
        site.cache.invalidate_tag("menu").await;
        assert_ne!(site.get("/shop/tagged/").await.text(), first.text());
    });
}

#[test]
fn two_middlewares_of_one_cache_are_as_one() {
    alone(async || {
        let shared = Cache::builder().build();
        let inner = Dumper::new(shared.clone());
        let outer = Dumper::new(shared);
        let site = nested(inner, move |_| outer.clone());
        let first = site.get("/shop/page/").await;
        assert!(first.is_stored());
        assert!(site.get("/shop/page/").await.is_hit());
        dumper::invalidate_paths(["/shop/page/"]).await;
        assert_ne!(site.get("/shop/page/").await.text(), first.text());
    });
}

#[test]
fn what_the_outer_one_ignores_is_for_the_inner_one() {
    alone(async || {
        let inner = Cache::builder().build();
        let site = nested(Dumper::new(inner.clone()), |dumper| {
            dumper.ignore("^/shop/").unwrap()
        });
        let first = site.get("/shop/page/").await;
        let second = site.get("/shop/page/").await;
        assert_eq!(second.body, first.body);
        let statuses = second.header("cache-status").unwrap();
        assert_eq!(statuses, "dumper; hit, dumper; fwd=bypass; detail=ignored");
        dumper::invalidate_paths(["/shop/page/"]).await;
        assert_ne!(site.get("/shop/page/").await.body, first.body);
        assert_eq!(site.cache.stats().stored, 0);
    });
}

#[test]
fn what_the_inner_one_leaves_alone_is_not_for_the_outer_one() {
    alone(async || {
        let inner = || Dumper::new(Cache::builder().build());
        let admin = inner().ignore("^/shop/page/").unwrap();
        let members = inner().credential_headers(["X-Member"]);
        let anybody: &[(&str, &str)] = &[];
        let ann: &[(&str, &str)] = &[("X-Member", "ann")];
        let cases = [
            ("ignored", admin, anybody),
            ("credential-header", members, ann),
        ];
        for (reason, inner, headers) in cases {
            let site = nested(inner, |dumper| dumper);
            for _ in 0..2 {
                let answer = site.request("GET", "/shop/page/", headers).await;
                assert_eq!(answer.cache(), format!("fwd=miss; detail={reason}"));
            }
            assert!(site.get("/page/").await.is_stored());
        }
    });
}

#[test]
fn a_change_in_a_scope_drops_the_page_of_its_path() {
    alone(async || {
        let site = site(|dumper| {
            let shop = web::scope("/shop");
            let shop = shop.route("/page/", page(200, &[]));
            App::new().service(shop.wrap(dumper.clone())).wrap(dumper)
        });
        let first = site.get("/shop/page/").await;
        assert_eq!(site.request("POST", "/shop/page/", &[]).await.status, 200);
        assert_ne!(site.get("/shop/page/").await.text(), first.text());
    });
}
