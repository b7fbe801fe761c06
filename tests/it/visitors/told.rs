//! What clients are told.

use std::sync::atomic::Ordering;

use actix_web::{HttpRequest, web};
use dumper_actix::{BrowserCache, Dumper};

use super::{Headers, RENDERS, page, render, site_with_page};
use crate::alone::on_each_database;
use crate::site::Site;

#[test]
fn a_browser_that_has_the_page_is_told_304() {
    on_each_database(async || {
        let site = site_with_page(&[("Content-Language", "en"), ("Vary", "Accept")]).await;
        let page = site.get("/page/").await;
        let etag = page.header("etag").unwrap();
        assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
        let lists = [
            (etag.clone(), true),
            (format!("W/{etag}"), true),
            (format!("\"x\", {etag}"), true),
            (format!("W/\"a,b\",{etag},\"y\""), true),
            ("*".to_owned(), true),
            ("\"x\"".to_owned(), false),
            (etag.trim_matches('"').to_owned(), false),
        ];
        for method in ["GET", "HEAD"] {
            for (list, has_it) in &lists {
                let asked = [("If-None-Match", list.as_str())];
                let answer = site.request(method, "/page/", &asked).await;
                assert!(answer.is_hit(), "{answer:?}");
                assert_eq!(answer.status, if *has_it { 304 } else { 200 }, "{list}");
                for name in ["etag", "cache-control", "vary"] {
                    assert_eq!(answer.header(name), page.header(name), "{name}");
                }
                if *has_it {
                    assert_eq!(answer.text(), "");
                    assert_eq!(answer.header("content-type"), None);
                }
            }
        }
        let two_lines = [("If-None-Match", "\"x\""), ("If-None-Match", &etag)];
        assert_eq!(site.request("GET", "/page/", &two_lines).await.status, 304);
    });
}

#[test]
fn a_browser_that_has_the_page_is_told_so_by_a_miss_too() {
    async fn same(req: HttpRequest) -> String {
        assert!(!req.headers().contains_key("if-none-match"));
        render();
        "the same for ever".to_owned()
    }
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/page/", web::get().to(same));
        });
        let site = site.start().await;
        let etag = site.get("/page/").await.header("etag").unwrap();
        site.cache.invalidate_paths(["/page/"]).await;
        let asked = [("If-None-Match", etag.as_str())];
        let answer = site.request("GET", "/page/", &asked).await;
        assert!(answer.is_stored(), "{answer:?}");
        assert_eq!(answer.status, 304);
        let whole = site.get("/page/").await;
        assert!(whole.is_hit());
        assert_eq!(
            (whole.status, whole.text().as_str()),
            (200, "the same for ever")
        );
        assert_eq!(whole.header("etag"), Some(etag));
        assert_eq!(RENDERS.load(Ordering::SeqCst), 2);
    });
}

#[test]
fn a_page_with_validators_of_its_own_keeps_them() {
    const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    on_each_database(async || {
        let site = site_with_page(&[("ETag", "W/\"own\""), ("Last-Modified", MODIFIED)]).await;
        site.visit(&["/page/"]).await;
        for (name, value, status) in [
            ("If-None-Match", "\"own\"", 304),
            ("If-None-Match", "\"else\"", 200),
            ("If-Modified-Since", MODIFIED, 304),
            ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT", 200),
            ("If-Modified-Since", "yesterday", 200),
        ] {
            let answer = site.request("GET", "/page/", &[(name, value)]).await;
            assert_eq!(answer.status, status, "{name}: {value}");
            assert_eq!(answer.header("etag").unwrap(), "W/\"own\"");
        }
        let both = [
            ("If-None-Match", "\"else\""),
            ("If-Modified-Since", MODIFIED),
        ];
        assert_eq!(site.request("GET", "/page/", &both).await.status, 200);
    });
}

