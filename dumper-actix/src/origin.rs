//! What a request says of the origin that it was sent to.

use std::net::SocketAddr;
use std::sync::OnceLock;

use actix_web::dev::ConnectionInfo;
use actix_web::http::Version;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::uri::Authority;
use actix_web::{HttpMessage, HttpRequest};

use crate::dumper::Dumper;
use crate::names::is_among;

/// Headers by which a proxy or a client may tell another URL or method than the
/// request line does, of those that frameworks, servers and proxies are known to
/// read; those that begin with `x-` without that.
const OVERRIDES: [&str; 7] = [
    "base-url",
    "forwarded-*",
    "front-end-https",
    "http-url",
    "proxy-host",
    "proxy-url",
    "request-uri",
];

const X_OVERRIDES: [&str; 15] = [
    "envoy-original-*",
    "forwarded",
    "forwarded-*",
    "host",
    "http-*",
    "ingress-path",
    "method-override",
    "original-*",
    "proxy-host",
    "proxy-url",
    "replaced-path",
    "rewrite-*",
    "scheme",
    "script-name",
    "url-scheme",
];

/// What of `X-Forwarded-*` is in the key, or tells nothing but the client.
const FORWARDED: [&str; 3] = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"];

/// Headers by which a proxy tells the host or the scheme: they are in the key.
/// The last ones are those of Cloudflare, of Amazon's and of Fastly's networks, and of Azure.
const TELLING: [&str; 6] = [
    "x-forwarded-host",
    "x-forwarded-proto",
    "cf-visitor",
    "cloudfront-forwarded-proto",
    "fastly-ssl",
    "x-arr-ssl",
];

/// Scheme and host as handlers see them, without keeping them for the handlers: a
/// middleware further in may yet change what tells them.
pub(crate) fn connection_info(req: &HttpRequest) -> ConnectionInfo {
    let is_known = req.extensions().contains::<ConnectionInfo>();
    let found = req.connection_info();
    if is_known {
        return found.clone();
    }
    drop(found);
    let found = req.extensions_mut().remove();
    found.unwrap_or_else(|| req.connection_info().clone())
}

/// Why handlers may not agree on the URL that a request asks for.
pub(crate) fn doubt(dumper: &Dumper, req: &HttpRequest) -> Option<&'static str> {
    if names_other_host(req) {
        return Some("target");
    }
    if !is_readable_host(req) {
        return Some("host");
    }
    tells_other_url(dumper, req.headers()).then_some("forwarded-header")
}

/// All that the headers of proxies tell of the origin, with the host that they
/// hide: a handler may read any of these instead of `connection_info()`.
pub(crate) fn told(req: &HttpRequest) -> Option<String> {
    let headers = req.headers();
    let mut told = Vec::new();
    for name in TELLING {
        let lines = headers.get_all(name);
        told.extend(lines.map(|line| (name, line.as_bytes())));
    }
    for line in headers.get_all(header::FORWARDED) {
        let parameters = line.as_bytes().split(|byte| b",;".contains(byte));
        let parameters = parameters.map(<[u8]>::trim_ascii).filter(|parameter| {
            let name = parameter.split(|byte| *byte == b'=').next();
            let name = name.unwrap_or_default().to_ascii_lowercase();
            // These name the client and the proxies.
            !["", "for", "by"].map(str::as_bytes).contains(&&*name)
        });
        told.extend(parameters.map(|parameter| ("forwarded", parameter)));
    }
    if told.is_empty() {
        return None;
    }
    let host = headers.get(header::HOST);
    told.extend(host.map(|host| ("host", host.as_bytes())));
    told.extend(authority(req).map(|host| ("authority", host.as_bytes())));
    let told = told
        .iter()
        .map(|(name, value)| format!("{name}: \"{}\"", value.escape_ascii()));
    Some(told.collect::<Vec<_>>().join(", "))
}

/// Tells servers of a process apart that share a cache: a visitor chooses the host,
/// but not the server that he reaches. One of them, mostly the only one, needs no
/// name.
pub(crate) fn server(req: &HttpRequest) -> Option<String> {
    static UNNAMED: OnceLock<SocketAddr> = OnceLock::new();

    let addr = req.app_config().local_addr();
    let unnamed = UNNAMED.get_or_init(|| addr);
    (addr != *unnamed).then(|| format!("server {addr}"))
}

/// Tells requests apart that name their host in another place than most, since
/// handlers may look for it there, or print the whole target.
pub(crate) fn form(req: &HttpRequest) -> Option<String> {
    let has_field = req.headers().contains_key(header::HOST);
    let form = match (has_field, req.uri().authority()) {
        (true, None) => return None,
        (true, Some(_)) => "host, authority",
        (false, Some(_)) => "authority",
        (false, None) => "no host",
    };
    Some(form.to_owned())
}

/// Whether the request line names a host besides the `Host` header, so that a
/// handler may see another one than the key has.
fn names_other_host(req: &HttpRequest) -> bool {
    let host = req.headers().get(header::HOST);
    let Some(authority) = req.uri().authority() else {
        // Over HTTP/2 `guard::Host` reads the authority alone, which may be missing.
        return req.version() >= Version::HTTP_2 && host.is_some();
    };
    req.version() < Version::HTTP_2
        || host.is_some_and(|host| host.as_bytes() != authority.as_str().as_bytes())
}

/// Whether all handlers find the same host in a request.
fn is_readable_host(req: &HttpRequest) -> bool {
    let mut lines = req.headers().get_all(header::HOST);
    let is_text = lines.next().is_none_or(|host| host.to_str().is_ok());
    // A target cannot be shown to them in lower case.
    let is_lower = authority(req).is_none_or(|host| host.to_ascii_lowercase() == host);
    is_text && is_lower && lines.next().is_none()
}

/// What may make a handler believe in another URL.
fn tells_other_url(dumper: &Dumper, headers: &HeaderMap) -> bool {
    let tells = |name: &HeaderName| {
        let name = name.as_str();
        let is_override = match name.strip_prefix("x-") {
            Some(rest) => is_among(rest, &X_OVERRIDES) && !FORWARDED.contains(&name),
            None => is_among(name, &OVERRIDES),
        };
        is_override && !is_among(name, &dumper.harmless_headers)
    };
    let is_ambiguous = headers.get_all(header::FORWARDED).any(hides_delimiters);
    is_ambiguous || headers.keys().any(tells)
}

/// Whether a `Forwarded` is read in one way by those who look at its quotes
/// (RFC 7239 §4) and in another by those who do not.
fn hides_delimiters(forwarded: &HeaderValue) -> bool {
    let parts: Vec<&[u8]> = forwarded.as_bytes().split(|byte| *byte == b'"').collect();
    let mut quoted = parts.iter().skip(1).step_by(2).copied().flatten();
    parts.len().is_multiple_of(2)
        || forwarded.as_bytes().contains(&b'\\')
        || quoted.any(|byte| b",;".contains(byte))
}

fn authority(req: &HttpRequest) -> Option<&str> {
    req.uri().authority().map(Authority::as_str)
}
