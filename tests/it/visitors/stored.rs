//! What is not stored.

use std::io;
use std::sync::atomic::Ordering;

use actix_web::body::SizedStream;
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use futures::Stream;
use futures::stream::iter;
use tokio::io::AsyncReadExt;

use super::{Chunk, Headers, RENDERS, next_body, page, render, site_with_page, site_with_stream};
use crate::alone::on_each_database;
use crate::http::send;
use crate::site::Site;

#[test]
fn responses_that_are_not_for_everybody_are_not_stored() {
    const RESPONSES: &[(&str, Headers)] = &[
        ("no-store", &[("Cache-Control", "no-store")]),
        ("no-store", &[("Cache-Control", "public, No-Store")]),
        ("private", &[("Cache-Control", "private, max-age=60")]),
        ("private", &[("Cache-Control", "private=\"x\"")]),
        ("no-cache", &[("Cache-Control", "no-cache")]),
        (
            "no-store",
            &[
                ("Cache-Control", "max-age=60"),
                ("Cache-Control", "no-store"),
            ],
        ),
        ("no-store", &[("CDN-Cache-Control", "no-store")]),
        ("not-fresh", &[("Cache-Control", "max-age=0")]),
        ("not-fresh", &[("Cache-Control", "max-age=60, s-maxage=0")]),
        ("not-fresh", &[("Cache-Control", "max-age=soon")]),
        ("not-fresh", &[("Cache-Control", "max-age")]),
        ("not-fresh", &[("Expires", "0")]),
        ("not-fresh", &[("Expires", "Sun, 06 Nov 1994 08:49:37 GMT")]),
        ("not-fresh", &[("Cache-Control", "max-age=9"), ("Age", "9")]),
        (
            "unreadable-cache-control",
            &[("Cache-Control", "max-age=\"60")],
        ),
        (
            "unreadable-cache-control",
            &[("Cache-Control", "max age=60")],
        ),
        ("set-cookie", &[("Set-Cookie", "id=1")]),
        (
            "set-cookie",
            &[
                ("Set-Cookie", "id=1"),
                ("Cache-Control", "public, max-age=60"),
            ],
        ),
        ("vary-star", &[("Vary", "*")]),
        ("vary-star", &[("Vary", "Accept, *")]),
        ("vary-star", &[("Vary", "Accept"), ("Vary", "*")]),
        ("unreadable-vary", &[("Vary", "a b")]),
        ("content-range", &[("Content-Range", "bytes 0-3/9")]),
        ("event-stream", &[("Content-Type", "text/event-stream")]),
    ];
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            for (number, (_, headers)) in RESPONSES.iter().enumerate() {
                routes.route(&format!("/{number}/"), page(200, headers));
            }
        });
        let site = site.start().await;
        for (number, (reason, headers)) in RESPONSES.iter().enumerate() {
            let path = format!("/{number}/");
            let first = site.get(&path).await;
            let second = site.get(&path).await;
            for answer in [&first, &second] {
                let expected = format!("fwd=miss; detail={reason}");
                assert_eq!(answer.cache(), expected, "{headers:?}");
            }
            assert_ne!(first.text(), second.text(), "{headers:?}");
        }
        assert_eq!(site.cache.stats().stored, 0);
    });
}

#[test]
fn a_lifetime_for_shared_caches_counts_where_it_restricts() {
    const HEADERS: Headers = &[
        ("Cache-Control", "max-age=60"),
        ("CDN-Cache-Control", "max-age=0"),
    ];
    on_each_database(async || {
        let site = site_with_page(HEADERS).await;
        for _ in 0..2 {
            let answer = site.get("/page/").await;
            assert_eq!(answer.cache(), "fwd=miss; detail=not-fresh");
            assert_eq!(answer.header("cdn-cache-control").unwrap(), "max-age=0");
        }
    });
}

#[test]
fn no_status_but_200_is_stored() {
    const STATUSES: [u16; 14] = [
        201, 202, 203, 204, 206, 301, 302, 307, 308, 400, 403, 404, 410, 500,
    ];
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            for status in STATUSES {
                let headers = &[("Location", "/flavors/")];
                routes.route(&format!("/{status}/"), page(status, headers));
            }
        });
        let site = site.start().await;
        for status in STATUSES {
            let path = format!("/{status}/");
            for _ in 0..2 {
                let answer = site.get(&path).await;
                assert_eq!(answer.status, status);
                assert_eq!(answer.cache(), format!("fwd=miss; detail=status-{status}"));
            }
        }
        assert_eq!(RENDERS.load(Ordering::SeqCst), 2 * STATUSES.len());
    });
}

