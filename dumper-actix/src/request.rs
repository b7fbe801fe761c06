//! Which requests a page may answer, and which page.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue, Quality};
use dumper::KeyRef;

use crate::accepted::Accepted;
#[cfg(feature = "session")]
use crate::cookies::may_name_session;
use crate::dumper::Dumper;
use crate::fields::normalized;
use crate::glance::{Glance, Special};
use crate::hosts::LastHost;
use crate::meanings::Meanings;
use crate::origin::{self, Origin};
#[cfg(feature = "session")]
use crate::session;
use crate::status::Status;
use crate::target::{Target, with_query};

/// With the name of a coding behind it, what selects a page that was rendered in
/// this coding.
pub(crate) const ACCEPTS: &str = ":accepts ";

/// What a request asks the cache for.
#[derive(Debug)]
pub(crate) struct Asked<'r> {
    pub(crate) key: KeyRef<'r>,
    /// What a render is to see.
    pub(crate) target: Target,
    pub(crate) glance: Glance<'r>,
}

impl<'r> Asked<'r> {
    /// Reads the page that a request asks for.
    ///
    /// # Errors
    ///
    /// Returns why it is not for the cache.
    pub(crate) fn by(
        dumper: &Dumper,
        last: &LastHost,
        meanings: &Meanings,
        req: &'r HttpRequest,
    ) -> Result<Self, Status> {
        if req.method() != Method::GET && req.method() != Method::HEAD {
            return Err(Status::Method);
        }
        let bypass = |reason| Err(Status::Bypass(reason));
        let glance = Glance::at(req.headers(), meanings);
        if let Some(special) = glance.special {
            return bypass(match special {
                Special::Precondition => "precondition",
                Special::Upgrade => "upgrade",
                Special::Body => "request-body",
            });
        }
        if let Some(reason) = credential(dumper, req, &glance) {
            return bypass(reason);
        }
        if let Some(reason) = origin::doubt(req, &glance) {
            return bypass(reason);
        }
        let Some(Origin { scheme, host, told }) = Origin::of(req, &glance) else {
            return bypass("scheme");
        };
        let mut target = Target::default();
        let Ok(query) = dumper.query.keyed(req.uri().query()) else {
            return bypass("query");
        };
        if query.as_deref() != req.uri().query() {
            target.uri = with_query(req.uri(), query.as_deref()).map(Box::new);
            if target.uri.is_none() {
                return bypass("query");
            }
        }
        let has_capitals = host.bytes().any(|byte| byte.is_ascii_uppercase());
        let host = if has_capitals {
            Cow::Owned(host.to_ascii_lowercase())
        } else {
            host
        };
        let Some(mut key) = KeyRef::new(scheme, host, req.path(), query) else {
            return bypass("malformed-path");
        };
        if !dumper.covers(key.path()) {
            return bypass("ignored");
        }
        if !dumper
            .hosts
            .admit(last, scheme, key.host(), told.as_deref())
        {
            return bypass("host");
        }
        if told.is_none() && has_capitals {
            target.host = HeaderValue::from_str(key.host()).ok().map(Box::new);
        }
        if let Some(told) = origin::distinction(told, req, &glance) {
            key.tell(told);
        }
        Ok(Self {
            key,
            target,
            glance,
        })
    }
}

/// The value of a header, its lines joined, in the form in which values that mean
/// the same are equal; or, by the name of none, whether the client takes a
/// [coding](ACCEPTS).
pub(crate) fn header_value<'r>(headers: &'r HeaderMap, name: &str) -> Option<Cow<'r, [u8]>> {
    if let Some(coding) = name.strip_prefix(ACCEPTS) {
        let accepts = Accepted::by(headers).quality(coding) > Quality::ZERO;
        return accepts.then_some(Cow::Borrowed(b"yes"));
    }
    let mut lines = headers.get_all(name);
    let mut value = Cow::Borrowed(lines.next()?.as_bytes());
    for line in lines {
        value.to_mut().extend_from_slice(b", ");
        value.to_mut().extend_from_slice(line.as_bytes());
    }
    Some(normalized(name, value))
}

/// What tells who the visitor is.
fn credential(dumper: &Dumper, req: &HttpRequest, glance: &Glance<'_>) -> Option<&'static str> {
    if glance.is_authorized {
        return Some("authorization");
    }
    if glance.has_cookie {
        let cookies = || req.headers().get_all(header::COOKIE);
        if cookies().any(|cookies| dumper.cookies.count_in(cookies.as_bytes())) {
            return Some("cookie");
        }
        // Without a cookie there is no session that is known by one, and to ask for it
        // makes one: this would cost every hit of those whom somebody counts.
        #[cfg(feature = "session")]
        if cookies().any(|cookies| may_name_session(cookies.as_bytes()))
            && session::holds_something(req)
        {
            return Some("session");
        }
    }
    glance.has_credential.then_some("credential-header")
}
