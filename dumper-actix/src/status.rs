//! The `Cache-Status` header (RFC 9211).

use std::fmt;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// What the cache did with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// It served a page.
    Hit,
    /// It had none, and stored the one that was made.
    Stored,
    /// It had none, and did not store what was made, for a reason.
    NotStored(String),
    /// The body goes by as it comes, and is stored if it comes to its end.
    Streaming,
    /// It had nothing to do with it, for a reason.
    Bypass(&'static str),
    /// The method is none that a page answers.
    Method,
}

impl Status {
    /// Adds the header, behind those of caches further in.
    pub(crate) fn append_to(&self, headers: &mut HeaderMap) {
        let value = match self {
            Self::Hit => Ok(HeaderValue::from_static("dumper; hit")),
            Self::Method => Ok(HeaderValue::from_static("dumper; fwd=method")),
            status => HeaderValue::from_str(&status.to_string()),
        };
        if let Ok(value) = value {
            headers.append(CACHE_STATUS, value);
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hit => f.write_str("dumper; hit"),
            Self::Stored => f.write_str("dumper; fwd=miss; stored"),
            Self::Streaming => f.write_str("dumper; fwd=miss; detail=streaming"),
            Self::NotStored(reason) => write!(f, "dumper; fwd=miss; detail={reason}"),
            Self::Bypass(reason) => write!(f, "dumper; fwd=bypass; detail={reason}"),
            Self::Method => f.write_str("dumper; fwd=method"),
        }
    }
}
