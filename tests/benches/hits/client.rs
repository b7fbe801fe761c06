//! A client that keeps its connection.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How many requests make a round.
const REQUESTS: u32 = 100;

pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::with_capacity(256 << 10, stream),
            body: Vec::new(),
        })
    }

    /// How long a round of requests takes.
    pub(crate) fn time(&mut self, path: &str, accepted: &str) -> io::Result<Duration> {
        let started = Instant::now();
        for _ in 0..REQUESTS {
            self.get(path, accepted)?;
        }
        Ok(started.elapsed())
    }

    /// Asks for a page, and returns the length of its body.
    pub(crate) fn get(&mut self, path: &str, accepted: &str) -> io::Result<usize> {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: {accepted}\r\n\r\n");
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body)?;
        Ok(length)
    }
}

pub(crate) fn per_request(round: Duration) -> Duration {
    round / REQUESTS
}
