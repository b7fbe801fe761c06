//! Requests that are too large for anybody.

use actix_web::web;
use dumper_tests::alone::alone;

use super::exchange;
use crate::site::{Site, render};

#[test]
fn a_very_large_request_is_refused_or_answered_and_changes_no_page() {
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", web::get().to(async || render()));
        });
        let page = site.get("/page/").await;
        let long = "x".repeat(64 << 10);
        let requests = [
            format!(
                "GET /page/ HTTP/1.1\r\nHost: parlour.example\r\nConnection: close\r\nX-Long: {long}\r\n\r\n"
            ),
            format!("GET /page/ HTTP/1.1\r\nHost: {long}\r\nConnection: close\r\n\r\n"),
            format!(
                "GET /page/ HTTP/1.1\r\nHost: parlour.example\r\nConnection: close\r\n{long}: x\r\n\r\n"
            ),
            format!(
                "GET /page/?{long} HTTP/1.1\r\nHost: parlour.example\r\nConnection: close\r\n\r\n"
            ),
            format!(
                "GET /{} HTTP/1.1\r\nHost: parlour.example\r\nConnection: close\r\n\r\n",
                long.repeat(16)
            ),
            format!(
                "GET /page/ HTTP/1.1\r\nHost: parlour.example\r\nConnection: close\r\n{}\r\n",
                "X-A: b\r\n".repeat(10_000)
            ),
        ];
        for request in requests {
            let answer = exchange(site.addr, request.as_bytes()).await;
            let start: String = request.chars().take(60).collect();
            let is_answered = ["HTTP/1.1 4", "HTTP/1.1 200"].map(|line| answer.starts_with(line));
            // Or hung up on.
            let is_fine = answer.is_empty() || is_answered.contains(&true);
            assert!(is_fine, "{start}… was answered with {answer}");
        }
        let answer = site.get("/page/").await;
        assert_eq!((answer.is_hit(), answer.text()), (true, page.text()));
        assert_eq!(site.cache.stats().paths, 1);
    });
}

#[test]
fn five_thousand_cookies_are_read_like_one() {
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", web::get().to(async || render()));
        });
        site.get("/page/").await;
        let harmless = "_ga=;".repeat(5_000);
        let answer = site
            .request("GET", "/page/", &[("Cookie", &harmless)])
            .await;
        assert_eq!(answer.cache(), "hit");
        let one_counts = format!("{harmless}id=1");
        let answer = site
            .request("GET", "/page/", &[("Cookie", &one_counts)])
            .await;
        assert_eq!(answer.cache(), "fwd=bypass; detail=cookie");
    });
}

#[test]
fn a_long_header_that_selects_a_page_counts_as_its_bytes() {
    alone(async || {
        let site = Site::with_page(&[("Vary", "X-Long")]);
        let long = "x".repeat(16 << 10);
        for number in 0..100 {
            let long = format!("{number}{long}");
            let answer = site.request("GET", "/page/", &[("X-Long", &long)]).await;
            assert!(answer.is_stored());
        }
        let stats = site.cache.stats();
        assert!(
            (1 << 20..2 << 20).contains(&stats.bytes),
            "64 variants: {stats:?}"
        );
    });
}
