//! Parts of a page.

use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::{HttpRequest, HttpResponse, web};
use dumper_tests::alone::alone;
use dumper_tests::client::{Answer, send};
use tokio::sync::Semaphore;

use super::{fixed, names, site_with_stored};
use crate::site::{Headers, Site, page};

const TEXT: &str = "0123456789";
const LONG_AGO: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const THEN: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

async fn range(site: &Site, range: &str) -> Answer {
    site.request("GET", "/page/", &[("Range", range)]).await
}

#[test]
fn a_part_of_a_page_comes_from_the_cache() {
    alone(async || {
        let site = site_with_stored(&[], TEXT).await;
        for (asked, range_sent, text) in [
            ("bytes=0-0", "bytes 0-0/10", "0"),
            ("bytes=2-5", "bytes 2-5/10", "2345"),
            ("bytes=7-", "bytes 7-9/10", "789"),
            ("bytes=-2", "bytes 8-9/10", "89"),
            ("bytes=-20", "bytes 0-9/10", TEXT),
            ("bytes=5-5000000000000000000000", "bytes 5-9/10", "56789"),
            ("BYTES=0-1", "bytes 0-1/10", "01"),
            ("bytes=0-1,50-60", "bytes 0-1/10", "01"),
            ("bytes=0-3,2-5", "bytes 0-5/10", "012345"),
            ("bytes=2-3,0-1", "bytes 0-3/10", "0123"),
        ] {
            let answer = range(&site, asked).await;
            assert!(answer.is_hit(), "{asked}");
            assert_eq!(
                (answer.status, answer.text().as_str()),
                (206, text),
                "{asked}"
            );
            assert_eq!(answer.header("content-range").as_deref(), Some(range_sent));
            assert_eq!(
                answer.header("content-length"),
                Some(text.len().to_string())
            );
        }
    });
}

#[test]
fn a_range_that_cannot_be_read_is_ignored() {
    alone(async || {
        let site = site_with_stored(&[], TEXT).await;
        let many: Vec<String> = (0..1_000).map(|at| format!("{at}-")).collect();
        let many = format!("bytes={}", many.join(","));
        for asked in [
            "bytes=5-2",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes 0-1",
            "lines=0-1",
            "0-1",
            "bytes=0-1,x-y",
            "bytes=0-,0-,0-",
            many.as_str(),
        ] {
            let answer = range(&site, asked).await;
            assert!(answer.is_hit(), "{asked}");
            assert_eq!(
                (answer.status, answer.text().as_str()),
                (200, TEXT),
                "{asked}"
            );
            assert_eq!(answer.header("content-range"), None, "{asked}");
        }
        let two = [("Range", "bytes=0-1"), ("Range", "bytes=4-5")];
        assert_eq!(site.request("GET", "/page/", &two).await.status, 200);
    });
}

#[test]
fn several_parts_come_as_multipart() {
    alone(async || {
        let site = site_with_stored(&[("content-type", "text/plain")], TEXT).await;
        let answer = range(&site, "bytes=8-,0-1,3-3").await;
        assert_eq!((answer.status, answer.is_hit()), (206, true));
        assert_eq!(answer.header("content-range"), None);
        let kind = answer.header("content-type").unwrap();
        let boundary = kind
            .strip_prefix("multipart/byteranges; boundary=")
            .unwrap();
        let part = |range: &str, text: &str| {
            format!(
                "--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: {range}\r\n\r\n{text}\r\n"
            )
        };
        let expected = [
            part("bytes 8-9/10", "89"),
            part("bytes 0-1/10", "01"),
            part("bytes 3-3/10", "3"),
            format!("--{boundary}--\r\n"),
        ];
        assert_eq!(answer.text(), expected.concat());
        assert!(answer.complete, "{answer:?}");
    });
}

#[test]
fn several_parts_of_an_encoded_page_come_as_a_whole() {
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", fixed(&[("content-encoding", "x-own")], TEXT));
        });
        let taken = ("Accept-Encoding", "x-own");
        site.request("GET", "/page/", &[taken]).await;
        let range = async |range| {
            site.request("GET", "/page/", &[taken, ("Range", range)])
                .await
        };
        assert_eq!(range("bytes=0-1,8-9").await.status, 200);
        let one = range("bytes=0-1").await;
        assert_eq!(one.status, 206);
        assert_eq!(one.header("content-encoding").as_deref(), Some("x-own"));
    });
}

