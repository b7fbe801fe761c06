//! A client that asks over one connection, as cheaply as can be.

use std::io;
use std::net::SocketAddr;
use std::str;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The `Cache-Status`, or nothing.
    pub cache_status: String,
    /// The body.
    pub text: String,
}

impl Answer {
    /// Whether it comes from the cache.
    #[must_use]
    pub fn is_hit(&self) -> bool {
        self.cache_status.split("; ").any(|word| word == "hit")
    }
}

/// A connection that is opened when it is needed.
#[derive(Debug)]
pub struct Connection {
    addr: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Connection {
    /// Makes one to this server.
    #[must_use]
    pub fn to(addr: SocketAddr) -> Self {
        Self {
            addr,
            stream: None,
            buffer: Vec::new(),
        }
    }

    /// Sends a request and reads the answer. After an error the connection is
    /// closed, and the next request opens another.
    ///
    /// # Errors
    ///
    /// If there is no answer, or it is no HTTP.
    pub async fn request(&mut self, head: &str) -> io::Result<Answer> {
        let answer = match self.send(head).await {
            Ok(()) => self.answer().await,
            Err(err) => Err(err),
        };
        if answer.is_err() {
            self.stream = None;
        }
        answer
    }

    /// Sends a request.
    ///
    /// # Errors
    ///
    /// If the server does not take it.
    pub async fn send(&mut self, head: &str) -> io::Result<()> {
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.addr).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        let stream = self.stream.insert(stream);
        stream.write_all(head.as_bytes()).await
    }

    /// Closes the connection, with a reset or in order.
    pub fn hang_up(&mut self, reset: bool) {
        if let Some(stream) = self.stream.take()
            && reset
        {
            // It is closed in any case.
            let _ = stream.set_zero_linger();
        }
    }

    async fn answer(&mut self) -> io::Result<Answer> {
        let stream = self.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        self.buffer.clear();
        let (mut answer, body, end) = loop {
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut windows = self.buffer.windows(4);
            if let Some(head) = windows.position(|bytes| bytes == b"\r\n\r\n") {
                let (answer, length) = read_head(&self.buffer[..head])?;
                break (answer, head + 4, head + 4 + length);
            }
        };
        while self.buffer.len() < end {
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        answer.text = text(&self.buffer[body..end])?.to_owned();
        Ok(answer)
    }
}

/// What a head tells, and the length of the body.
fn read_head(head: &[u8]) -> io::Result<(Answer, usize)> {
    let mut lines = text(head)?.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status.and_then(|status| status.parse().ok());
    let mut answer = Answer {
        status: status.ok_or(io::ErrorKind::InvalidData)?,
        cache_status: String::new(),
        text: String::new(),
    };
    let mut length = 0;
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().map_err(|_| io::ErrorKind::InvalidData)?;
        } else if name.eq_ignore_ascii_case("cache-status") {
            value.clone_into(&mut answer.cache_status);
        }
    }
    Ok((answer, length))
}

fn text(bytes: &[u8]) -> io::Result<&str> {
    str::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData.into())
}
