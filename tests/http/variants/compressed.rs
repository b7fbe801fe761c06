//! Pages in the coding that a client takes best.

use std::convert::Infallible;
use std::io::Read;

use actix_web::http::header::ACCEPT_ENCODING;
use actix_web::middleware::Compress;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpRequest, HttpResponse};
use brotli::Decompressor;
use bytes::Bytes;
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::alone::alone;
use dumper_tests::client::{self, Answer};
use flate2::read::GzDecoder;
use futures::future::join_all;
use futures::stream;

use crate::site::{Headers, Site, render, serve};

const CODINGS: [&str; 3] = ["br", "gzip", "zstd"];

/// A text that gets smaller.
fn text() -> String {
    format!("{} of many. ", render()).repeat(300)
}

fn routes(routes: &mut ServiceConfig) {
    routes
        .route(
            "/page/",
            web::get().to(async || HttpResponse::Ok().content_type("text/html").body(text())),
        )
        .route(
            "/small/",
            web::get().to(async || HttpResponse::Ok().content_type("text/html").body(render())),
        )
        .route(
            "/picture/",
            web::get().to(async || HttpResponse::Ok().content_type("image/png").body(text())),
        )
        .route(
            "/untyped/",
            web::get().to(async || HttpResponse::Ok().body(Bytes::from(text()))),
        )
        .route(
            "/as-it-is/",
            web::get().to(async || {
                HttpResponse::Ok()
                    .content_type("text/html")
                    .insert_header(("Cache-Control", "no-transform"))
                    .body(text())
            }),
        )
        .route(
            "/digest/",
            web::get().to(async || {
                HttpResponse::Ok()
                    .content_type("text/html")
                    .insert_header(("Content-Digest", "sha-256=:x:"))
                    .body(text())
            }),
        )
        .route(
            "/private/",
            web::get().to(async || {
                HttpResponse::Ok()
                    .content_type("text/html")
                    .insert_header(("Cache-Control", "private"))
                    .body(text())
            }),
        )
        .route(
            "/stream/",
            web::get().to(async || {
                HttpResponse::Ok()
                    .content_type("text/html")
                    .streaming(stream::iter([Ok::<_, actix_web::Error>(text().into())]))
            }),
        )
        .route(
            "/seen/",
            web::get().to(async |req: HttpRequest| {
                let seen = req
                    .headers()
                    .get(ACCEPT_ENCODING)
                    .map(|codings| codings.to_str().unwrap().to_owned());
                HttpResponse::Ok()
                    .content_type("text/html")
                    .body(format!("{seen:?} ").repeat(200))
            }),
        );
}

fn site() -> Site {
    Site::with(Dumper::compress, routes)
}

async fn get(site: &Site, path: &str, codings: &str) -> Answer {
    site.request("GET", path, &[("Accept-Encoding", codings)])
        .await
}

fn coding(answer: &Answer) -> Option<String> {
    answer.header("content-encoding")
}

/// What a browser makes of an answer.
fn read(answer: &Answer) -> String {
    let mut text = String::new();
    let body = answer.body.as_slice();
    match coding(answer).as_deref() {
        None => return answer.text(),
        Some("br") => Decompressor::new(body, 4096).read_to_string(&mut text),
        Some("gzip") => GzDecoder::new(body).read_to_string(&mut text),
        Some("zstd") => zstd::Decoder::new(body).unwrap().read_to_string(&mut text),
        Some(other) => panic!("{other}"),
    }
    .unwrap();
    text
}

#[test]
fn a_page_is_sent_in_the_coding_that_is_asked_for() {
    alone(async || {
        let site = site();
        let whole = site.get("/page/").await;
        assert!(whole.is_stored());
        for codings in CODINGS {
            let answer = get(&site, "/page/", codings).await;
            assert!(answer.is_hit(), "{codings}");
            assert_eq!(coding(&answer).as_deref(), Some(codings));
            assert_eq!(read(&answer), whole.text(), "{codings}");
            assert!(answer.body.len() < whole.body.len() / 4, "{codings}");
            let length = answer.body.len().to_string();
            assert_eq!(answer.header("content-length"), Some(length), "{codings}");
        }
    });
}

