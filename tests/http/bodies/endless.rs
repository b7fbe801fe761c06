//! Streams that are no pages.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use dumper_tests::alone::alone;
use dumper_tests::client::send;
use futures::stream::repeat_with;
use tokio::time::timeout;

use super::{next_body, read_until, stream};
use crate::site::{Headers, Site};

const KINDS: [Headers; 4] = [
    &[("Content-Type", "text/event-stream")],
    &[("Content-Type", "Text/Event-Stream; charset=utf-8")],
    &[("Content-Type", "TEXT/EVENT-STREAM")],
    &[("Content-Type", "multipart/X-Mixed-Replace; boundary=frame")],
];

fn site() -> Site {
    Site::start(|routes| {
        for (number, headers) in KINDS.iter().enumerate() {
            routes.route(&format!("/{number}/"), stream(headers));
        }
    })
}

#[test]
fn events_arrive_as_they_are_made_and_are_not_stored() {
    alone(async || {
        let site = site();
        for (number, kind) in KINDS.iter().enumerate() {
            let path = format!("/{number}/");
            for _ in 0..2 {
                let events = next_body();
                events.send(Ok(Bytes::from_static(b"data: 1\n\n"))).unwrap();
                let mut client = send(site.addr, "GET", &path, &[], b"").await;
                let read = read_until(&mut client, "data: 1").await;
                assert!(!read.contains("detail=streaming"), "{kind:?}: {read}");
                events.send(Ok(Bytes::from_static(b"data: 2\n\n"))).unwrap();
                read_until(&mut client, "data: 2").await;
                // Even one that ends.
                drop(events);
                read_until(&mut client, "0\r\n\r\n").await;
            }
        }
        assert_eq!(site.cache.stats().stored, 0);
    });
}

#[test]
fn many_listen_to_events_at_the_same_time() {
    alone(async || {
        let site = site();
        let events: Vec<_> = (0..8).map(|_| next_body()).collect();
        let mut clients = Vec::new();
        for _ in &events {
            clients.push(send(site.addr, "GET", "/0/", &[], b"").await);
        }
        for events in &events {
            events.send(Ok(Bytes::from_static(b"data: 1\n\n"))).unwrap();
        }
        for client in &mut clients {
            read_until(client, "data: 1").await;
        }
    });
}

#[test]
fn a_head_of_events_ends_at_once() {
    alone(async || {
        let site = site();
        let events = next_body();
        let head = site.request("HEAD", "/0/", &[]).await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        drop(events);
    });
}

#[test]
fn a_head_of_what_may_be_a_page_ends_at_once() {
    alone(async || {
        let site = Site::start(|routes| {
            let endless = async || {
                let chunk = || Ok::<_, Infallible>(Bytes::from_static(b"more"));
                HttpResponse::Ok().streaming(repeat_with(chunk))
            };
            routes.route("/page/", web::get().to(endless));
        });
        for _ in 0..8 {
            let head = site.request("HEAD", "/page/", &[]);
            let head = timeout(Duration::from_secs(30), head).await.unwrap();
            let expected = (200, "fwd=miss; detail=streaming".to_owned());
            assert_eq!((head.status, head.cache()), expected);
        }
    });
}

#[test]
fn a_stream_without_end_takes_no_more_than_a_page_may() {
    alone(async || {
        let site = Site::with(
            |dumper| dumper.max_body(1_000),
            |routes| {
                routes.route("/page/", stream(&[]));
            },
        );
        let endless = next_body();
        let mut client = send(site.addr, "GET", "/page/", &[], b"").await;
        let whole = "x".repeat(999) + "y";
        for chunk in ["", &whole, "z"] {
            endless.send(Ok(chunk.to_owned().into())).unwrap();
        }
        read_until(&mut client, "z").await;
        drop(endless);
        read_until(&mut client, "0\r\n\r\n").await;
        assert_eq!(site.cache.stats().stored, 0);
    });
}
