//! What a request says of the origin that it was sent to.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::OnceLock;

use actix_web::dev::ConnectionInfo;
use actix_web::http::Version;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::uri::{Authority, Scheme};
use actix_web::{HttpMessage, HttpRequest};

use crate::glance::{Glance, Host};

/// Headers by which a proxy tells the host or the scheme: they are in the key.
/// The last ones are those of Cloudflare, of Amazon's and of Fastly's networks, and of Azure.
static TELLING: [HeaderName; 6] = [
    X_FORWARDED_HOST,
    X_FORWARDED_PROTO,
    HeaderName::from_static("cf-visitor"),
    HeaderName::from_static("cloudfront-forwarded-proto"),
    HeaderName::from_static("fastly-ssl"),
    HeaderName::from_static("x-arr-ssl"),
];

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

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
        let told = glance.tells_origin.then(|| told(req)).flatten();
        let is_known = req.extensions().contains::<ConnectionInfo>();
        let is_forwarded = glance.tells_origin && req.headers().contains_key(header::FORWARDED);
        let (scheme, host) = if is_known || is_forwarded {
            let connection = connection_info(req);
            let host = connection.host().to_owned();
            (known_scheme(connection.scheme())?, host.into())
        } else {
            (known_scheme(scheme(req, glance))?, host(req, glance).into())
        };
        Some(Self { scheme, host, told })
    }
}

/// The scheme as handlers see it, without a `Forwarded`. What they see is copied in
/// [`ConnectionInfo`], which would cost every hit.
fn scheme<'r>(req: &'r HttpRequest, glance: &Glance<'r>) -> &'r str {
    let told = glance.tells_origin.then(|| first(req, &X_FORWARDED_PROTO));
    let named = || req.uri().scheme().map(Scheme::as_str);
    let is_secure = req.app_config().secure();
    let own = if is_secure { "https" } else { "http" };
    told.flatten().or_else(named).unwrap_or(own)
}

/// The host as handlers see it, without a `Forwarded`.
fn host<'r>(req: &'r HttpRequest, glance: &Glance<'r>) -> &'r str {
    let told = glance.tells_origin.then(|| first(req, &X_FORWARDED_HOST));
    let named = || match glance.host {
        Host::Is(host) => Some(host),
        Host::Missing | Host::Unreadable => authority(req),
    };
    let told = told.flatten().or_else(named);
    told.unwrap_or_else(|| req.app_config().host())
}

/// The first value of a header that is a list.
fn first<'r>(req: &'r HttpRequest, name: &HeaderName) -> Option<&'r str> {
    let list = req.headers().get(name)?.to_str().ok()?;
    list.split(',').next().map(str::trim)
}

/// `None` for a scheme that a visitor has made up.
fn known_scheme(scheme: &str) -> Option<&'static str> {
    match scheme {
        "https" => Some("https"),
        "http" => Some("http"),
        _ => None,
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
    let mut told = String::new();
    for name in &TELLING {
        for line in headers.get_all(name) {
            tell(&mut told, name.as_str(), line.as_bytes());
        }
    }
    for line in headers.get_all(header::FORWARDED) {
        let parameters = line.as_bytes().split(|byte| b",;".contains(byte));
        for parameter in parameters.map(<[u8]>::trim_ascii) {
            let name = parameter.split(|byte| *byte == b'=').next();
            let name = name.unwrap_or_default();
            // These name the client and the proxies.
            let is_other = ["", "for", "by"]
                .iter()
                .any(|other| name.eq_ignore_ascii_case(other.as_bytes()));
            if !is_other {
                tell(&mut told, "forwarded", parameter);
            }
        }
    }
    if told.is_empty() {
        return None;
    }
    if let Some(host) = headers.get(header::HOST) {
        tell(&mut told, "host", host.as_bytes());
    }
    if let Some(host) = authority(req) {
        tell(&mut told, "authority", host.as_bytes());
    }
    Some(told)
}

fn tell(told: &mut String, name: &str, value: &[u8]) {
    if told.is_empty() {
        // Enough for a scheme and most hosts.
        told.reserve(128);
    } else {
        told.push_str(", ");
    }
    // A string takes all that is written to it.
    let _ = write!(told, "{name}: \"{}\"", value.escape_ascii());
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

#[cfg(test)]
mod tests {
    use actix_web::http::Uri;
    use actix_web::test::TestRequest;
    use proptest::prelude::*;

    use super::*;
    use crate::dumper::Dumper;
    use crate::meanings::Meanings;

    proptest! {
        #[test]
        fn scheme_and_host_are_those_of_connection_info(
            target in "(https?://[a-b:]{1,3})?/",
            fields in prop::collection::vec((0..4_usize, "(https?|[a-b]|[, \\t:é]){0,3}"), 0..4),
        ) {
            let names = ["host", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-for"];
            prop_assume!(target.parse::<Uri>().is_ok());
            let mut request = TestRequest::with_uri(&target);
            for (name, value) in fields {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    request = request.append_header((names[name], value));
                }
            }
            let req = request.to_http_request();
            let glance = Glance::at(req.headers(), &Meanings::new(&Dumper::default()));
            prop_assume!(glance.host != Host::Unreadable);
            let found = Origin::of(&req, &glance).map(|origin| (origin.scheme, origin.host));
            let connection = connection_info(&req);
            let scheme = known_scheme(connection.scheme());
            let expected = scheme.map(|scheme| (scheme, connection.host().into()));
            prop_assert_eq!(found, expected);
        }
    }
}