#[test]
fn the_first_visitor_gets_his_coding_too() {
    alone(async || {
        for codings in CODINGS {
            let site = site();
            let first = get(&site, "/page/", codings).await;
            assert!(first.is_stored());
            assert_eq!(coding(&first).as_deref(), Some(codings));
            let second = get(&site, "/page/", codings).await;
            assert_eq!((second.is_hit(), second.body), (true, first.body.clone()));
            assert_eq!(second.headers.len(), first.headers.len());
            let whole = site.get("/page/").await;
            assert_eq!((whole.is_hit(), coding(&whole)), (true, None));
            assert_eq!(whole.text(), read(&first));
        }
    });
}

#[test]
fn nobody_gets_a_coding_that_he_did_not_ask_for() {
    alone(async || {
        let site = site();
        get(&site, "/page/", "br, gzip, zstd").await;
        for codings in [
            "",
            "identity",
            "deflate",
            "br;q=0, gzip;q=0",
            "*;q=0",
            "gzip;q=x",
            "identity, br;q=0.5",
        ] {
            let answer = get(&site, "/page/", codings).await;
            assert_eq!(
                (answer.is_hit(), coding(&answer)),
                (true, None),
                "{codings}"
            );
        }
        for (codings, best) in [
            ("gzip, deflate, br, zstd", "br"),
            ("br;q=0.1, gzip", "gzip"),
            ("*", "br"),
            ("*, br;q=0", "zstd"),
        ] {
            let answer = get(&site, "/page/", codings).await;
            assert_eq!(coding(&answer).as_deref(), Some(best), "{codings}");
        }
    });
}

#[test]
fn each_coding_is_made_once_and_counts() {
    alone(async || {
        let site = site();
        let whole = site.get("/page/").await;
        for codings in CODINGS {
            let before = site.cache.stats().bytes;
            let visitors = (0..20).map(|_| get(&site, "/page/", codings));
            let answers = join_all(visitors).await;
            assert!(answers.iter().all(|answer| answer.body == answers[0].body));
            let added = site.cache.stats().bytes - before;
            let sent = answers[0].body.len() as u64;
            assert!(
                (sent..sent + 512).contains(&added),
                "{codings}: {added} for {sent}"
            );
        }
        assert_eq!(site.cache.stats().stored, 1);
        assert_eq!(site.get("/page/").await.body, whole.body);
    });
}

#[test]
fn each_coding_has_a_validator_of_its_own() {
    alone(async || {
        let site = site();
        let mut etags = vec![site.get("/page/").await.header("etag").unwrap()];
        for codings in CODINGS {
            etags.push(get(&site, "/page/", codings).await.header("etag").unwrap());
        }
        let distinct: std::collections::HashSet<&String> = etags.iter().collect();
        assert_eq!(distinct.len(), 4, "{etags:?}");
        assert!(etags.iter().all(|etag| etag.starts_with('"')), "{etags:?}");
        for (codings, own) in ["", "br", "gzip", "zstd"].iter().zip(&etags) {
            for etag in &etags {
                let headers = [("Accept-Encoding", *codings), ("If-None-Match", etag)];
                let answer = site.request("GET", "/page/", &headers).await;
                let status = if etag == own { 304 } else { 200 };
                assert_eq!(answer.status, status, "{etag} for {codings}");
                assert_eq!(answer.header("etag").as_ref(), Some(own), "{codings}");
                let is_coded = etag != own && !codings.is_empty();
                assert_eq!(coding(&answer).is_some(), is_coded, "{etag} for {codings}");
                assert_eq!(answer.header("vary").as_deref(), Some("Accept-Encoding"));
            }
        }
    });
}

#[test]
fn all_answers_of_a_page_with_codings_tell_that_they_differ() {
    alone(async || {
        let site = site();
        for codings in ["", "br", "", "br", "gzip"] {
            let answer = get(&site, "/page/", codings).await;
            assert_eq!(answer.header("vary").as_deref(), Some("Accept-Encoding"));
        }
        let picture = get(&site, "/picture/", "br").await;
        assert_eq!(picture.header("vary"), None);
    });
}

#[test]
fn what_does_not_get_smaller_stays_as_it_is() {
    alone(async || {
        let site = site();
        for path in [
            "/small/",
            "/picture/",
            "/untyped/",
            "/as-it-is/",
            "/digest/",
        ] {
            for _ in 0..2 {
                let answer = get(&site, path, "br, gzip, zstd").await;
                assert_eq!((answer.status, coding(&answer)), (200, None), "{path}");
                assert!(answer.text().starts_with("render"), "{path}");
            }
            assert!(get(&site, path, "br").await.is_hit(), "{path}");
        }
    });
}