#[test]
fn a_range_beyond_the_page_is_416() {
    alone(async || {
        let headers = &[("cache-control", "max-age=60"), ("x-own", "1")];
        let site = site_with_stored(headers, TEXT).await;
        for asked in [
            "bytes=10-",
            "bytes=10-11,90-",
            "bytes=-0",
            "bytes=99999999999999999999-",
        ] {
            let answer = range(&site, asked).await;
            assert!(answer.is_hit(), "{asked}");
            assert_eq!(
                (answer.status, answer.text().as_str()),
                (416, ""),
                "{asked}"
            );
            assert_eq!(
                answer.header("content-range").as_deref(),
                Some("bytes */10")
            );
            let fields = ["cache-status", "content-length", "content-range", "date"];
            assert_eq!(names(&answer), fields);
        }
        let site = site_with_stored(&[], "").await;
        for (asked, status) in [("bytes=0-", 416), ("bytes=-0", 416), ("bytes=-5", 200)] {
            assert_eq!(range(&site, asked).await.status, status, "{asked}");
        }
    });
}

#[test]
fn a_head_has_no_parts() {
    async fn seen(req: HttpRequest) -> String {
        format!("{:?}", req.headers().get("range"))
    }
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", web::get().to(seen));
        });
        for cached in [false, true] {
            let asked = [("Range", "bytes=0-1"), ("If-Range", "\"a\"")];
            let answer = site.request("HEAD", "/page/", &asked).await;
            assert_eq!(answer.is_hit(), cached);
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("content-length").as_deref(), Some("4"));
        }
        assert_eq!(site.get("/page/").await.text(), "None");
    });
}

#[test]
fn if_range_needs_the_same_strong_validator() {
    const ROWS: &[(Headers, &str, u16)] = &[
        (&[("etag", "\"a\"")], "\"a\"", 206),
        (&[("etag", "\"ü\"")], "\"ü\"", 206),
        (&[("etag", "\"a\"")], "\"b\"", 200),
        (&[("etag", "W/\"a\"")], "W/\"a\"", 200),
        (&[("etag", "\"a\"")], "W/\"a\"", 200),
        (&[("etag", "\"a\"")], "\"b\", \"a\"", 200),
        (&[("etag", "\"a\"")], "*", 200),
        (&[("etag", "\"a\"")], "", 200),
        (&[("last-modified", THEN)], THEN, 206),
        (&[("last-modified", THEN)], LONG_AGO, 200),
        (&[("last-modified", LONG_AGO)], THEN, 200),
        (&[], THEN, 200),
        // It may have changed again in the second of its date.
        (
            &[
                ("last-modified", THEN),
                ("date", THEN),
                ("cache-control", "max-age=2147483648"),
            ],
            THEN,
            200,
        ),
    ];
    alone(async || {
        for (headers, validator, status) in ROWS {
            let site = site_with_stored(headers, TEXT).await;
            let asked = [("Range", "bytes=0-1"), ("If-Range", *validator)];
            let answer = site.request("GET", "/page/", &asked).await;
            assert!(answer.is_hit());
            assert_eq!(answer.status, *status, "{headers:?} {validator}");
            // A range that is to be ignored cannot be out of bounds.
            let asked = [("Range", "bytes=10-"), ("If-Range", *validator)];
            let answer = site.request("GET", "/page/", &asked).await;
            let status = if *status == 206 { 416 } else { 200 };
            assert_eq!(answer.status, status, "{headers:?} {validator}");
        }
    });
}

#[test]
fn a_part_is_described_as_the_whole_unless_the_client_has_another_part() {
    const HEADERS: Headers = &[
        ("cache-control", "max-age=60"),
        ("content-language", "en"),
        ("content-location", "/page/en/"),
        ("content-type", "text/plain"),
        ("etag", "\"a\""),
        ("expires", "Fri, 31 Dec 2100 23:59:59 GMT"),
        ("last-modified", LONG_AGO),
        ("vary", "Accept"),
        ("x-own", "1"),
    ];
    alone(async || {
        let site = site_with_stored(HEADERS, TEXT).await;
        let whole = site.get("/page/").await;
        for asked in ["bytes=0-1", "bytes=0-1,8-9"] {
            let is_one = !asked.contains(',');
            let answer = range(&site, asked).await;
            assert_eq!(answer.status, 206);
            for (name, value) in &whole.headers {
                let differs = ["age", "cache-status", "content-length"].contains(&name.as_str())
                    || (name == "content-type" && !is_one);
                assert!(
                    differs || answer.header(name).as_ref() == Some(value),
                    "{name}"
                );
            }
            let asked = [("Range", asked), ("If-Range", "\"a\"")];
            let answer = site.request("GET", "/page/", &asked).await;
            assert_eq!(answer.status, 206);
            let mut expected = vec![
                "age",
                "cache-control",
                "cache-status",
                "content-length",
                "content-location",
                if is_one {
                    "content-range"
                } else {
                    "content-type"
                },
                "date",
                "etag",
                "expires",
                "vary",
                "x-own",
            ];
            expected.sort_unstable();
            assert_eq!(names(&answer), expected);
        }
    });
}

