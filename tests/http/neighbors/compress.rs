//! `Compress`.

use std::io::Read;

use actix_web::middleware::Compress;
use actix_web::{App, HttpResponse, web};
use dumper_tests::alone::alone;
use dumper_tests::client::Answer;
use flate2::read::GzDecoder;

use super::site;
use crate::site::{Site, render};

const GZIP: (&str, &str) = ("Accept-Encoding", "gzip");

/// A page that is worth compressing.
async fn long() -> String {
    format!("{} {}", render(), "vanilla ".repeat(500))
}

fn inside() -> Site {
    site(|dumper| {
        let app = App::new().route("/page/", web::get().to(long));
        app.wrap(Compress::default()).wrap(dumper)
    })
}

fn outside() -> Site {
    site(|dumper| {
        let app = App::new().route("/page/", web::get().to(long));
        app.wrap(dumper).wrap(Compress::default())
    })
}

/// The text of an answer that must be in a coding.
fn text(answer: &Answer, coding: Option<&str>) -> String {
    assert!(answer.complete, "{answer:?}");
    assert_eq!(answer.header("content-encoding").as_deref(), coding);
    if coding.is_none() {
        return answer.text();
    }
    let mut text = String::new();
    GzDecoder::new(&answer.body[..])
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[test]
fn inside_each_client_gets_a_coding_that_it_asked_for() {
    alone(async || {
        for gzip_first in [true, false] {
            let site = inside();
            if gzip_first {
                text(&site.request("GET", "/page/", &[GZIP]).await, Some("gzip"));
            }
            let plain = text(&site.get("/page/").await, None);
            let again = site.get("/page/").await;
            assert!(again.is_hit(), "{gzip_first}");
            assert_eq!(text(&again, None), plain, "{gzip_first}");
            let identity = [("Accept-Encoding", "identity")];
            let identity = site.request("GET", "/page/", &identity).await;
            text(&identity, None);
            // Whatever it gets, it can read.
            let gzip = site.request("GET", "/page/", &[GZIP]).await;
            let coding = gzip.header("content-encoding");
            text(&gzip, coding.as_deref());
            site.cache.invalidate_paths(["/page/"]).await;
            let gzip = text(&site.request("GET", "/page/", &[GZIP]).await, Some("gzip"));
            assert_ne!(gzip, plain, "{gzip_first}");
            assert_ne!(text(&site.get("/page/").await, None), plain, "{gzip_first}");
        }
    });
}

#[test]
fn a_coded_page_is_for_those_who_asked_for_it_whatever_its_vary_says() {
    alone(async || {
        let site = Site::start(|routes| {
            let coded = async || {
                let mut res = HttpResponse::Ok();
                res.insert_header(("Content-Encoding", "gzip"))
                    .body(render())
            };
            routes.route("/page/", web::get().to(coded));
        });
        let coded = site.request("GET", "/page/", &[GZIP]).await;
        assert!(coded.is_stored());
        assert!(site.request("GET", "/page/", &[GZIP]).await.is_hit());
        assert!(!site.get("/page/").await.is_hit());
    });
}

#[test]
fn outside_each_client_gets_a_coding_that_it_asked_for() {
    alone(async || {
        let site = outside();
        let plain = text(&site.get("/page/").await, None);
        let gzip = site.request("GET", "/page/", &[GZIP]).await;
        assert!(gzip.is_hit());
        assert_eq!(text(&gzip, Some("gzip")), plain);
        assert_eq!(gzip.header("vary").as_deref(), Some("accept-encoding"));
        assert_eq!(text(&site.get("/page/").await, None), plain);
        site.cache.invalidate_paths(["/page/"]).await;
        let gzip = site.request("GET", "/page/", &[GZIP]).await;
        assert!(gzip.is_stored());
        assert_eq!(
            text(&site.get("/page/").await, None),
            text(&gzip, Some("gzip"))
        );
    });
}

#[test]
fn outside_a_download_that_was_cut_short_goes_on_in_its_own_coding() {
    alone(async || {
        let site = outside();
        site.get("/page/").await;
        let whole = site.request("GET", "/page/", &[GZIP]).await;
        let etag = whole.header("etag").unwrap();
        let kept = &whole.body[..20];
        let rest = [GZIP, ("Range", "bytes=20-"), ("If-Range", etag.as_str())];
        let rest = site.request("GET", "/page/", &rest).await;
        let body = match rest.status {
            206 => [kept, &rest.body].concat(),
            _ => rest.body.clone(),
        };
        let mut text = String::new();
        let read = GzDecoder::new(&body[..]).read_to_string(&mut text);
        assert!(read.is_ok_and(|_| text.ends_with("vanilla ")), "{rest:?}");
    });
}

#[test]
fn a_coding_that_cannot_be_had_is_not_stored() {
    alone(async || {
        let picky = [("Accept-Encoding", "br, identity;q=0")];
        for site in [inside(), outside()] {
            assert_eq!(site.request("GET", "/page/", &picky).await.status, 406);
            assert!(site.get("/page/").await.is_stored());
            assert_eq!(site.request("HEAD", "/page/", &[GZIP]).await.body, b"");
        }
    });
}
