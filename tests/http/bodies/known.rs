//! Bodies of a known size.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody, SizedStream};
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use dumper_tests::alone::alone;
use futures::stream::iter;

use super::Chunk;
use crate::site::{Site, render};

/// A body that is not to be had but in pieces.
struct InPieces {
    size: BodySize,
    pieces: Vec<&'static str>,
}

impl MessageBody for InPieces {
    type Error = std::io::Error;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Chunk>> {
        let next = (!self.pieces.is_empty()).then(|| self.pieces.remove(0));
        Poll::Ready(next.map(|piece| Ok(Bytes::from_static(piece.as_bytes()))))
    }
}

fn site_with(body: impl Fn() -> BoxBody + Clone + Send + 'static) -> Site {
    Site::start(move |routes| {
        let body = body.clone();
        let page = move || {
            let body = body();
            async { HttpResponse::Ok().body(body) }
        };
        routes.route("/page/", web::get().to(page));
    })
}

#[test]
fn an_empty_body_is_a_page() {
    alone(async || {
        let empty = || HttpResponse::Ok().finish().into_body();
        let pieces = || {
            BoxBody::new(InPieces {
                size: BodySize::Sized(0),
                pieces: vec![],
            })
        };
        for site in [site_with(empty), site_with(pieces)] {
            let first = site.get("/page/").await;
            assert!(!first.is_hit());
            let answer = site.get("/page/").await;
            assert!(answer.is_hit(), "{answer:?}");
            assert_eq!(answer.header("content-length").as_deref(), Some("0"));
        }
    });
}

#[test]
fn a_body_that_is_only_to_be_had_in_pieces_is_a_page() {
    const SIZES: [BodySize; 2] = [BodySize::Sized(9), BodySize::Stream];
    alone(async || {
        for size in SIZES {
            let site = site_with(move || {
                let pieces = vec!["all", " ", "of it"];
                BoxBody::new(InPieces { size, pieces })
            });
            for visit in 0..2 {
                let answer = site.get("/page/").await;
                assert_eq!(answer.text(), "all of it"[..answer.body.len()]);
                assert!(answer.complete, "{size:?}");
                assert_eq!(answer.is_hit(), visit == 1, "{size:?}");
            }
        }
    });
}

/// The client is sent no more than was announced, and neither is anybody after it.
#[test]
fn of_a_body_longer_than_its_size_nothing_is_stored_but_what_was_sent() {
    alone(async || {
        for (pieces, hit) in [
            (["all of it", " and more"], true),
            (["all of i", "t and more"], false),
        ] {
            let site = site_with(move || {
                let chunks = pieces.map(|piece| Chunk::Ok(Bytes::from_static(piece.as_bytes())));
                BoxBody::new(SizedStream::new(9, iter(chunks)))
            });
            for visit in 0..3 {
                let answer = site.get("/page/").await;
                assert_eq!(answer.text(), "all of it", "{pieces:?}");
                assert_eq!(answer.is_hit(), hit && visit > 0, "{pieces:?}");
            }
        }
    });
}

#[test]
fn head_has_no_body_whatever_get_has() {
    const STATUSES: [u16; 3] = [200, 204, 404];
    alone(async || {
        let site = Site::with(
            |dumper| dumper.max_body(100),
            |routes| {
                let sized = async |path: web::Path<(u16, usize)>| {
                    let (status, size) = path.into_inner();
                    let status = status.try_into().unwrap();
                    HttpResponse::build(status).body("x".repeat(size))
                };
                routes.route("/{status}/{size}/", web::get().to(sized));
                let chunks = async |path: web::Path<usize>| {
                    let chunks = (0..*path).map(|_| Chunk::Ok(Bytes::from_static(b"x")));
                    HttpResponse::Ok().streaming(iter(chunks))
                };
                routes.route("/streamed/{size}/", web::get().to(chunks));
                let broken = async || {
                    render();
                    let lost = std::io::Error::other("lost");
                    HttpResponse::Ok().streaming(iter([Err::<Bytes, _>(lost)]))
                };
                routes.route("/broken/", web::get().to(broken));
            },
        );
        let mut paths: Vec<String> = vec!["/broken/".to_owned()];
        for size in [0, 9, 101] {
            paths.extend(STATUSES.map(|status| format!("/{status}/{size}/")));
            paths.push(format!("/streamed/{size}/"));
        }
        for path in &paths {
            for _ in 0..2 {
                let head = site.request("HEAD", path, &[]).await;
                assert_eq!(head.body, b"", "{path}: {head:?}");
                let get = site.get(path).await;
                // A body that breaks at once takes the head with it.
                let expected = if path == "/broken/" { 200 } else { get.status };
                assert_eq!(head.status, expected, "{path}");
                let stored = site.request("HEAD", path, &[]).await;
                assert_eq!(stored.body, b"", "{path}");
                assert_eq!(stored.is_hit(), site.get(path).await.is_hit(), "{path}");
            }
        }
    });
}
