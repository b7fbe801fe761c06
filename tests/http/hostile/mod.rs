//! What a visitor may try against the others, by the names of the attacks.

mod deception;
mod floods;
mod headers;
mod http2;
mod pairs;
mod personal;
mod poisoning;
mod renders;
mod smuggling;
mod templates;
mod too_large;

use std::net::SocketAddr;

use dumper_tests::client::{self, Answer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::site::Site;

/// A request, all of it.
struct Attack {
    method: &'static str,
    target: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static [u8],
}

impl Attack {
    const fn get(target: &'static str) -> Self {
        Self::with(target, &[])
    }

    const fn with(target: &'static str, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self {
            method: "GET",
            target,
            headers,
            body: b"",
        }
    }

    async fn send(&self, site: &Site) -> Answer {
        client::request(site.addr, self.method, self.target, self.headers, self.body).await
    }
}

/// What the app itself says of a target.
async fn truth(site: &Site, target: &str) -> Answer {
    let asked = [("Authorization", "Bearer truth")];
    let answer = site.request("GET", target, &asked).await;
    assert_eq!(answer.cache(), "fwd=bypass; detail=authorization");
    answer
}

/// Sends bytes, whatever they are, and returns all that comes back. A server may
/// hang up before it has read them.
async fn exchange(addr: SocketAddr, bytes: &[u8]) -> String {
    let (mut from, mut to) = TcpStream::connect(addr).await.unwrap().into_split();
    let bytes = bytes.to_vec();
    let sent = actix_web::rt::spawn(async move { to.write_all(&bytes).await.map(|()| to) });
    let mut answer = Vec::new();
    let _ = from.read_to_end(&mut answer).await;
    let _ = sent.await;
    String::from_utf8_lossy(&answer).into_owned()
}