#[test]
fn every_response_tells_what_the_cache_did() {
    on_each_database(async || {
        let site = Site::start().await;
        assert_eq!(site.get("/sign/").await.cache(), "fwd=miss; stored");
        assert_eq!(site.get("/sign/").await.cache(), "hit");
        assert_eq!(
            site.truth("/sign/").await.cache(),
            "fwd=bypass; detail=authorization"
        );
        assert_eq!(
            site.get("/admin/").await.cache(),
            "fwd=bypass; detail=ignored"
        );
        assert_eq!(
            site.get("/nowhere/").await.cache(),
            "fwd=miss; detail=status-404"
        );
        assert_eq!(
            site.request("POST", "/sign/", &[]).await.cache(),
            "fwd=method"
        );
        assert_eq!(
            site.get("/100%/").await.cache(),
            "fwd=bypass; detail=malformed-path"
        );
    });
}

#[test]
fn the_cache_can_keep_silent() {
    on_each_database(async || {
        let site = Site::setup().dumper(Dumper::without_cache_status);
        let site = site.start().await;
        for path in ["/sign/", "/sign/", "/admin/", "/nowhere/"] {
            let answer = site.get(path).await;
            assert_eq!(answer.header("cache-status"), None, "{path}");
        }
        assert_eq!(site.renders("/sign/"), 1);
    });
}

#[test]
fn browsers_ask_again_unless_the_page_says_otherwise() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/unsaid/", page(200, &[]));
            routes.route("/said/", page(200, &[("Cache-Control", "max-age=60")]));
        });
        let site = site.start().await;
        for _ in 0..2 {
            let unsaid = site.get("/unsaid/").await;
            assert_eq!(unsaid.header("cache-control").unwrap(), "no-cache");
            let said = site.get("/said/").await;
            assert_eq!(said.header("cache-control").unwrap(), "max-age=60");
            assert!(unsaid.header("etag").is_some() && said.header("etag").is_some());
        }
        assert!(
            site.get("/unsaid/").await.is_hit(),
            "it is not kept from us"
        );
    });
}

#[test]
fn browsers_can_be_left_to_guess() {
    on_each_database(async || {
        let site = Site::setup().dumper(|dumper| dumper.browser_cache(BrowserCache::Unsaid));
        let site = site.start().await;
        for _ in 0..2 {
            let answer = site.get("/sign/").await;
            assert_eq!(answer.header("cache-control"), None);
            assert!(answer.header("etag").is_some());
        }
    });
}

#[test]
fn headers_of_one_connection_are_not_stored() {
    const HEADERS: Headers = &[
        ("Connection", "X-Hop, X-Jump"),
        ("X-Hop", "1"),
        ("X-Jump", "1"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Authenticate", "Basic"),
        ("TE", "trailers"),
        ("Trailer", "X-Sum"),
        ("Cache-Status", "inner; hit"),
        ("X-Kept", "1"),
        ("X-Kept", "2"),
        ("Link", "</style.css>; rel=preload"),
    ];
    on_each_database(async || {
        let site = site_with_page(HEADERS).await;
        site.visit(&["/page/"]).await;
        let hit = site.get("/page/").await;
        for name in [
            "x-hop",
            "x-jump",
            "keep-alive",
            "proxy-authenticate",
            "te",
            "trailer",
        ] {
            assert_eq!(hit.header(name), None, "{name}");
        }
        assert_eq!(hit.header("cache-status").unwrap(), "dumper; hit");
        assert_eq!(hit.header("x-kept").unwrap(), "1, 2");
        assert_eq!(hit.header("link").unwrap(), "</style.css>; rel=preload");
        assert_eq!(
            hit.headers
                .iter()
                .filter(|(name, _)| name == "date")
                .count(),
            1
        );
        assert_eq!(
            hit.headers
                .iter()
                .filter(|(name, _)| name == "content-length")
                .count(),
            1
        );
    });
}

#[test]
fn a_browser_that_has_what_is_not_stored_is_told_so_too() {
    on_each_database(async || {
        for headers in [
            &[("ETag", "\"v1\""), ("Cache-Control", "private")] as &[_],
            &[("ETag", "\"v1\""), ("Set-Cookie", "a=b")],
        ] {
            let site = site_with_page(headers).await;
            let known = site
                .request("GET", "/page/", &[("If-None-Match", "\"v1\"")])
                .await;
            assert_eq!((known.status, known.body.len()), (304, 0), "{headers:?}");
            let other = site
                .request("GET", "/page/", &[("If-None-Match", "\"v2\"")])
                .await;
            assert_eq!(other.status, 200, "{headers:?}");
        }
    });
}
