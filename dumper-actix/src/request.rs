//! Which requests a page may answer, and which page.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName, Quality};
use actix_web::http::{Method, Version};
use dumper::Key;

use crate::accepted::Accepted;
use crate::cookies::is_among;
use crate::dumper::Dumper;
use crate::status::Status;

/// Headers by which a proxy or a client may tell another URL or method than the
/// request line does.
const OVERRIDES: [&str; 8] = [
    "x-original-url",
    "x-original-uri",
    "x-original-host",
    "x-rewrite-url",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-host",
];

/// With the name of a coding behind it, what selects a page that was rendered in
/// this coding.
pub(crate) const ACCEPTS: &str = ":accepts ";

/// What of `X-Forwarded-*` is in the key, or tells nothing but the client.
const FORWARDED: [&str; 3] = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"];

/// What is answered from the page, so that the render need not see it.
pub(crate) const CONDITIONS: [HeaderName; 4] = [
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_RANGE,
    header::RANGE,
];

/// Returns the key of the page that a request asks for.
///
/// # Errors
///
/// Returns why it is not for the cache.
pub(crate) fn key(dumper: &Dumper, req: &HttpRequest) -> Result<Key, Status> {
    if req.method() != Method::GET && req.method() != Method::HEAD {
        return Err(Status::Method);
    }
    let bypass = |reason| Err(Status::Bypass(reason));
    if let Some(reason) = special(req.headers()) {
        return bypass(reason);
    }
    if names_other_host(req) {
        return bypass("target");
    }
    if let Some(reason) = credential(dumper, req) {
        return bypass(reason);
    }
    if let Some(reason) = other_url(dumper, req.headers()) {
        return bypass(reason);
    }
    let connection = req.connection_info();
    // Any other was made up by a visitor.
    if !["http", "https"].contains(&connection.scheme()) {
        return bypass("scheme");
    }
    let host = connection.host().to_ascii_lowercase();
    let key = Key::new(connection.scheme(), &host, req.path(), req.uri().query());
    let Some(key) = key else {
        return bypass("malformed-path");
    };
    if !dumper.covers(key.path()) {
        return bypass("ignored");
    }
    let told = told_origin(req.headers());
    if !dumper.hosts.admit(&host, told.as_deref()) {
        return bypass("host");
    }
    Ok(key.told(told))
}

/// All that the headers of proxies tell of the origin, with the `Host` that they
/// hide: a handler may read any of these instead of `connection_info()`.
fn told_origin(headers: &HeaderMap) -> Option<String> {
    let mut told = Vec::new();
    for name in ["x-forwarded-host", "x-forwarded-proto"] {
        told.extend(header_value(headers, name).map(|value| (name, value)));
    }
    for line in headers.get_all(header::FORWARDED) {
        // The other parameters name the client and the proxies.
        let parameters = line.as_bytes().split(|byte| b",;".contains(byte));
        let parameters = parameters.map(<[u8]>::trim_ascii).filter(|parameter| {
            let name = parameter.split(|byte| *byte == b'=').next();
            name.is_some_and(|name| {
                name.eq_ignore_ascii_case(b"host") || name.eq_ignore_ascii_case(b"proto")
            })
        });
        told.extend(parameters.map(|parameter| ("forwarded", parameter.to_vec())));
    }
    if told.is_empty() {
        return None;
    }
    told.extend(header_value(headers, "host").map(|value| ("host", value)));
    let told = told
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.escape_ascii()));
    Some(told.collect::<Vec<_>>().join(", "))
}

/// Whether a request asks for parts of a page: nothing is stored of what the
/// handler makes of that. Only `GET` has parts (RFC 9110 §14.2).
pub(crate) fn asks_for_parts(req: &HttpRequest) -> bool {
    req.method() == Method::GET && req.headers().contains_key(header::RANGE)
}

/// The value of a header, its lines joined; or, by the name of none, whether the
/// client takes a [coding](ACCEPTS).
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
    Some(value)
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

/// Whether the request line names a host besides the `Host` header, so that a
/// handler may see another one than the key has.
fn names_other_host(req: &HttpRequest) -> bool {
    let Some(authority) = req.uri().authority() else {
        return false;
    };
    let host = req.headers().get(header::HOST);
    req.version() < Version::HTTP_2
        || host.is_some_and(|host| host.as_bytes() != authority.as_str().as_bytes())
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
    let mut names = headers.keys();
    let credential = names.any(|name| is_among(name.as_str(), &dumper.credential_headers));
    credential.then_some("credential-header")
}

/// What may make a handler believe in another URL.
fn other_url(dumper: &Dumper, headers: &HeaderMap) -> Option<&'static str> {
    let tells = |name: &HeaderName| {
        let name = name.as_str();
        let is_override = OVERRIDES.contains(&name)
            || (name.starts_with("x-forwarded-") && !FORWARDED.contains(&name));
        is_override && !dumper.harmless_headers.contains(name)
    };
    headers.keys().any(tells).then_some("forwarded-header")
}
