//! Responses that come in a coding.

use std::io::Write;

use actix_web::http::header::CONTENT_ENCODING;
use actix_web::middleware::Compress;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpResponse};
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::alone::alone;
use dumper_tests::client;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::site::{Site, render, serve};

/// Sends gzip to everybody, and says nothing of it in `Vary`.
fn routes(routes: &mut ServiceConfig) {
    let page = async || {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(render().repeat(100).as_bytes()).unwrap();
        let mut res = HttpResponse::Ok();
        res.content_type("text/html")
            .insert_header((CONTENT_ENCODING, "gzip"));
        res.body(gzip.finish().unwrap())
    };
    routes.route("/page/", web::get().to(page));
}

#[test]
fn a_response_that_comes_in_a_coding_is_for_those_who_take_it() {
    alone(async || {
        for set in [|dumper: Dumper| dumper, Dumper::compress] {
            let site = Site::with(set, routes);
            let takes = |codings| [("Accept-Encoding", codings)];
            let page = site.request("GET", "/page/", &takes("br, gzip")).await;
            assert!(page.is_stored());
            for codings in ["gzip", "zstd, x-gzip", "*"] {
                let again = site.request("GET", "/page/", &takes(codings)).await;
                assert_eq!(
                    (again.is_hit(), &again.body),
                    (true, &page.body),
                    "{codings}"
                );
                assert_eq!(again.header("content-encoding").as_deref(), Some("gzip"));
            }
            for codings in ["", "identity", "br", "gzip;q=0", "*, gzip;q=0"] {
                let other = site.request("GET", "/page/", &takes(codings)).await;
                assert_eq!(
                    other.cache(),
                    "fwd=miss; detail=content-encoding",
                    "{codings}"
                );
                assert_ne!(other.body, page.body, "{codings}");
            }
            assert_eq!(
                site.get("/page/").await.cache(),
                "fwd=miss; detail=content-encoding"
            );
            assert!(site.request("GET", "/page/", &takes("gzip")).await.is_hit());
        }
    });
}

#[test]
fn an_inner_compress_poisons_nobody() {
    alone(async || {
        let page = async || {
            HttpResponse::Ok()
                .content_type("text/html")
                .body(render().repeat(100))
        };
        for first in ["gzip", ""] {
            let cache = Cache::builder().build();
            let addr = serve(move || {
                App::new()
                    .route("/page/", web::get().to(page))
                    .wrap(Compress::default())
                    .wrap(Dumper::new(cache.clone()))
            });
            for codings in [first, "", "gzip", "br", ""] {
                let headers = [("Accept-Encoding", codings)];
                let answer = client::request(addr, "GET", "/page/", &headers, b"").await;
                let coding = answer.header("content-encoding");
                assert!(
                    coding.is_none_or(|coding| coding == codings),
                    "{first}, {codings}"
                );
            }
        }
    });
}
