//! What the header fields of a request tell the cache, read in one go.

use actix_web::http::header::{HeaderMap, HeaderValue};

use crate::meanings::{Field, Meanings};
use crate::origin::hides_delimiters;

/// What the header fields of a request tell.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a field of its own")]
pub(crate) struct Glance<'r> {
    pub(crate) host: Host<'r>,
    /// It asks for something other than a page.
    pub(crate) special: Option<Special>,
    pub(crate) is_authorized: bool,
    pub(crate) has_cookie: bool,
    /// A header is there that tells who the visitor is.
    pub(crate) has_credential: bool,
    /// A header is there that may make a handler believe in another URL.
    pub(crate) tells_other_url: bool,
    /// Proxies tell of the origin.
    pub(crate) tells_origin: bool,
    /// The client has something of the page already, or wants a part of it.
    pub(crate) is_conditional: bool,
    pub(crate) has_range: bool,
    pub(crate) has_cache_control: bool,
}

/// The `Host` of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Host<'r> {
    #[default]
    Missing,
    Is(&'r str),
    /// It is no text, or there are several.
    Unreadable,
}

/// What a request asks for that is no page, what comes first first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Special {
    Precondition,
    Upgrade,
    Body,
}

impl<'r> Glance<'r> {
    pub(crate) fn at(headers: &'r HeaderMap, meanings: &Meanings) -> Self {
        let mut glance = Self::default();
        for (name, value) in headers {
            let Some(meaning) = meanings.of(name.as_str()) else {
                continue;
            };
            glance.has_credential |= meaning.is_credential;
            glance.tells_other_url |= meaning.tells_other_url;
            glance.see(meaning.field, value);
        }
        glance
    }

    fn see(&mut self, field: Field, value: &'r HeaderValue) {
        match field {
            Field::Host => {
                self.host = match (&self.host, value.to_str()) {
                    (Host::Missing, Ok(host)) => Host::Is(host),
                    _ => Host::Unreadable,
                };
            }
            Field::Precondition => self.is_special(Special::Precondition),
            Field::Upgrade => self.is_special(Special::Upgrade),
            Field::ContentLength if value.as_bytes() == b"0" => {}
            Field::ContentLength | Field::TransferEncoding => self.is_special(Special::Body),
            Field::Authorization => self.is_authorized = true,
            Field::Cookie => self.has_cookie = true,
            Field::CacheControl => self.has_cache_control = true,
            Field::Range => self.has_range = true,
            Field::Condition => self.is_conditional = true,
            Field::Forwarded => {
                self.tells_origin = true;
                self.tells_other_url |= hides_delimiters(value);
            }
            Field::Origin => self.tells_origin = true,
            Field::Other => {}
        }
    }

    fn is_special(&mut self, special: Special) {
        self.special = Some(self.special.map_or(special, |known| known.min(special)));
    }
}
