//! A client that sends what it is told, byte for byte.

#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "what is no HTTP fails the test"
)]

use std::fmt::Write;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What the server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code, or 0 if there was no answer.
    pub status: u16,
    /// The header fields, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, without its chunks.
    pub body: Vec<u8>,
    /// Whether the body came to its end as the head foretold.
    pub complete: bool,
}

impl Answer {
    /// All lines of a header, joined.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let lines = self.headers.iter().filter(|(known, _)| known == name);
        let lines: Vec<&str> = lines.map(|(_, value)| value.as_str()).collect();
        (!lines.is_empty()).then(|| lines.join(", "))
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The `Cache-Status` without its name: `hit`, `fwd=miss; stored` ….
    #[must_use]
    pub fn cache(&self) -> String {
        let status = self.header("cache-status").unwrap_or_default();
        status.trim_start_matches("dumper; ").to_owned()
    }

    /// Whether it comes from the cache.
    #[must_use]
    pub fn is_hit(&self) -> bool {
        self.cache().split("; ").next() == Some("hit")
    }

    /// Whether it was rendered for this request, and stored.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        self.cache().starts_with("fwd=miss; stored")
    }
}

/// Sends a request and reads the whole answer. `headers` replace the default
/// `Host` if they name one.
pub async fn request(
    addr: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut stream = send(addr, method, target, headers, body).await;
    let mut answer = Vec::new();
    // A server that drops the connection has answered too.
    let _ = stream.read_to_end(&mut answer).await;
    read(&answer, method == "HEAD")
}

/// Sends bytes that may be a request, and reads what comes until the server closes.
pub async fn exchange(addr: SocketAddr, sent: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(sent).await.unwrap();
    let mut answer = Vec::new();
    // A server that drops the connection has answered too.
    let _ = stream.read_to_end(&mut answer).await;
    read(&answer, sent.starts_with(b"HEAD "))
}

/// Sends a request, and leaves the answer to be read, or not.
pub async fn send(
    addr: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> TcpStream {
    let mut head = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    let names_host = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("host"));
    if !names_host {
        head.push_str("Host: parlour.example\r\n");
    }
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    if !body.is_empty() {
        write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    head.push_str("\r\n");
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    stream
}

fn read(answer: &[u8], is_head: bool) -> Answer {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let Some(end) = end else {
        return Answer {
            status: 0,
            headers: Vec::new(),
            body: answer.to_vec(),
            complete: false,
        };
    };
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines.map(|line| line.split_once(':').unwrap());
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
    let mut answer = Answer {
        status: status.parse().unwrap(),
        headers: headers.collect(),
        body: answer[end + 4..].to_vec(),
        complete: true,
    };
    if answer.header("transfer-encoding").is_some() {
        (answer.body, answer.complete) = unchunked(&answer.body);
    } else if let Some(length) = answer.header("content-length") {
        answer.complete = is_head || length == answer.body.len().to_string();
    }
    answer
}

fn unchunked(mut chunked: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(line) = chunked.windows(2).position(|window| window == b"\r\n") else {
            return (body, false);
        };
        let size = String::from_utf8_lossy(&chunked[..line]).into_owned();
        let size = usize::from_str_radix(&size, 16).unwrap();
        if size == 0 {
            return (body, true);
        }
        let chunk = &chunked[line + 2..];
        if chunk.len() < size + 2 {
            return (body, false);
        }
        body.extend_from_slice(&chunk[..size]);
        chunked = &chunk[size + 2..];
    }
}
