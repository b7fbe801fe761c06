//! Which requests a page may answer, and which page.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue, Quality};
use dumper::Key;

use crate::accepted::Accepted;
use crate::dumper::Dumper;
use crate::fields::normalized;
use crate::names::is_among;
use crate::origin;
#[cfg(feature = "session")]
use crate::session;
use crate::status::Status;
use crate::target::{Target, with_query};

/// With the name of a coding behind it, what selects a page that was rendered in
/// this coding.
pub(crate) const ACCEPTS: &str = ":accepts ";

/// Returns the key of the page that a request asks for, and what a render of it
/// is to see.
///
/// # Errors
///
/// Returns why it is not for the cache.
pub(crate) fn key(dumper: &Dumper, req: &HttpRequest) -> Result<(Key, Target), Status> {
    if req.method() != Method::GET && req.method() != Method::HEAD {
        return Err(Status::Method);
    }
    let bypass = |reason| Err(Status::Bypass(reason));
    if let Some(reason) = special(req.headers()) {
        return bypass(reason);
    }
    if let Some(reason) = credential(dumper, req) {
        return bypass(reason);
    }
    if let Some(reason) = origin::doubt(dumper, req) {
        return bypass(reason);
    }
    let connection = origin::connection_info(req);
    let scheme = connection.scheme();
    // Any other was made up by a visitor.
    if !["http", "https"].contains(&scheme) {
        return bypass("scheme");
    }
    let mut target = Target::default();
    let Ok(query) = dumper.query.keyed(req.uri().query()) else {
        return bypass("query");
    };
    if query.as_deref() != req.uri().query() {
        target.uri = with_query(req.uri(), query.as_deref());
        if target.uri.is_none() {
            return bypass("query");
        }
    }
    let host = connection.host().to_ascii_lowercase();
    let Some(key) = Key::new(scheme, &host, req.path(), query.as_deref()) else {
        return bypass("malformed-path");
    };
    if !dumper.covers(key.path()) {
        return bypass("ignored");
    }
    let told = origin::told(req);
    if !dumper.hosts.admit(scheme, &host, told.as_deref()) {
        return bypass("host");
    }
    if told.is_none() && host != connection.host() {
        target.host = HeaderValue::from_str(&host).ok();
    }
    let told = told.or_else(|| origin::form(req)).into_iter();
    let told: Vec<String> = told.chain(origin::server(req)).collect();
    let told = (!told.is_empty()).then(|| told.join(", "));
    Ok((key.told(told), target))
}

/// Whether a request asks for parts of a page: nothing is stored of what the
/// handler makes of that. Only `GET` has parts (RFC 9110 §14.2).
pub(crate) fn asks_for_parts(req: &HttpRequest) -> bool {
    req.method() == Method::GET && req.headers().contains_key(header::RANGE)
}

/// The value of a header, its lines joined, in the form in which values that mean
/// the same are equal; or, by the name of none, whether the client takes a
/// [coding](ACCEPTS).
pub(crate) fn header_value(headers: &HeaderMap, name: &str) -> Option<Vec<u8>> {
    if let Some(coding) = name.strip_prefix(ACCEPTS) {
        let accepts = Accepted::by(headers).quality(coding) > Quality::ZERO;
        return accepts.then(|| b"yes".to_vec());
    }
    let mut lines = headers.get_all(name);
    let mut value = lines.next()?.as_bytes().to_vec();
    for line in lines {
        value.extend_from_slice(b", ");
        value.extend_from_slice(line.as_bytes());
    }
    Some(normalized(name, value))
}

/// What asks for something other than a page.
fn special(headers: &HeaderMap) -> Option<&'static str> {
    if headers.contains_key(header::IF_MATCH) || headers.contains_key(header::IF_UNMODIFIED_SINCE) {
        return Some("precondition");
    }
    if headers.contains_key(header::UPGRADE) {
        return Some("upgrade");
    }
    let has_length = headers
        .get_all(header::CONTENT_LENGTH)
        .any(|length| length.as_bytes() != b"0");
    (has_length || headers.contains_key(header::TRANSFER_ENCODING)).then_some("request-body")
}

/// What tells who the visitor is.
fn credential(dumper: &Dumper, req: &HttpRequest) -> Option<&'static str> {
    let headers = req.headers();
    if headers.contains_key(header::AUTHORIZATION)
        || headers.contains_key(header::PROXY_AUTHORIZATION)
    {
        return Some("authorization");
    }
    let mut cookies = headers.get_all(header::COOKIE);
    if cookies.any(|cookies| dumper.cookies.count_in(cookies.as_bytes())) {
        return Some("cookie");
    }
    // Without a cookie there is no session that is known by one, and to ask for it
    // would cost every hit.
    #[cfg(feature = "session")]
    if headers.contains_key(header::COOKIE) && session::holds_something(req) {
        return Some("session");
    }
    let mut names = headers.keys();
    let credential = names.any(|name| is_among(name.as_str(), &dumper.credential_headers));
    credential.then_some("credential-header")
}
