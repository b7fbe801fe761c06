//! Requests that are read in two ways, and answers with more in them than one.

use actix_web::{HttpResponse, web};
use dumper_tests::alone::alone;

use super::exchange;
use crate::site::{Site, page};

fn site() -> Site {
    Site::start(|routes| {
        let echo = async |name: web::Path<String>| {
            HttpResponse::Ok()
                .append_header(("X-Name", name.into_inner()))
                .body("named")
        };
        routes
            .route("/page/", page(200, &[]))
            .route("/named/{name}/", web::get().to(echo));
    })
}

/// Framing that servers and proxies are known to read in different ways.
const FRAMES: [&str; 16] = [
    "Content-Length: 4\r\nContent-Length: 4\r\n\r\nevil",
    "Content-Length: 4\r\nContent-Length: 0\r\n\r\nevil",
    "Content-Length: 0\r\nContent-Length: 4\r\n\r\nevil",
    "Content-Length: 0, 4\r\n\r\nevil",
    "Content-Length: +4\r\n\r\nevil",
    "Content-Length: 4 \r\n\r\nevil",
    "Content-Length: 04\r\n\r\nevil",
    "Content-Length: 0x4\r\n\r\nevil",
    "Content-Length: 18446744073709551616\r\n\r\nevil",
    "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n",
    " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
];

#[test]
fn a_request_that_may_be_read_in_two_ways_has_no_part_in_a_page() {
    alone(async || {
        let site = site();
        for frame in FRAMES {
            site.cache.invalidate_all().await;
            let request = format!(
                "GET /page/ HTTP/1.1\r\nHost: parlour.example\r\nConnection: close\r\n{frame}"
            );
            for _ in 0..2 {
                let answer = exchange(site.addr, request.as_bytes()).await;
                let head = answer.split("\r\n\r\n").next().unwrap();
                assert!(
                    head.starts_with("HTTP/1.1 400") || head.contains("fwd=bypass"),
                    "{frame:?} was answered with {head}"
                );
            }
            assert!(
                site.get("/page/").await.is_stored(),
                "{frame:?} has made a page"
            );
        }
    });
}

#[test]
fn what_is_sent_behind_a_request_is_another_request() {
    alone(async || {
        let site = site();
        let page = site.get("/page/").await;
        for length in ["0", "4"] {
            let two = format!(
                "GET /page/ HTTP/1.1\r\nHost: parlour.example\r\nContent-Length: {length}\r\n\r\n{}\
                 GET /page/?evil HTTP/1.1\r\nHost: parlour.example\r\nConnection: close\r\n\r\n",
                if length == "4" { "evil" } else { "" },
            );
            let answers = exchange(site.addr, two.as_bytes()).await;
            assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
            assert_eq!(site.get("/page/").await.text(), page.text());
        }
    });
}

#[test]
fn an_answer_cannot_be_split() {
    alone(async || {
        let site = site();
        for name in [
            "x%0d%0aSet-Cookie:%20id=evil",
            "x%0aSet-Cookie:%20id=evil",
            "x%0d%0a%0d%0aHTTP/1.1%20200%20OK",
            "x%00",
            "%E5%98%8A%E5%98%8DSet-Cookie:%20id=evil",
        ] {
            for _ in 0..2 {
                let target = format!("/named/{name}/");
                let answer = site.get(&target).await;
                assert_eq!(answer.header("set-cookie"), None, "{name}");
                assert!(answer.complete, "{name}");
            }
        }
    });
}

#[test]
fn control_characters_in_a_header_are_refused_or_without_effect() {
    alone(async || {
        let site = site();
        let page = site.get("/page/").await;
        for line in [
            "X-A: a\0b",
            "X-A: a\rb",
            "X\0A: a",
            "X-A : a",
            "X-A: a\n Host: evil.example",
            ": a",
            "X-A",
        ] {
            let request = format!(
                "GET /page/ HTTP/1.1\r\nHost: parlour.example\r\nConnection: close\r\n{line}\r\n\r\n"
            );
            let answer = exchange(site.addr, request.as_bytes()).await;
            assert!(
                answer.starts_with("HTTP/1.1 400") || answer.ends_with(&page.text()),
                "{line:?} was answered with {answer}"
            );
            assert_eq!(site.get("/page/").await.text(), page.text());
        }
    });
}