#[test]
fn who_has_the_page_needs_no_part_of_it() {
    alone(async || {
        let site = site_with_stored(&[("etag", "\"a\"")], TEXT).await;
        for (list, status) in [("\"a\"", 304), ("\"b\"", 206)] {
            for range in ["bytes=0-1", "bytes=0-1,8-9"] {
                let asked = [("Range", range), ("If-None-Match", list)];
                let answer = site.request("GET", "/page/", &asked).await;
                assert_eq!((answer.status, answer.is_hit()), (status, true), "{list}");
            }
        }
    });
}

#[test]
fn a_page_that_says_it_has_no_parts_has_none() {
    alone(async || {
        let site = site_with_stored(&[("accept-ranges", "none")], TEXT).await;
        for asked in ["bytes=0-1", "bytes=10-"] {
            let answer = range(&site, asked).await;
            assert_eq!((answer.status, answer.is_hit()), (200, true), "{asked}");
        }
        let headers = &[("accept-ranges", "bytes"), ("cache-control", "max-age=60")];
        let site = site_with_stored(headers, TEXT).await;
        assert_eq!(range(&site, "bytes=0-1").await.status, 206);
    });
}

#[test]
fn a_range_of_a_page_that_is_not_stored_is_the_handlers() {
    async fn own(req: HttpRequest) -> HttpResponse {
        let headers = req.headers();
        let seen = |name| {
            headers
                .get(name)
                .map(|value| format!("{name}: {}\n", value.to_str().unwrap()))
        };
        let seen: Vec<String> = ["range", "if-range", "if-none-match"]
            .into_iter()
            .filter_map(seen)
            .collect();
        HttpResponse::PartialContent()
            .append_header(("Content-Range", "bytes 0-1/10"))
            .body(seen.concat())
    }
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", web::get().to(own));
        });
        for _ in 0..2 {
            let asked = [
                ("Range", "bytes=0-1"),
                ("If-Range", "\"a\""),
                ("If-None-Match", "\"b\""),
            ];
            let answer = site.request("GET", "/page/", &asked).await;
            assert_eq!(answer.cache(), "fwd=bypass; detail=range");
            assert_eq!(answer.status, 206);
            let seen = "range: bytes=0-1\nif-range: \"a\"\nif-none-match: \"b\"\n";
            assert_eq!(answer.text(), seen);
        }
        let stats = site.cache.stats();
        assert_eq!((stats.stored, stats.hits, stats.misses), (0, 0, 0));
    });
}

#[test]
fn a_range_waits_for_nobody() {
    static HELD: AtomicBool = AtomicBool::new(false);
    static GATE: Semaphore = Semaphore::const_new(0);
    async fn slow() -> &'static str {
        if !HELD.swap(true, Ordering::SeqCst) {
            GATE.acquire().await.unwrap().forget();
        }
        TEXT
    }
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", web::get().to(slow));
        });
        let leader = send(site.addr, "GET", "/page/", &[], b"").await;
        while !HELD.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        let answer = range(&site, "bytes=0-1").await;
        assert_eq!(answer.cache(), "fwd=bypass; detail=range");
        GATE.add_permits(1);
        while site.cache.stats().stored == 0 {
            tokio::task::yield_now().await;
        }
        let answer = range(&site, "bytes=0-1").await;
        assert_eq!((answer.status, answer.text().as_str()), (206, "01"));
        assert_eq!(site.cache.stats().hits, 1);
        drop(leader);
    });
}

#[test]
fn a_range_selects_a_page_as_any_request_does() {
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", page(200, &[("Vary", "Accept")]));
            routes.route("/by-range/", page(200, &[("Vary", "Range")]));
        });
        let accept = ("Accept", "text/html");
        let stored = site.request("GET", "/page/", &[accept]).await;
        let part = [accept, ("Range", "bytes=0-")];
        let answer = site.request("GET", "/page/", &part).await;
        assert_eq!((answer.status, answer.text()), (206, stored.text()));
        for other in [
            &[("Range", "bytes=0-")] as &[_],
            &[("Accept", "text/plain"), ("Range", "bytes=0-")],
        ] {
            let answer = site.request("GET", "/page/", other).await;
            assert_eq!(answer.cache(), "fwd=bypass; detail=range", "{other:?}");
        }
        let known = [
            accept,
            ("Range", "bytes=0-"),
            ("Authorization", "Basic YTpi"),
        ];
        let answer = site.request("GET", "/page/", &known).await;
        assert_eq!(answer.cache(), "fwd=bypass; detail=authorization");
        site.cache.invalidate_paths(["/page/"]).await;
        let answer = site.request("GET", "/page/", &part).await;
        assert_eq!(answer.cache(), "fwd=bypass; detail=range");
        assert_ne!(answer.text(), stored.text());

        site.get("/by-range/").await;
        let asked = [("Range", "bytes=0-1")];
        let answer = site.request("GET", "/by-range/", &asked).await;
        assert_eq!(answer.cache(), "fwd=bypass; detail=range");
    });
}
