//! Visitors that have the page already.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use dumper_tests::alone::alone;
use dumper_tests::client;
use futures::stream;
use tokio::sync::Semaphore;

use super::{fixed, names, site_with_stored};
use crate::site::{Headers, Site, page, render};

const LONG_AGO: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const THEN: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
const SOME_DAY: &str = "Fri, 31 Dec 2100 23:59:59 GMT";

#[test]
fn entity_tags_are_compared_weakly_and_by_bytes() {
    const LISTS: &[(&str, &str, bool)] = &[
        ("\"a\"", "\"a\"", true),
        ("\"a\"", "W/\"a\"", true),
        ("W/\"a\"", "\"a\"", true),
        ("W/\"a\"", "W/\"a\"", true),
        ("\"a\"", "\"b\"", false),
        ("\"a\"", "\"b\", \"a\"", true),
        ("\"a\"", "\"b\",, W/\"c\" ,\"a\"", true),
        ("\"a,b\"", "\"a,b\"", true),
        ("\"a,b\"", "\"a\", \"b\"", false),
        ("\"a\"", "*", true),
        ("\"a\"", "a", false),
        ("a", "a", true),
        ("\"a\"", "\"a", false),
        ("\"a\"", "\"A\"", false),
        ("\"ü\"", "\"ü\"", true),
        ("\"ü\"", "\"ö\", \"ü\"", true),
        ("\"ü\"", "\"ö\"", false),
        ("\"\"", "\"\"", true),
        ("\"a\\\"", "\"a\\\"", true),
    ];
    alone(async || {
        for (etag, list, has_it) in LISTS {
            let headers: Headers = Box::leak(Box::new([("etag", *etag)]));
            let site = Site::start(move |routes| {
                routes.route("/page/", fixed(headers, "text"));
            });
            // A miss, and then a hit.
            for method in ["GET", "GET", "HEAD"] {
                let answer = site
                    .request(method, "/page/", &[("If-None-Match", list)])
                    .await;
                let status = if *has_it { 304 } else { 200 };
                assert_eq!(answer.status, status, "{method} {etag} in {list}");
            }
        }
    });
}

#[test]
fn entity_tags_in_several_lines_are_one_list() {
    alone(async || {
        let site = site_with_stored(&[("etag", "\"a\"")], "text").await;
        for (first, second, status) in [
            ("\"b\"", "\"a\"", 304),
            ("\"a\"", "\"b\"", 304),
            ("\"b\"", "\"c\"", 200),
        ] {
            let lines = [("If-None-Match", first), ("If-None-Match", second)];
            let answer = site.request("GET", "/page/", &lines).await;
            assert_eq!(answer.status, status, "{first} {second}");
        }
    });
}

#[test]
fn a_date_is_compared_with_last_modified() {
    const ASKED: &[(&[(&str, &str)], u16)] = &[
        (&[("If-Modified-Since", THEN)], 304),
        (&[("If-Modified-Since", SOME_DAY)], 304),
        (&[("If-Modified-Since", LONG_AGO)], 200),
        (
            &[("If-Modified-Since", "Sunday, 06-Nov-94 08:49:38 GMT")],
            304,
        ),
        (&[("If-Modified-Since", "Sun Nov  6 08:49:38 1994")], 304),
        (&[("If-Modified-Since", "1994-11-06T08:49:38Z")], 200),
        (&[("If-Modified-Since", "")], 200),
        (
            &[("If-Modified-Since", THEN), ("If-Modified-Since", THEN)],
            200,
        ),
        (
            &[("If-None-Match", "\"b\""), ("If-Modified-Since", THEN)],
            200,
        ),
        (&[("If-None-Match", ""), ("If-Modified-Since", THEN)], 200),
        (
            &[("If-None-Match", "\"a\""), ("If-Modified-Since", LONG_AGO)],
            304,
        ),
    ];
    alone(async || {
        let headers = &[("etag", "\"a\""), ("last-modified", THEN)];
        let site = site_with_stored(headers, "text").await;
        for (asked, status) in ASKED {
            for method in ["GET", "HEAD"] {
                let answer = site.request(method, "/page/", asked).await;
                assert!(answer.is_hit(), "{asked:?}");
                assert_eq!(answer.status, *status, "{method} {asked:?}");
            }
        }
    });
}

#[test]
fn a_page_without_last_modified_is_as_old_as_it_is() {
    alone(async || {
        for headers in [
            &[] as Headers,
            &[("cache-control", "max-age=60")],
            &[("cache-control", "max-age=2147483648"), ("date", LONG_AGO)],
        ] {
            let site = site_with_stored(headers, "text").await;
            for (since, status) in [(SOME_DAY, 304), (LONG_AGO, 200), ("soon", 200)] {
                let asked = [("If-Modified-Since", since)];
                let answer = site.request("GET", "/page/", &asked).await;
                assert!(answer.is_hit(), "{headers:?}");
                assert_eq!(answer.status, status, "{headers:?} since {since}");
            }
        }
    });
}

