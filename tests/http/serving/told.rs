//! What `Cache-Status` tells.

use dumper_actix::Dumper;
use dumper_tests::alone::alone;

use super::{fixed, site_with_stored};
use crate::site::{Headers, Site, page};

#[test]
fn a_hit_tells_how_long_it_is_fresh() {
    alone(async || {
        let site =
            site_with_stored(&[("cache-control", "max-age=3600"), ("age", "60")], "text").await;
        for asked in [
            &[] as &[_],
            &[("If-None-Match", "*")],
            &[("Range", "bytes=0-1")],
            &[("Range", "bytes=9-")],
        ] {
            let answer = site.request("GET", "/page/", asked).await;
            let ttl = answer.cache();
            let ttl = ttl.strip_prefix("hit; ttl=").unwrap();
            let ttl: u64 = ttl.parse().unwrap();
            assert!((3_000..3_540).contains(&ttl), "{asked:?}: {ttl}");
        }
        let site = site_with_stored(&[], "text").await;
        assert_eq!(site.get("/page/").await.cache(), "hit");
    });
}

#[test]
fn a_status_that_the_handler_did_not_give_is_told_with_the_one_it_gave() {
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", fixed(&[], "text"));
            routes.route(
                "/private/",
                fixed(&[("etag", "\"a\""), ("cache-control", "private")], "text"),
            );
        });
        let asked = [("If-None-Match", "*")];
        for (path, told) in [
            ("/page/", "fwd=miss; stored; fwd-status=200"),
            ("/page/", "hit"),
            ("/private/", "fwd=miss; detail=private; fwd-status=200"),
        ] {
            let answer = site.request("GET", path, &asked).await;
            assert_eq!(
                (answer.status, answer.cache().as_str()),
                (304, told),
                "{path}"
            );
        }
    });
}

#[test]
fn caches_further_in_stand_first_and_are_not_stored() {
    const INNER: Headers = &[("Cache-Status", "\"inner, cache\"; hit; ttl=4")];
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", page(200, INNER));
        });
        let line = "\"inner, cache\"; hit; ttl=4, dumper; fwd=miss; stored";
        let answer = site.get("/page/").await;
        assert_eq!(answer.header("cache-status").as_deref(), Some(line));
        assert_eq!(
            site.get("/page/").await.header("cache-status").as_deref(),
            Some("dumper; hit")
        );
        site.cache.invalidate_all().await;
        let asked = [("If-None-Match", "*")];
        let answer = site.request("GET", "/page/", &asked).await;
        let line = format!("{line}; fwd-status=200");
        assert_eq!(answer.header("cache-status"), Some(line));
    });
}

#[test]
fn a_silent_cache_is_silent_in_all_answers() {
    alone(async || {
        let site = Site::with(Dumper::without_cache_status, |routes| {
            routes.route("/page/", fixed(&[], "text"));
        });
        for asked in [
            &[] as &[_],
            &[("Range", "bytes=0-1")],
            &[("Range", "bytes=9-")],
            &[("If-None-Match", "*")],
        ] {
            let answer = site.request("GET", "/page/", asked).await;
            assert_eq!(answer.header("cache-status"), None, "{asked:?}");
        }
    });
}
