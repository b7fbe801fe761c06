//! The statuses whose responses are stored.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use actix_web::http::StatusCode;

/// Those that a cache may store of its own accord (RFC 9110 §15.1), but 206, of
/// which a page is a part.
const CACHEABLE: [u16; 11] = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501];

/// The statuses whose responses are stored.
#[derive(Clone, Debug)]
pub(crate) struct Statuses(Arc<[u16]>);

/// A status whose responses cannot be stored; see
/// [`Dumper::statuses`](crate::Dumper::statuses).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotCacheable {
    status: u16,
}

impl Statuses {
    pub(crate) fn listed(statuses: impl IntoIterator<Item = u16>) -> Result<Self, NotCacheable> {
        let statuses = statuses.into_iter().map(|status| {
            let cacheable = CACHEABLE.contains(&status);
            cacheable.then_some(status).ok_or(NotCacheable { status })
        });
        Ok(Self(statuses.collect::<Result<_, _>>()?))
    }

    pub(crate) fn include(&self, status: StatusCode) -> bool {
        self.0.contains(&status.as_u16())
    }
}

impl Default for Statuses {
    fn default() -> Self {
        Self([200].into())
    }
}

impl fmt::Display for NotCacheable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status } = self;
        write!(f, "responses with status {status} cannot be stored")
    }
}

impl Error for NotCacheable {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_cacheable_by_itself_is_taken() {
        assert!(Statuses::listed(CACHEABLE).is_ok());
        for status in [
            0, 100, 201, 206, 302, 303, 304, 307, 400, 401, 403, 429, 500, 503, 999,
        ] {
            let err = Statuses::listed([200, status]).unwrap_err();
            let expected = format!("responses with status {status} cannot be stored");
            assert_eq!(err.to_string(), expected);
        }
    }
}
