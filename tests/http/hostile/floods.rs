//! Floods: of variants, of queries and of paths.

use std::fmt::Write;
use std::net::SocketAddr;

use actix_web::{HttpRequest, HttpResponse, web};
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::alone::alone;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::site::{Site, render, serve};

/// Sends requests one after the other over one connection, and returns how many
/// were answered with a page.
async fn flood(addr: SocketAddr, requests: impl Iterator<Item = (String, String)>) -> usize {
    let mut heads = String::new();
    for (target, language) in requests {
        write!(
            heads,
            "GET {target} HTTP/1.1\r\nHost: parlour.example\r\nAccept-Language: {language}\r\n\r\n"
        )
        .unwrap();
    }
    heads.push_str("GET /end/ HTTP/1.1\r\nHost: parlour.example\r\nConnection: close\r\n\r\n");
    let (mut from, mut to) = TcpStream::connect(addr).await.unwrap().into_split();
    let sent =
        actix_web::rt::spawn(async move { to.write_all(heads.as_bytes()).await.map(|()| to) });
    let mut answers = Vec::new();
    from.read_to_end(&mut answers).await.unwrap();
    sent.await.unwrap().unwrap();
    String::from_utf8_lossy(&answers)
        .matches("HTTP/1.1 200 OK")
        .count()
}

async fn in_any_language() -> HttpResponse {
    HttpResponse::Ok()
        .append_header(("Vary", "Accept-Language"))
        .body(render())
}

#[test]
fn a_flood_of_variants_leaves_room_for_some_and_the_page_of_all() {
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", web::get().to(in_any_language));
        });
        let own = [("Accept-Language", "en")];
        site.request("GET", "/page/", &own).await;
        let languages = (0..10_000).map(|number| ("/page/".to_owned(), format!("x-{number}")));
        assert_eq!(flood(site.addr, languages).await, 10_000);
        let stats = site.cache.stats();
        assert_eq!(stats.paths, 1);
        assert!(stats.bytes < 64 * 4_096, "{stats:?}");
        // Whoever was there before may have to make room, but not for long.
        site.request("GET", "/page/", &own).await;
        assert!(site.request("GET", "/page/", &own).await.is_hit());
    });
}

#[test]
fn a_flood_of_queries_takes_the_plain_page_from_nobody() {
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", web::get().to(async || render()));
        });
        let page = site.get("/page/").await;
        let queries = (0..100_000).map(|number| (format!("/page/?{number}"), "en".to_owned()));
        assert_eq!(flood(site.addr, queries).await, 100_000);
        let answer = site.get("/page/").await;
        assert!(answer.is_hit());
        assert_eq!(answer.text(), page.text());
        let stats = site.cache.stats();
        assert_eq!(stats.paths, 1);
        assert!(stats.bytes < 64 * 4_096, "{stats:?}");
    });
}

#[test]
fn a_flood_of_paths_stays_within_the_bytes_of_the_cache() {
    alone(async || {
        let cache = Cache::builder().max_bytes(1 << 20).build();
        let dumper = Dumper::new(cache.clone());
        let addr = serve(move || {
            let any = async |req: HttpRequest| format!("{} {}", req.path(), "x".repeat(1_000));
            actix_web::App::new()
                .wrap(dumper.clone())
                .default_service(web::get().to(any))
        });
        let paths = (0..20_000).map(|number| (format!("/{number}/"), "en".to_owned()));
        // The last request is answered too.
        assert_eq!(flood(addr, paths).await, 20_001);
        let stats = cache.stats();
        assert!(stats.bytes <= 1 << 20, "{stats:?}");
        assert!(stats.paths > 100, "{stats:?}");
    });
}
