//! Bodies of unknown size.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use dumper_tests::alone::alone;
use dumper_tests::client::{request, send};
use futures::stream::iter;
use tokio::sync::Semaphore;
use tokio::task::spawn_local;

use super::{Chunk, next_body, read_until, stream};
use crate::site::Site;

#[test]
fn ten_thousand_small_chunks_are_one_page() {
    alone(async || {
        let site = Site::start(|routes| {
            let chunks = async || {
                let chunks = (0..10_000).map(|chunk| format!("{chunk}\n").into());
                HttpResponse::Ok().streaming(iter(chunks.map(Chunk::Ok)))
            };
            routes.route("/page/", web::get().to(chunks));
        });
        let first = site.get("/page/").await;
        assert_eq!(first.cache(), "fwd=miss; detail=streaming");
        assert_eq!(first.text().lines().count(), 10_000);
        let second = site.get("/page/").await;
        assert!(second.is_hit());
        assert_eq!(second.body, first.body);
        assert!(second.header("content-length").is_some());
    });
}

/// A chunk may be a small part of what it keeps in memory.
#[test]
fn what_is_kept_of_chunks_is_their_bytes_alone() {
    alone(async || {
        let large = Arc::new(vec![b'x'; 1 << 20]);
        let seen = Arc::clone(&large);
        let site = Site::start(move |routes| {
            routes.route("/page/", stream(&[]));
        });
        let body = next_body();
        let chunk = Bytes::from_owner(Large(large)).slice(..5);
        body.send(Ok(chunk)).unwrap();
        let mut client = send(site.addr, "GET", "/page/", &[], b"").await;
        read_until(&mut client, "xxxxx").await;
        body.send(Ok(Bytes::from_static(b"second"))).unwrap();
        read_until(&mut client, "second").await;
        assert_eq!(Arc::strong_count(&seen), 1, "it is sent, and let go");
        drop(body);
        read_until(&mut client, "0\r\n\r\n").await;
        assert_eq!(site.get("/page/").await.text(), "xxxxxsecond");
    });
}

struct Large(Arc<Vec<u8>>);

impl AsRef<[u8]> for Large {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[test]
fn who_waits_for_a_page_that_streams_is_let_go_at_its_head() {
    alone(async || {
        let gate = Arc::new(Semaphore::new(0));
        let begun = Arc::new(Semaphore::new(0));
        let (opened, seen) = (Arc::clone(&gate), Arc::clone(&begun));
        let site = Site::start(move |routes| {
            let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
            let page = move || {
                let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
                async move {
                    begun.add_permits(1);
                    gate.acquire().await.unwrap().forget();
                    let endless = futures::stream::pending::<Chunk>();
                    let first = iter([Chunk::Ok(Bytes::from_static(b"first"))]);
                    HttpResponse::Ok().streaming(futures::StreamExt::chain(first, endless))
                }
            };
            routes.route("/page/", web::get().to(page));
        });
        let mut leader = send(site.addr, "GET", "/page/", &[], b"").await;
        seen.acquire().await.unwrap().forget();
        let mut waiter = send(site.addr, "GET", "/page/", &[], b"").await;
        opened.add_permits(2);
        // The first body never ends.
        read_until(&mut leader, "first").await;
        read_until(&mut waiter, "first").await;
    });
}

#[test]
fn a_stream_that_breaks_off_leaves_the_page_to_the_next() {
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", stream(&[]));
        });
        let broken = next_body();
        let whole = next_body();
        broken.send(Ok(Bytes::from_static(b"half"))).unwrap();
        let mut client = send(site.addr, "GET", "/page/", &[], b"").await;
        read_until(&mut client, "half").await;
        let addr = site.addr;
        let next = spawn_local(async move { request(addr, "GET", "/page/", &[], b"").await });
        broken.send(Err(std::io::Error::other("lost"))).unwrap();
        whole.send(Ok(Bytes::from_static(b"whole"))).unwrap();
        drop(whole);
        assert_eq!(next.await.unwrap().text(), "whole");
        let answer = site.get("/page/").await;
        assert_eq!((answer.text().as_str(), answer.is_hit()), ("whole", true));
    });
}

#[test]
fn the_first_of_two_streams_to_end_is_replaced_by_the_other() {
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", stream(&[]));
        });
        let (one, two) = (next_body(), next_body());
        let mut clients = Vec::new();
        for (body, text) in [(&one, "one"), (&two, "two")] {
            body.send(Ok(Bytes::from_static(text.as_bytes()))).unwrap();
            let mut client = send(site.addr, "GET", "/page/", &[], b"").await;
            read_until(&mut client, text).await;
            clients.push(client);
        }
        for (body, client, text) in [(two, 1, "two"), (one, 0, "one")] {
            drop(body);
            read_until(&mut clients[client], "0\r\n\r\n").await;
            assert_eq!(site.get("/page/").await.text(), text);
        }
    });
}