#[test]
fn a_page_that_replaced_another_in_the_same_second_is_never_304_for_that() {
    alone(async || {
        for headers in [&[] as Headers, &[("Cache-Control", "max-age=60")]] {
            let site = Site::with_page(headers);
            let mut seen = 0;
            while seen < 5 {
                let old = site.get("/page/").await;
                site.cache.invalidate_paths(["/page/"]).await;
                let new = site.get("/page/").await;
                let date = old.header("date").unwrap();
                seen += usize::from(new.header("date").as_ref() == Some(&date));
                assert!(old.is_stored() && new.is_stored());
                for method in ["GET", "HEAD"] {
                    let asked = [("If-Modified-Since", date.as_str())];
                    let answer = site.request(method, "/page/", &asked).await;
                    assert!(answer.is_hit());
                    assert_eq!(answer.status, 200, "{date} {headers:?}");
                }
                site.cache.invalidate_paths(["/page/"]).await;
            }
        }
    });
}

#[test]
fn conditions_do_not_matter_to_what_is_no_success() {
    const HEADERS: Headers = &[("ETag", "\"a\""), ("Last-Modified", LONG_AGO)];
    alone(async || {
        let site = Site::start(|routes| {
            for (path, status) in [("/404/", 404), ("/302/", 302), ("/500/", 500)] {
                routes.route(path, page(status, HEADERS));
            }
        });
        for (path, status) in [("/404/", 404), ("/302/", 302), ("/500/", 500)] {
            for asked in [
                ("If-None-Match", "\"a\""),
                ("If-None-Match", "*"),
                ("If-Modified-Since", SOME_DAY),
            ] {
                let answer = site.request("GET", path, &[asked]).await;
                assert_eq!(answer.status, status, "{asked:?}");
                assert!(!answer.body.is_empty(), "{asked:?}");
            }
        }
    });
}

#[test]
fn a_304_of_a_page_has_what_it_owes_and_nothing_else() {
    const HEADERS: Headers = &[
        ("content-type", "text/html"),
        ("content-language", "en"),
        ("content-location", "/page/en/"),
        ("content-disposition", "inline"),
        ("content-security-policy", "default-src 'self'"),
        ("accept-ranges", "bytes"),
        ("cache-control", "max-age=60"),
        ("expires", SOME_DAY),
        ("last-modified", LONG_AGO),
        ("link", "</style.css>; rel=preload"),
        ("vary", "Accept"),
        ("x-own", "1"),
    ];
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", fixed(HEADERS, "text"));
            routes.route("/for-ever/", fixed(&[("x-own", "1")], "text"));
            routes.route(
                "/shared/",
                fixed(&[("access-control-allow-origin", "*")], "text"),
            );
        });
        let owed = [
            "age",
            "cache-control",
            "cache-status",
            "content-location",
            "date",
            "etag",
            "expires",
            "vary",
        ];
        let asked = [("If-None-Match", "*")];
        let first = site.request("GET", "/page/", &asked).await;
        assert_eq!((first.status, first.is_stored()), (304, true));
        assert_eq!(
            names(&first),
            owed.iter()
                .filter(|name| **name != "age")
                .copied()
                .collect::<Vec<_>>()
        );
        let whole = site.get("/page/").await;
        let own = whole.header("etag").unwrap();
        for (method, known) in [("GET", "*"), ("HEAD", "*"), ("GET", &own), ("HEAD", &own)] {
            let asked = [("If-None-Match", known)];
            let answer = site.request(method, "/page/", &asked).await;
            assert_eq!((answer.status, answer.is_hit()), (304, true));
            assert_eq!(names(&answer), owed);
            assert_eq!(answer.text(), "");
            for name in [
                "cache-control",
                "content-location",
                "date",
                "etag",
                "expires",
                "vary",
            ] {
                assert_eq!(answer.header(name), whole.header(name), "{name}");
            }
        }
        let owed = ["cache-control", "cache-status", "date", "etag"];
        let etag = site.get("/shared/").await.header("etag").unwrap();
        for known in ["*", "*", &etag] {
            let asked = [("If-None-Match", known)];
            let answer = site.request("GET", "/for-ever/", &asked).await;
            assert_eq!((answer.status, names(&answer)), (304, owed.to_vec()));
            let answer = site.request("GET", "/shared/", &asked).await;
            let allowed = answer.header("access-control-allow-origin");
            assert_eq!(allowed.as_deref(), Some("*"), "or the script gets an error");
        }
    });
}

