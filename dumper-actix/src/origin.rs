//! What a request says of the origin that it was sent to.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::OnceLock;

use actix_web::dev::ConnectionInfo;
use actix_web::http::Version;
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::uri::Authority;
use actix_web::{HttpMessage, HttpRequest};

use crate::glance::{Glance, Host};

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

/// Where a request was sent.
#[derive(Debug)]
pub(crate) struct Origin<'r> {
    pub(crate) scheme: &'static str,
    /// As handlers see it.
    pub(crate) host: Cow<'r, str>,
    /// What proxies tell of it.
    pub(crate) told: Option<String>,
}

impl<'r> Origin<'r> {
    /// Scheme and host as handlers see them, and what else tells of them. `None` for
    /// a scheme that a visitor has made up.
    pub(crate) fn of(req: &'r HttpRequest, glance: &Glance<'r>) -> Option<Self> {
        if let Host::Is(host) = glance.host
            && is_told_by_host(req, glance)
        {
            let is_secure = req.app_config().secure();
            return Some(Self {
                scheme: if is_secure { "https" } else { "http" },
                host: host.into(),
                told: None,
            });
        }
        let connection = connection_info(req);
        let scheme = match connection.scheme() {
            "https" => "https",
            "http" => "http",
            _ => return None,
        };
        Some(Self {
            scheme,
            host: connection.host().to_owned().into(),
            told: glance.tells_origin.then(|| told(req)).flatten(),
        })
    }
}

/// What selects a page besides scheme and host: what proxies tell, or else how the
/// request names its host, and which server it has reached.
pub(crate) fn distinction(
    told: Option<String>,
    req: &HttpRequest,
    glance: &Glance<'_>,
) -> Option<String> {
    let told = told.or_else(|| form(req, glance));
    match (told, server(req)) {
        (Some(told), Some(server)) => Some(format!("{told}, {server}")),
        (told, server) => told.or(server),
    }
}

/// Whether nothing tells of the origin but `Host`.
fn is_told_by_host(req: &HttpRequest, glance: &Glance<'_>) -> bool {
    let uri = req.uri();
    !glance.tells_origin
        && uri.authority().is_none()
        && uri.scheme().is_none()
        && !req.extensions().contains::<ConnectionInfo>()
}

/// Why handlers may not agree on the URL that a request asks for.
pub(crate) fn doubt(req: &HttpRequest, glance: &Glance<'_>) -> Option<&'static str> {
    if names_other_host(req, glance.host) {
        return Some("target");
    }
    if !is_readable_host(req, glance.host) {
        return Some("host");
    }
    glance.tells_other_url.then_some("forwarded-header")
}

/// All that the headers of proxies tell of the origin, with the host that they
/// hide: a handler may read any of these instead of `connection_info()`.
fn told(req: &HttpRequest) -> Option<String> {
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
fn server(req: &HttpRequest) -> Option<String> {
    static UNNAMED: OnceLock<SocketAddr> = OnceLock::new();

    let addr = req.app_config().local_addr();
    let unnamed = UNNAMED.get_or_init(|| addr);
    (addr != *unnamed).then(|| format!("server {addr}"))
}

/// Tells requests apart that name their host in another place than most, since
/// handlers may look for it there, or print the whole target.
fn form(req: &HttpRequest, glance: &Glance<'_>) -> Option<String> {
    let form = match (glance.host != Host::Missing, req.uri().authority()) {
        (true, None) => return None,
        (true, Some(_)) => "host, authority",
        (false, Some(_)) => "authority",
        (false, None) => "no host",
    };
    Some(form.to_owned())
}

/// Whether the request line names a host besides the `Host` header, so that a
/// handler may see another one than the key has.
fn names_other_host(req: &HttpRequest, host: Host<'_>) -> bool {
    let is_http_2 = req.version() >= Version::HTTP_2;
    match (authority(req), host) {
        // Over HTTP/2 `guard::Host` reads the authority alone, which may be missing.
        (None, host) => is_http_2 && host != Host::Missing,
        (Some(_), Host::Missing) => !is_http_2,
        (Some(authority), Host::Is(host)) => !is_http_2 || host != authority,
        (Some(_), Host::Unreadable) => true,
    }
}

/// Whether all handlers find the same host in a request.
fn is_readable_host(req: &HttpRequest, host: Host<'_>) -> bool {
    let has_capitals = |host: &str| host.bytes().any(|byte| byte.is_ascii_uppercase());
    // A target cannot be shown to them in lower case.
    host != Host::Unreadable && !authority(req).is_some_and(has_capitals)
}

/// Whether a `Forwarded` is read in one way by those who look at its quotes
/// (RFC 7239 §4) and in another by those who do not.
pub(crate) fn hides_delimiters(forwarded: &HeaderValue) -> bool {
    let parts: Vec<&[u8]> = forwarded.as_bytes().split(|byte| *byte == b'"').collect();
    let mut quoted = parts.iter().skip(1).step_by(2).copied().flatten();
    parts.len().is_multiple_of(2)
        || forwarded.as_bytes().contains(&b'\\')
        || quoted.any(|byte| b",;".contains(byte))
}

fn authority(req: &HttpRequest) -> Option<&str> {
    req.uri().authority().map(Authority::as_str)
}