#[test]
fn a_body_that_breaks_off_is_not_stored() {
    fn halves() -> impl Stream<Item = Chunk> {
        render();
        iter([
            Ok(Bytes::from_static(b"half of it")),
            Err(io::Error::other("the other half is lost")),
        ])
    }
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route(
                "/stream/",
                web::get().to(async || HttpResponse::Ok().streaming(halves())),
            );
            routes.route(
                "/sized/",
                web::get().to(async || HttpResponse::Ok().body(SizedStream::new(20, halves()))),
            );
        });
        let site = site.start().await;
        for path in ["/stream/", "/sized/"] {
            let before = RENDERS.load(Ordering::SeqCst);
            for _ in 0..2 {
                let answer = site.get(path).await;
                assert!(!answer.complete && !answer.is_hit(), "{path}: {answer:?}");
            }
            assert_eq!(RENDERS.load(Ordering::SeqCst), before + 2, "{path}");
        }
        assert_eq!(site.cache.stats().stored, 0);
    });
}

#[test]
fn a_body_that_ends_before_its_length_is_not_stored() {
    fn half() -> impl Stream<Item = Chunk> {
        render();
        iter([Ok(Bytes::from_static(b"half of it"))])
    }
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            let sized = async || HttpResponse::Ok().body(SizedStream::new(20, half()));
            routes.route("/sized/", web::get().to(sized));
            let said = async || HttpResponse::Ok().no_chunking(20).streaming(half());
            routes.route("/said/", web::get().to(said));
        });
        let site = site.start().await;
        for path in ["/sized/", "/said/"] {
            let before = RENDERS.load(Ordering::SeqCst);
            for _ in 0..2 {
                let answer = site.get(path).await;
                assert!(!answer.complete && !answer.is_hit(), "{path}: {answer:?}");
            }
            assert_eq!(RENDERS.load(Ordering::SeqCst), before + 2, "{path}");
        }
        assert_eq!(site.cache.stats().stored, 0);
    });
}

#[test]
fn a_body_whose_client_leaves_halfway_is_not_stored() {
    on_each_database(async || {
        let site = site_with_stream().await;
        let body = next_body();
        body.send(Ok(Bytes::from_static(b"half of it"))).unwrap();
        let mut client = send(site.addr, "GET", "/stream/", &[], b"").await;
        let mut head = [0; 64];
        client.read_exact(&mut head).await.unwrap();
        client.set_zero_linger().unwrap();
        drop(client);
        body.closed().await;
        assert_eq!(site.cache.stats().stored, 0);

        let body = next_body();
        body.send(Ok(Bytes::from_static(b"all of it"))).unwrap();
        drop(body);
        let answer = site.get("/stream/").await;
        assert_eq!(
            (answer.text().as_str(), answer.complete),
            ("all of it", true)
        );
    });
}

#[test]
fn a_streamed_body_goes_by_as_it_comes_and_is_stored_at_its_end() {
    on_each_database(async || {
        let site = site_with_stream().await;
        let body = next_body();
        body.send(Ok(Bytes::from_static(b"first "))).unwrap();
        let mut client = send(site.addr, "GET", "/stream/", &[], b"").await;
        let mut read = String::new();
        while !read.contains("first ") {
            let mut bytes = [0; 1024];
            let length = client.read(&mut bytes).await.unwrap();
            assert_ne!(length, 0, "{read}");
            read.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
        assert!(read.contains("fwd=miss; detail=streaming"), "{read}");
        assert_eq!(site.cache.stats().stored, 0);
        body.send(Ok(Bytes::from_static(b"last"))).unwrap();
        drop(body);
        client.read_to_string(&mut read).await.unwrap();
        assert!(read.contains("last"));
        let answer = site.get("/stream/").await;
        assert_eq!(answer.text(), "first last");
        assert!(answer.is_hit());
    });
}

#[test]
fn a_body_that_is_too_large_goes_by_and_is_not_stored() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route(
                "/whole/{size}/",
                web::get().to(async |size: web::Path<usize>| "x".repeat(*size)),
            );
            routes.route(
                "/stream/{size}/",
                web::get().to(async |size: web::Path<usize>| {
                    let chunks = (0..*size).map(|_| Chunk::Ok(Bytes::from_static(b"x")));
                    HttpResponse::Ok().streaming(iter(chunks))
                }),
            );
        });
        let site = site.dumper(|dumper| dumper.max_body(100)).start().await;
        for (path, size, stored) in [
            ("/whole/100/", 100, true),
            ("/whole/101/", 101, false),
            ("/stream/100/", 100, true),
            ("/stream/101/", 101, false),
        ] {
            for visit in 0..2 {
                let answer = site.get(path).await;
                assert_eq!((answer.body.len(), answer.complete), (size, true), "{path}");
                assert_eq!(answer.is_hit(), stored && visit == 1, "{path}");
            }
        }
    });
}
