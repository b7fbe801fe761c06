//! A visitor whose browser keeps cookies.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use dumper_tests::client::{self, Answer};

/// A visitor of a site, with the cookies it has been given.
#[derive(Debug)]
pub(crate) struct Visitor {
    addr: SocketAddr,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    pub(crate) fn of(addr: SocketAddr) -> Self {
        Self {
            addr,
            cookies: BTreeMap::new(),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.request("GET", path).await
    }

    pub(crate) async fn request(&mut self, method: &str, path: &str) -> Answer {
        let cookies = self.cookies.iter();
        let cookies: Vec<String> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookies = cookies.join("; ");
        let header = [("Cookie", cookies.as_str())];
        let headers = if cookies.is_empty() { &[][..] } else { &header };
        let answer = client::request(self.addr, method, path, headers, b"").await;
        for (name, line) in &answer.headers {
            if name == "set-cookie" {
                self.keep(line);
            }
        }
        answer
    }

    fn keep(&mut self, line: &str) {
        let cookie = line.split(';').next().unwrap();
        let (name, value) = cookie.split_once('=').unwrap();
        if line.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