#[test]
fn no_transform_counts_in_any_field_that_does() {
    const PAGES: [(&str, Headers); 3] = [
        (
            "/0/",
            &[("Dumper-Cache-Control", "max-age=60, no-transform")],
        ),
        ("/1/", &[("CDN-Cache-Control", "no-transform")]),
        (
            "/2/",
            &[
                ("Dumper-Cache-Control", "no-transform"),
                ("Vary", "Accept-Encoding"),
            ],
        ),
    ];
    alone(async || {
        let site = Site::with(Dumper::compress, |routes| {
            for (path, headers) in PAGES {
                let page = move || async move {
                    let mut res = HttpResponse::Ok();
                    res.content_type("text/html");
                    for header in headers {
                        res.append_header(*header);
                    }
                    res.body(text())
                };
                routes.route(path, web::get().to(page));
            }
        });
        for (path, headers) in PAGES {
            for visit in 0..2 {
                let answer = get(&site, path, "gzip").await;
                assert_eq!(answer.is_hit(), visit == 1, "{headers:?}");
                assert_eq!(coding(&answer), None, "{headers:?}");
            }
        }
    });
}

#[test]
fn what_is_not_stored_is_sent_as_it_comes() {
    alone(async || {
        let site = site();
        let answer = get(&site, "/private/", "br").await;
        assert_eq!(answer.cache(), "fwd=miss; detail=private");
        assert_eq!((coding(&answer), answer.header("vary")), (None, None));
    });
}

#[test]
fn a_stream_goes_by_as_it_comes_and_is_coded_once_it_is_stored() {
    alone(async || {
        let site = site();
        let first = get(&site, "/stream/", "zstd").await;
        assert_eq!(coding(&first), None);
        let second = get(&site, "/stream/", "zstd").await;
        assert!(second.is_hit());
        assert_eq!(coding(&second).as_deref(), Some("zstd"));
        assert_eq!(read(&second), first.text());
    });
}

#[test]
fn a_stream_that_was_cut_short_does_not_go_on_in_a_coding() {
    const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    alone(async || {
        let site = Site::with(Dumper::compress, |routes| {
            let dated = async || {
                HttpResponse::Ok()
                    .content_type("text/html")
                    .insert_header(("Last-Modified", MODIFIED))
                    .streaming(stream::iter([Ok::<_, Infallible>(text().into())]))
            };
            routes.route("/page/", web::get().to(dated));
        });
        let first = get(&site, "/page/", "gzip").await;
        let known = (coding(&first), first.header("etag"));
        assert_eq!(known, (None, None), "but for its date");
        let rest = [
            ("Accept-Encoding", "gzip"),
            ("If-Range", MODIFIED),
            ("Range", "bytes=10-"),
        ];
        let whole = site.request("GET", "/page/", &rest).await;
        assert!(whole.is_hit());
        assert_eq!((whole.status, read(&whole)), (200, first.text()));
        let rest = site.request("GET", "/page/", &rest[1..]).await;
        assert_eq!(
            (rest.status, rest.text().as_str()),
            (206, &first.text()[10..])
        );
    });
}

#[test]
fn a_render_does_not_see_what_its_client_takes() {
    alone(async || {
        let site = site();
        let page = get(&site, "/seen/", "gzip").await;
        assert!(read(&page).starts_with("None "));
        let headers = [("Accept-Encoding", "gzip"), ("Cookie", "id=1")];
        let bypass = site.request("GET", "/seen/", &headers).await;
        assert!(bypass.text().starts_with("Some(\"gzip\") "));
    });
}

#[test]
fn a_head_request_is_told_of_the_coding() {
    alone(async || {
        let site = site();
        let page = get(&site, "/page/", "gzip").await;
        let head = site
            .request("HEAD", "/page/", &[("Accept-Encoding", "gzip")])
            .await;
        assert!(head.is_hit() && head.body.is_empty());
        for name in ["content-encoding", "content-length", "etag", "vary"] {
            assert_eq!(head.header(name), page.header(name), "{name}");
        }
    });
}

