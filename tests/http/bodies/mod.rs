//! Bodies, as they come.

mod endless;
mod known;
mod shared;
mod streamed;

use std::io;
use std::sync::Mutex;

use actix_web::{HttpResponse, Route, web};
use bytes::Bytes;
use futures::stream::unfold;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::site::Headers;

type Chunk = Result<Bytes, io::Error>;

/// The bodies to come, those for the next requests first.
static BODIES: Mutex<Vec<UnboundedReceiver<Chunk>>> = Mutex::new(Vec::new());

/// The body of a [`stream`] that is asked for after all those before it, to be sent
/// by the test.
fn next_body() -> UnboundedSender<Chunk> {
    let (sender, receiver) = unbounded_channel();
    BODIES.lock().unwrap().push(receiver);
    sender
}

/// A page whose body comes when the test sends it.
fn stream(headers: Headers) -> Route {
    web::get().to(move || async move {
        let body = BODIES.lock().unwrap().remove(0);
        let mut res = HttpResponse::Ok();
        for header in headers {
            res.append_header(*header);
        }
        res.streaming(unfold(body, |mut body| async {
            Some((body.recv().await?, body))
        }))
    })
}

/// Reads from a server that is not done yet, until it has sent some text.
async fn read_until(client: &mut TcpStream, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        let mut bytes = [0; 1024];
        let length = client.read(&mut bytes).await.unwrap();
        assert_ne!(length, 0, "{text:?} is not in {read:?}");
        read.push_str(&String::from_utf8_lossy(&bytes[..length]));
    }
    read
}
