//! A client that keeps its connection, and looks at what it gets.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

pub(crate) struct Visitor {
    stream: BufReader<TcpStream>,
    host: SocketAddr,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How long all of it is.
    pub(crate) bytes: usize,
}

impl Answer {
    /// A header, by its name in lower case, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        let header = headers.find(|(known, _)| known == name);
        header.map_or("", |(_, value)| value)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status,
            headers,
            body,
            ..
        } = self;
        write!(f, "{status} {headers:?}, {} bytes", body.len())
    }
}

impl Visitor {
    pub(crate) fn to(host: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self {
            stream: BufReader::with_capacity(128 << 10, stream),
            host,
        })
    }

    pub(crate) fn get(&mut self, path: &str, headers: &[String]) -> io::Result<Answer> {
        self.ask("GET", path, headers)
    }

    pub(crate) fn post(&mut self, path: &str) -> io::Result<Answer> {
        self.ask("POST", path, &["Content-Length: 0".to_owned()])
    }

    fn ask(&mut self, method: &str, path: &str, headers: &[String]) -> io::Result<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.host);
        for header in headers {
            head.push_str(header);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        self.stream.get_mut().write_all(head.as_bytes())?;
        self.answer()
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let mut line = String::new();
        let mut bytes = self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
        let status = status.ok_or_else(|| no_http(&line))?;
        let mut headers = Vec::new();
        loop {
            line.clear();
            bytes += self.stream.read_line(&mut line)?;
            match line.trim_end().split_once(": ") {
                Some((name, value)) => headers.push((name.to_lowercase(), value.to_owned())),
                None if line == "\r\n" => break,
                None => return Err(no_http(&line)),
            }
        }
        let mut answer = Answer {
            status,
            headers,
            body: Vec::new(),
            bytes,
        };
        if status != 304 {
            let length = answer.header("content-length");
            let length = length.parse().map_err(|_| no_http("no Content-Length"))?;
            answer.body.resize(length, 0);
            self.stream.read_exact(&mut answer.body)?;
            answer.bytes += length;
        }
        Ok(answer)
    }
}

fn no_http(line: &str) -> io::Error {
    io::Error::other(format!("this is no answer of a server: {line:?}"))
}
