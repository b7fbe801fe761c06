//! What the header fields of a request tell the cache, read in one go.

use actix_web::http::header::HeaderMap;

use crate::dumper::Dumper;
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
    pub(crate) fn at(headers: &'r HeaderMap, dumper: &Dumper) -> Self {
        let mut glance = Self::default();
        for (name, value) in headers {
            let name = name.as_str();
            match name {
                "host" => {
                    glance.host = match (&glance.host, value.to_str()) {
                        (Host::Missing, Ok(host)) => Host::Is(host),
                        _ => Host::Unreadable,
                    };
                }
                "if-match" | "if-unmodified-since" => glance.is_special(Special::Precondition),
                "upgrade" => glance.is_special(Special::Upgrade),
                "content-length" if value.as_bytes() == b"0" => {}
                "content-length" | "transfer-encoding" => glance.is_special(Special::Body),
                "authorization" | "proxy-authorization" => glance.is_authorized = true,
                "cookie" => glance.has_cookie = true,
                "cache-control" => glance.has_cache_control = true,
                "range" => glance.has_range = true,
                "if-none-match" | "if-modified-since" | "if-range" => {
                    glance.is_conditional = true;
                }
                "forwarded" => {
                    glance.tells_origin = true;
                    glance.tells_other_url |= hides_delimiters(value);
                }
                // Those of Cloudflare, of Amazon's and of Fastly's networks, and of
                // Azure come last.
                "x-forwarded-host"
                | "x-forwarded-proto"
                | "cf-visitor"
                | "cloudfront-forwarded-proto"
                | "fastly-ssl"
                | "x-arr-ssl" => glance.tells_origin = true,
                _ => {}
            }
            glance.has_credential |= dumper.credential_headers.has(name);
            glance.tells_other_url |=
                may_tell_other_url(name) && !dumper.harmless_headers.has(name);
        }
        glance
    }

    fn is_special(&mut self, special: Special) {
        self.special = Some(self.special.map_or(special, |known| known.min(special)));
    }
}

/// Whether a proxy or a client may tell another URL or method by a header than the
/// request line does, of those that frameworks, servers and proxies are known to read.
/// What of `X-Forwarded-*` is in the key, or tells nothing but the client, is not
/// among them.
fn may_tell_other_url(name: &str) -> bool {
    let Some(name) = name.strip_prefix("x-") else {
        let is_known = matches!(
            name,
            "base-url"
                | "front-end-https"
                | "http-url"
                | "proxy-host"
                | "proxy-url"
                | "request-uri"
        );
        return is_known || name.starts_with("forwarded-");
    };
    match name {
        "forwarded-for" | "forwarded-host" | "forwarded-proto" => false,
        "forwarded" | "host" | "ingress-path" | "method-override" | "proxy-host" | "proxy-url"
        | "replaced-path" | "scheme" | "script-name" | "url-scheme" => true,
        _ => [
            "envoy-original-",
            "forwarded-",
            "http-",
            "original-",
            "rewrite-",
        ]
        .iter()
        .any(|beginning| name.starts_with(beginning)),
    }
}
