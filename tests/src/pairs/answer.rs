//! What an app answered.

use std::fmt;

use actix_web::HttpResponse;
use actix_web::body::{MessageBody, to_bytes};
use bytes::Bytes;

/// What an app answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code, or 0 if the app panicked.
    pub status: u16,
    /// In alphabetical order, their names in lower case.
    pub(super) headers: Vec<(String, Vec<u8>)>,
    /// All of it.
    pub body: Bytes,
}

impl Answer {
    pub(super) async fn read<B: MessageBody>(res: HttpResponse<B>) -> Self {
        let status = res.status().as_u16();
        let headers = res.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
        let mut headers: Vec<_> = headers.collect();
        headers.sort();
        // A body that fails is none that an app without a cache has.
        let body = to_bytes(res.into_body()).await;
        Self {
            status,
            headers,
            body: body.unwrap_or_else(|_| Bytes::from_static(b"(cut short)")),
        }
    }

    pub(super) fn panicked() -> Self {
        Self {
            status: 0,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// The first value of a header, as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        std::str::from_utf8(value).ok()
    }

    /// What the cache nearest to the visitor says that it did.
    pub(super) fn cache_status(&self) -> &str {
        self.header("cache-status").unwrap_or_default()
    }

    /// Whether it comes from the cache.
    #[must_use]
    pub fn is_hit(&self) -> bool {
        self.cache_status().contains("; hit")
    }

    /// Without these header fields.
    pub(super) fn without(mut self, names: &[&str]) -> Self {
        self.headers
            .retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", value.escape_ascii())?;
        }
        writeln!(f, "\n{}", String::from_utf8_lossy(&self.body))
    }
}
