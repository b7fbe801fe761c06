//! Which responses are stored, and what of them.

use std::time::{Duration, SystemTime};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use bytes::Bytes;
use dumper::Page;

use crate::dumper::BrowserCache;
use crate::fields::tokens;
use crate::freshness::{CDN_CACHE_CONTROL, Freshness, forbidding_directive, freshness};
use crate::request::{ACCEPTS, header_value};

/// Fields that concern one connection, or that the encoder writes.
const HOP_BY_HOP: [&str; 11] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "age",
];

/// All of a page but its body.
#[derive(Debug)]
pub(crate) struct Head {
    status: StatusCode,
    headers: Vec<(String, Bytes)>,
    vary: Vec<(String, Option<Vec<u8>>)>,
    /// How long it is still fresh, and how old it is.
    lifetime: Option<(Duration, Duration)>,
}

impl Head {
    /// Takes what is stored of a response, once [`fit`] has found nothing
    /// against it.
    pub(crate) fn of(
        status: StatusCode,
        response: &HeaderMap,
        fit: Fit,
        request: &HeaderMap,
    ) -> Self {
        let vary = fit.vary.into_iter();
        Self {
            status,
            headers: stored_headers(response, fit.lifetime),
            vary: vary
                .map(|name| {
                    let value = header_value(request, &name);
                    (name, value)
                })
                .collect(),
            lifetime: fit.lifetime,
        }
    }

    pub(crate) fn with_body(mut self, body: Bytes) -> Page {
        let has_etag = self.headers.iter().any(|(name, _)| name == "etag");
        if !has_etag {
            let etag = crate::conditions::etag_of(&body);
            let etag = Bytes::copy_from_slice(etag.as_bytes());
            self.headers.push(("etag".to_owned(), etag));
        }
        let page = Page::new(self.status.as_u16(), self.headers, body).vary(self.vary);
        match self.lifetime {
            Some((left, age)) => page.fresh_for(left, age),
            None => page,
        }
    }
}

/// What a response that may be stored says of it.
#[derive(Debug)]
pub(crate) struct Fit {
    /// How long it is still fresh, and how old it is.
    lifetime: Option<(Duration, Duration)>,
    /// The request headers that select it.
    vary: Vec<String>,
}

impl Fit {
    /// Says that the render did not see which codings the client takes, so that
    /// they did not select it.
    pub(crate) fn ignore_codings(&mut self) {
        self.vary.retain(|name| name != "accept-encoding");
    }
}

/// Whether a response may be stored (RFC 9111 §3).
///
/// # Errors
///
/// Returns why not.
pub(crate) fn fit(
    status: StatusCode,
    headers: &HeaderMap,
    request: &HeaderMap,
) -> Result<Fit, String> {
    if status != StatusCode::OK {
        return Err(format!("status-{}", status.as_u16()));
    }
    let refused = |reason: &str| Err(reason.to_owned());
    if headers.contains_key(header::SET_COOKIE) {
        return refused("set-cookie");
    }
    if headers.contains_key(header::CONTENT_RANGE) {
        return refused("content-range");
    }
    for field in [header::CACHE_CONTROL, CDN_CACHE_CONTROL] {
        if let Some(directive) = forbidding_directive(headers, &field) {
            return refused(directive);
        }
    }
    let content_type = headers.get(header::CONTENT_TYPE);
    if content_type.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return refused("event-stream");
    }
    let Some(mut vary) = tokens(headers, &header::VARY) else {
        return refused("unreadable-vary");
    };
    if vary.iter().any(|name| name == "*") {
        return refused("vary-star");
    }
    // Nobody else gets a coding that he did not ask for, whatever `Vary` says.
    let Some(codings) = tokens(headers, &header::CONTENT_ENCODING) else {
        return refused("content-encoding");
    };
    for coding in codings.iter().filter(|coding| *coding != "identity") {
        let accepts = format!("{ACCEPTS}{coding}");
        if header_value(request, &accepts).is_none() {
            return refused("content-encoding");
        }
        vary.push(accepts);
    }
    // Nor what another origin is allowed.
    if is_for_an_origin(headers) {
        vary.push(header::ORIGIN.as_str().to_owned());
    }
    vary.sort_unstable();
    vary.dedup();
    let lifetime = match freshness(headers) {
        Freshness::Unsaid if is_file(headers) => return refused("accept-ranges"),
        Freshness::Unsaid => None,
        Freshness::For { left, age } => Some((left, age)),
        Freshness::None => return refused("not-fresh"),
    };
    Ok(Fit { lifetime, vary })
}

/// Whether another origin than any is allowed to read a response.
fn is_for_an_origin(headers: &HeaderMap) -> bool {
    let mut allowed = headers.get_all(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    allowed.any(|origin| origin.as_bytes() != b"*")
}

/// Whether a response is one that servers of files make: they offer ranges, and
/// nobody tells when a file changes.
fn is_file(headers: &HeaderMap) -> bool {
    let mut offered = headers.get_all(header::ACCEPT_RANGES);
    offered.any(|units| !units.as_bytes().eq_ignore_ascii_case(b"none"))
}

/// Tells browsers what they need to know of a page that is to be stored.
pub(crate) fn tell_browsers(headers: &mut HeaderMap, told: BrowserCache) {
    let says = headers.contains_key(header::CACHE_CONTROL) || headers.contains_key(header::EXPIRES);
    if told == BrowserCache::Revalidate && !says {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
}

fn stored_headers(
    response: &HeaderMap,
    lifetime: Option<(Duration, Duration)>,
) -> Vec<(String, Bytes)> {
    let connection = tokens(response, &header::CONNECTION).unwrap_or_default();
    let mut headers: Vec<(String, Bytes)> = response
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .filter(|(name, _)| !HOP_BY_HOP.contains(name) && *name != "date")
        .filter(|(name, _)| *name != "cache-status" && connection.iter().all(|named| named != name))
        .map(|(name, value)| (name.to_owned(), Bytes::copy_from_slice(value.as_bytes())))
        .collect();
    if let Some((_, age)) = lifetime {
        let made = response
            .get(header::DATE)
            .map(|date| date.as_bytes().to_vec());
        let made = made.unwrap_or_else(|| {
            let made = SystemTime::now().checked_sub(age);
            let made = crate::date::written(made.unwrap_or(SystemTime::UNIX_EPOCH));
            made.as_bytes().to_vec()
        });
        headers.push(("date".to_owned(), made.into()));
    }
    headers
}
