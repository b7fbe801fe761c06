//! The `Cache-Status` header (RFC 9211).

use std::fmt;
use std::io::Write as _;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};

use crate::dumper::Dumper;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// What the cache did with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// It served a page, which is fresh for so many seconds more.
    Hit { ttl: Option<u64> },
    /// It stored the page that was made.
    Stored(Why),
    /// It did not store what was made, for a reason.
    NotStored(Why, String),
    /// The body goes by as it comes, and is stored if it comes to its end.
    Streaming(Why),
    /// It had none, and the client wanted no other.
    OnlyIfCached,
    /// It had nothing to do with it, for a reason.
    Bypass(&'static str),
    /// The method is none that a page answers.
    Method,
}

/// Why a page is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// There was none.
    Miss,
    /// The client refused the one there was.
    Request,
}

impl Status {
    /// Tells in a response what the cache did, unless it is to be silent; `made` is
    /// the status that the handler gave.
    pub(crate) fn tell<T>(&self, dumper: &Dumper, made: StatusCode, res: &mut HttpResponse<T>) {
        if dumper.cache_status {
            let changed = (made != res.status()).then_some(made);
            self.append_to(res.headers_mut(), changed);
        }
    }

    /// Adds the header, behind those of caches further in.
    ///
    /// `changed` is the status of the handler's response, if another one is sent.
    fn append_to(&self, headers: &mut HeaderMap, changed: Option<StatusCode>) {
        let value = match (self, self.ready(), changed) {
            (_, Some(ready), None) | (Self::Hit { .. }, Some(ready), _) => {
                Ok(HeaderValue::from_static(ready))
            }
            (Self::Hit { ttl: Some(ttl) }, None, None) => hit(*ttl),
            (_, _, None) => HeaderValue::from_str(&self.to_string()),
            (_, _, Some(changed)) => {
                let changed = changed.as_u16();
                HeaderValue::from_str(&format!("{self}; fwd-status={changed}"))
            }
        };
        if let Ok(value) = value {
            headers.append(CACHE_STATUS, value);
        }
    }

    /// What is told most, in writing.
    fn ready(&self) -> Option<&'static str> {
        Some(match self {
            Self::Hit { ttl: None } => "dumper; hit",
            Self::Stored(Why::Miss) => "dumper; fwd=miss; stored",
            Self::Streaming(Why::Miss) => "dumper; fwd=miss; detail=streaming",
            Self::Bypass("authorization") => "dumper; fwd=bypass; detail=authorization",
            Self::Bypass("cookie") => "dumper; fwd=bypass; detail=cookie",
            Self::Bypass("ignored") => "dumper; fwd=bypass; detail=ignored",
            Self::Bypass("session") => "dumper; fwd=bypass; detail=session",
            Self::Method => "dumper; fwd=method",
            _ => return None,
        })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hit { ttl: None } => f.write_str("dumper; hit"),
            Self::Hit { ttl: Some(ttl) } => write!(f, "dumper; hit; ttl={ttl}"),
            Self::Stored(why) => write!(f, "dumper; fwd={why}; stored"),
            Self::Streaming(why) => write!(f, "dumper; fwd={why}; detail=streaming"),
            Self::NotStored(why, reason) => {
                write!(f, "dumper; fwd={why}; detail={}", item(reason))
            }
            Self::OnlyIfCached => f.write_str("dumper; detail=only-if-cached"),
            Self::Bypass(reason) => write!(f, "dumper; fwd=bypass; detail={}", item(reason)),
            Self::Method => f.write_str("dumper; fwd=method"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Miss => "miss",
            Self::Request => "request",
        })
    }
}

/// The value for a page that is fresh for so many seconds more, with one allocation:
/// each hit of it comes here.
fn hit(ttl: u64) -> Result<HeaderValue, InvalidHeaderValue> {
    const BEGINNING: &str = "dumper; hit; ttl=";
    const DIGITS: usize = u64::MAX.ilog10() as usize + 1;

    let mut value = [0; BEGINNING.len() + DIGITS];
    let mut free = &mut value[..];
    write!(free, "{BEGINNING}{ttl}").expect("there is a place for each digit");
    let free = free.len();
    HeaderValue::from_bytes(&value[..value.len() - free])
}

/// A text as a structured field has it: a token, or else a string (RFC 9651
/// §3.3).
fn item(text: &str) -> String {
    let begins_token = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '*');
    let is_token =
        |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:/".contains(letter);
    if begins_token && text.chars().all(is_token) {
        return text.to_owned();
    }
    let letters = text.chars().map(|letter| match letter {
        '"' | '\\' => format!("\\{letter}"),
        ' '..='~' => letter.to_string(),
        _ => "?".to_owned(),
    });
    format!("\"{}\"", letters.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_token_or_a_string() {
        for (reason, written) in [
            ("set-cookie", "set-cookie"),
            ("status-404", "status-404"),
            ("404", "\"404\""),
            ("", "\"\""),
            ("a b", "\"a b\""),
            ("a \"b\\\"", "\"a \\\"b\\\\\\\"\""),
            ("naïve\r\n", "\"na?ve??\""),
        ] {
            assert_eq!(item(reason), written, "{reason}");
        }
    }

    #[test]
    fn what_is_ready_is_what_would_be_written() {
        let reasons = ["authorization", "cookie", "ignored", "session"];
        let others = [
            Status::Hit { ttl: None },
            Status::Stored(Why::Miss),
            Status::Streaming(Why::Miss),
            Status::Method,
        ];
        for status in reasons.map(Status::Bypass).into_iter().chain(others) {
            assert_eq!(status.ready(), Some(&*status.to_string()));
        }
    }

    #[test]
    fn a_hit_tells_how_long_it_is_fresh() {
        for ttl in [0, 60, u64::MAX] {
            let status = Status::Hit { ttl: Some(ttl) };
            let mut headers = HeaderMap::new();
            status.append_to(&mut headers, None);
            let line = headers.get(CACHE_STATUS).expect("it is told");
            assert_eq!(line, &status.to_string());
        }
    }

    #[test]
    fn another_status_than_the_handlers_is_told() {
        let mut headers = HeaderMap::new();
        Status::Stored(Why::Miss).append_to(&mut headers, None);
        Status::Stored(Why::Miss).append_to(&mut headers, Some(StatusCode::OK));
        let lines: Vec<_> = headers.get_all(CACHE_STATUS).collect();
        assert_eq!(
            lines,
            [
                "dumper; fwd=miss; stored",
                "dumper; fwd=miss; stored; fwd-status=200"
            ]
        );
    }
}
