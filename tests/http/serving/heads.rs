//! `HEAD`, and answers without a body on a connection that stays.

use actix_web::{HttpResponse, web};
use dumper_tests::alone::alone;
use futures::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::site_with_stored;
use crate::site::{Headers, Site, page};

const HEADERS: Headers = &[
    ("Cache-Control", "max-age=60"),
    ("Content-Language", "en"),
    ("Content-Type", "text/html"),
    ("Link", "</style.css>; rel=preload"),
    ("Vary", "Accept"),
];

#[test]
fn a_head_has_all_that_get_has_but_the_body() {
    alone(async || {
        let site = Site::with_page(HEADERS);
        let first = site.request("HEAD", "/page/", &[]).await;
        assert!(first.is_stored());
        assert_eq!(first.header("content-length").as_deref(), Some("8"));
        let get = site.get("/page/").await;
        assert_eq!((get.is_hit(), get.text().as_str()), (true, "render 1"));
        let head = site.request("HEAD", "/page/", &[]).await;
        assert!(head.is_hit());
        for head in [first, head] {
            assert_eq!((head.status, head.text().as_str()), (200, ""));
            for (name, value) in &get.headers {
                let differs = ["age", "cache-status"].contains(&name.as_str());
                assert!(
                    differs || head.header(name).as_ref() == Some(value),
                    "{name}: {value} {head:?}"
                );
            }
        }
    });
}

#[test]
fn a_head_of_what_is_not_stored_has_its_length() {
    async fn streamed() -> HttpResponse {
        let chunk = async { Ok::<_, actix_web::Error>("text".into()) };
        HttpResponse::Ok().streaming(stream::once(Box::pin(chunk)))
    }
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/private/", page(200, &[("Cache-Control", "private")]));
            routes.route("/missing/", page(404, &[]));
            routes.route("/stream/", web::get().to(streamed));
        });
        for (path, status, length) in [
            ("/private/", 200, Some("8")),
            ("/missing/", 404, Some("8")),
            ("/stream/", 200, None),
        ] {
            let answer = site.request("HEAD", path, &[]).await;
            assert_eq!((answer.status, answer.text().as_str()), (status, ""));
            assert_eq!(answer.header("content-length").as_deref(), length, "{path}");
        }
    });
}

#[test]
fn answers_without_a_body_leave_the_connection_in_order() {
    const REQUESTS: [(&str, &str); 7] = [
        ("GET", "If-None-Match: *"),
        ("HEAD", "If-None-Match: *"),
        ("HEAD", "Range: bytes=0-1"),
        ("GET", "Range: bytes=9-"),
        ("GET", "Range: bytes=1-2"),
        ("GET", "If-None-Match: *"),
        ("GET", "Connection: close"),
    ];
    alone(async || {
        let site = site_with_stored(&[("content-type", "text/plain")], "text").await;
        let requests = REQUESTS.map(|(method, header)| {
            format!("{method} /page/ HTTP/1.1\r\nHost: parlour.example\r\n{header}\r\n\r\n")
        });
        let mut stream = TcpStream::connect(site.addr).await.unwrap();
        stream
            .write_all(requests.concat().as_bytes())
            .await
            .unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.unwrap();
        let answers: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).collect();
        let answers = answers.iter().map(|answer| {
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let head = head.to_lowercase();
            let field = |name: &str| {
                let mut lines = head.lines();
                lines.find_map(|line| line.strip_prefix(name).map(ToOwned::to_owned))
            };
            let framing = field("content-length: ").or_else(|| field("transfer-encoding: "));
            (head[..3].to_owned(), framing, body)
        });
        let some = |length: &str| Some(length.to_owned());
        let expected = [
            ("304", None, ""),
            ("304", None, ""),
            ("200", some("4"), ""),
            ("416", some("0"), ""),
            ("206", some("2"), "ex"),
            ("304", None, ""),
            ("200", some("4"), "text"),
        ];
        let expected = expected.map(|(status, framing, body)| (status.to_owned(), framing, body));
        assert_eq!(answers.collect::<Vec<_>>(), expected);
    });
}