#[test]
fn an_invalidation_drops_all_codings() {
    alone(async || {
        let site = site();
        let old = get(&site, "/page/", "br").await;
        for codings in CODINGS {
            get(&site, "/page/", codings).await;
        }
        site.cache.invalidate_paths(["/page/"]).await;
        let new = get(&site, "/page/", "gzip").await;
        assert!(new.is_stored());
        assert_ne!(read(&new), read(&old));
        for codings in CODINGS {
            let answer = get(&site, "/page/", codings).await;
            assert!(answer.is_hit());
            assert_eq!(read(&answer), read(&new), "{codings}");
        }
    });
}

#[test]
fn an_inner_compress_stays_idle() {
    alone(async || {
        let cache = Cache::builder().build();
        let app_cache = cache.clone();
        let addr = serve(move || {
            App::new()
                .configure(routes)
                .wrap(Compress::default())
                .wrap(Dumper::new(app_cache.clone()).compress())
        });
        for codings in ["gzip", "", "br", "gzip"] {
            let headers = [("Accept-Encoding", codings)];
            let answer = client::request(addr, "GET", "/page/", &headers, b"").await;
            assert_eq!(coding(&answer).unwrap_or_default(), codings);
            assert!(read(&answer).starts_with("render"), "{codings}");
        }
        assert_eq!(cache.stats().stored, 1);
    });
}

#[test]
fn a_coding_without_room_is_not_kept() {
    alone(async || {
        // A page may take half of the cache.
        let cache = Cache::builder().max_bytes(9 << 10).build();
        let dumper = Dumper::new(cache.clone()).compress();
        let addr = serve(move || App::new().configure(routes).wrap(dumper.clone()));
        for codings in ["", "br", "gzip", "zstd", "br"] {
            let headers = [("Accept-Encoding", codings)];
            let answer = client::request(addr, "GET", "/page/", &headers, b"").await;
            assert!(read(&answer).starts_with("render"), "{codings}");
            assert!(cache.stats().bytes <= 9 << 10);
        }
    });
}

#[test]
fn a_part_is_one_of_the_coding_that_the_client_takes() {
    alone(async || {
        let site = site();
        let whole = get(&site, "/page/", "gzip").await;
        let etag = whole.header("etag").unwrap();
        let gzip = ("Accept-Encoding", "gzip");
        for condition in [None, Some(("If-Range", etag.as_str()))] {
            let asked = [Some(gzip), Some(("Range", "bytes=5-")), condition];
            let asked: Vec<_> = asked.into_iter().flatten().collect();
            let part = site.request("GET", "/page/", &asked).await;
            assert_eq!((part.status, &part.body[..]), (206, &whole.body[5..]));
            assert_eq!(part.header("etag").as_ref(), Some(&etag));
        }
        // Another coding, or none, is another representation.
        for codings in ["br", ""] {
            let asked = [
                ("Accept-Encoding", codings),
                ("Range", "bytes=5-"),
                ("If-Range", &etag),
            ];
            let answer = site.request("GET", "/page/", &asked).await;
            assert_eq!(answer.status, 200, "{codings}");
            assert_eq!(read(&answer), read(&whole), "{codings}");
        }
        // Nobody could tell what several parts of it are encoded as.
        let asked = [gzip, ("Range", "bytes=0-1,5-6")];
        let answer = site.request("GET", "/page/", &asked).await;
        assert_eq!((answer.status, read(&answer)), (200, read(&whole)));
    });
}

#[test]
fn an_outer_compress_leaves_pages_in_a_coding_alone() {
    alone(async || {
        let dumper = Dumper::new(Cache::builder().build()).compress();
        let addr = serve(move || {
            App::new()
                .configure(routes)
                .wrap(dumper.clone())
                .wrap(Compress::default())
        });
        let plain = client::request(addr, "GET", "/page/", &[], b"").await;
        for path in ["/page/", "/page/", "/private/", "/small/", "/stream/"] {
            let asked = [("Accept-Encoding", "gzip")];
            let answer = client::request(addr, "GET", path, &asked, b"").await;
            assert_eq!(coding(&answer).as_deref(), Some("gzip"), "{path}");
            assert!(read(&answer).starts_with("render"), "{path}");
            if path == "/page/" {
                assert_eq!(read(&answer), plain.text());
            }
        }
    });
}