#[test]
fn a_304_of_what_is_not_stored_lacks_what_describes_the_body() {
    const HEADERS: Headers = &[
        ("cache-control", "private"),
        ("content-type", "text/html"),
        ("content-language", "en"),
        ("content-location", "/page/en/"),
        ("content-security-policy", "default-src 'self'"),
        ("access-control-allow-origin", "*"),
        ("accept-ranges", "bytes"),
        ("etag", "\"a\""),
        ("last-modified", LONG_AGO),
        ("set-cookie", "a=b"),
        ("x-own", "1"),
    ];
    const DATED: Headers = &[
        ("cache-control", "private"),
        ("content-type", "text/html"),
        ("last-modified", LONG_AGO),
    ];
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", fixed(HEADERS, "text"));
            routes.route("/dated/", fixed(DATED, "text"));
        });
        let asked = [("If-None-Match", "\"a\"")];
        for method in ["GET", "HEAD"] {
            let answer = site.request(method, "/page/", &asked).await;
            assert_eq!((answer.status, answer.text().as_str()), (304, ""));
            let expected = [
                "access-control-allow-origin",
                "cache-control",
                "cache-status",
                "content-location",
                "content-security-policy",
                "date",
                "etag",
                "set-cookie",
                "x-own",
            ];
            assert_eq!(names(&answer), expected);
            assert_eq!(
                answer.cache(),
                "fwd=miss; detail=set-cookie; fwd-status=200"
            );
        }
        let asked = [("If-Modified-Since", LONG_AGO)];
        let answer = site.request("GET", "/dated/", &asked).await;
        assert_eq!(answer.status, 304);
        assert_eq!(answer.header("last-modified").as_deref(), Some(LONG_AGO));
        assert_eq!(answer.header("content-type"), None);
    });
}

#[test]
fn what_is_not_stored_has_no_age_of_ours() {
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", fixed(&[("cache-control", "private")], "text"));
        });
        let asked = [("If-Modified-Since", SOME_DAY)];
        assert_eq!(site.request("GET", "/page/", &asked).await.status, 200);
    });
}

#[test]
fn a_body_that_streams_is_not_begun_for_who_has_it() {
    async fn streamed() -> HttpResponse {
        let chunk = async { Ok::<_, actix_web::Error>(render().into()) };
        HttpResponse::Ok()
            .append_header(("ETag", "\"a\""))
            .streaming(stream::once(Box::pin(chunk)))
    }
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/stream/", web::get().to(streamed));
        });
        let asked = [("If-None-Match", "\"a\"")];
        let answer = site.request("GET", "/stream/", &asked).await;
        assert_eq!((answer.status, answer.text().as_str()), (304, ""));
        assert_eq!(answer.header("transfer-encoding"), None);
        assert_eq!(site.cache.stats().stored, 0);
        assert_eq!(site.get("/stream/").await.text(), "render 1");
        assert!(site.get("/stream/").await.is_hit());
        assert_eq!(site.request("GET", "/stream/", &asked).await.status, 304);
    });
}

#[test]
fn a_render_sees_no_conditions() {
    async fn asked(req: HttpRequest) -> String {
        let names = ["if-none-match", "if-modified-since", "if-range", "range"];
        let names = names.into_iter();
        let seen: Vec<&str> = names
            .filter(|name| req.headers().contains_key(*name))
            .collect();
        format!("{} {seen:?}", req.method())
    }
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", web::get().to(asked));
        });
        for asked in [
            ("If-None-Match", "\"a\""),
            ("If-Modified-Since", LONG_AGO),
            ("If-Range", "\"a\""),
        ] {
            let answer = site.request("GET", "/page/", &[asked]).await;
            assert!(answer.is_stored(), "{asked:?}");
            assert_eq!(answer.text(), "GET []", "{asked:?}");
            site.cache.invalidate_all().await;
        }
    });
}

#[test]
fn a_render_that_a_write_overtook_is_dated_before_the_page_of_after_it() {
    static HELD: AtomicBool = AtomicBool::new(false);
    static GATE: Semaphore = Semaphore::const_new(0);
    async fn slow() -> String {
        let text = render();
        if !HELD.swap(true, Ordering::SeqCst) {
            GATE.acquire().await.unwrap().forget();
        }
        text
    }
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", web::get().to(slow));
            routes.route("/now/", web::post().to(HttpResponse::Ok));
        });
        let addr = site.addr;
        let old =
            actix_web::rt::spawn(
                async move { client::request(addr, "GET", "/page/", &[], b"").await },
            );
        while !HELD.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        site.cache.invalidate_paths(["/page/"]).await;
        let new = site.get("/page/").await;
        assert!(new.is_stored(), "{new:?}");
        // Until the next second but one, by the clock of the server.
        let mut seconds = HashSet::new();
        while seconds.len() < 4 {
            let now = site.request("POST", "/now/", &[]).await;
            seconds.insert(now.header("date").unwrap());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        GATE.add_permits(1);
        let old = old.await.unwrap();
        assert_eq!(old.cache(), "fwd=miss; detail=invalidated");
        assert_ne!(old.text(), new.text());
        let since = old.header("date").unwrap();
        let asked = [("If-Modified-Since", since.as_str())];
        let answer = site.request("GET", "/page/", &asked).await;
        assert_eq!((answer.status, answer.is_hit()), (200, true), "{since}");
        assert_eq!(answer.text(), new.text());
    });
}
