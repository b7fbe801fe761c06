//! Which responses are stored, and what of them.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use dumper::{Headers, Page};

use crate::conditions::etag_of;
use crate::dumper::{BrowserCache, Dumper};
use crate::fields::tokens;
use crate::freshness::{Fresh, Lifetime};
use crate::policy::Policy;
use crate::request::{ACCEPTS, header_value};

/// Fields that concern one connection or the way here (RFC 9111 §3.1), or that are
/// written anew.
const NOT_STORED: [&str; 14] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "age",
    "date",
    "cache-status",
];

/// All of a page but its body.
#[derive(Debug)]
pub(crate) struct Head {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    vary: Vec<(String, Option<Vec<u8>>)>,
    fresh: Option<Fresh>,
    no_transform: bool,
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
        let headers = stored_headers(response, &fit);
        let vary = fit.vary.into_iter();
        Self {
            status,
            headers,
            vary: vary
                .map(|name| {
                    let value = header_value(request, &name).map(Cow::into_owned);
                    (name, value)
                })
                .collect(),
            fresh: fit.fresh,
            no_transform: fit.no_transform,
        }
    }

    /// The entity tag of the page with a body: that of the response, or else its own.
    pub(crate) fn etag(&mut self, body: &[u8]) -> HeaderValue {
        let known = self.headers.iter().find(|(name, _)| *name == header::ETAG);
        if let Some((_, etag)) = known {
            return etag.clone();
        }
        let etag = etag_of(body);
        self.headers.push((header::ETAG, etag.clone()));
        etag
    }

    pub(crate) fn with_body(mut self, body: Bytes) -> Page {
        self.etag(&body);
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
        let headers: Headers = headers.collect();
        let page = Page::new(self.status.as_u16(), headers, body)
            .vary(self.vary)
            .no_transform(self.no_transform);
        match self.fresh.as_ref().map(Fresh::left_and_age) {
            Some((left, age)) => page.fresh_for(left, age),
            None => page,
        }
    }
}

/// What a response that may be stored says of it.
#[derive(Debug)]
pub(crate) struct Fit {
    /// `None` if it is fresh until it is invalidated.
    fresh: Option<Fresh>,
    /// The request headers that select it.
    vary: Vec<String>,
    /// The fields that concern this connection alone.
    connection: Vec<String>,
    /// Whether it is to be sent as it is.
    pub(crate) no_transform: bool,
}

impl Fit {
    /// Says that the render did not see which codings the client takes, so that
    /// they did not select it.
    pub(crate) fn ignore_codings(&mut self) {
        self.vary.retain(|name| name != "accept-encoding");
    }
}

/// Whether a response may be stored (RFC 9111 §3) that comes so long after it was
/// asked for.
///
/// # Errors
///
/// Returns why not.
pub(crate) fn fit(
    dumper: &Dumper,
    status: StatusCode,
    headers: &HeaderMap,
    request: &HeaderMap,
    delay: Duration,
) -> Result<Fit, String> {
    if !dumper.statuses.include(status) {
        return Err(format!("status-{}", status.as_u16()));
    }
    fit_by_headers(dumper, headers, request, delay).map_err(ToOwned::to_owned)
}

fn fit_by_headers(
    dumper: &Dumper,
    headers: &HeaderMap,
    request: &HeaderMap,
    delay: Duration,
) -> Result<Fit, &'static str> {
    if headers.contains_key(header::SET_COOKIE) {
        return Err("set-cookie");
    }
    if headers.contains_key(header::CONTENT_RANGE) {
        return Err("content-range");
    }
    let now = SystemTime::now();
    let policy = Policy::of(headers, &dumper.targeted_fields, now);
    let policy = policy.ok_or("unreadable-cache-control")?;
    if let Some(directive) = policy.forbidding {
        return Err(directive);
    }
    if let Some(endless) = endless(headers) {
        return Err(endless);
    }
    let connection = tokens(headers, &header::CONNECTION).ok_or("unreadable-connection")?;
    let mut vary = tokens(headers, &header::VARY).ok_or("unreadable-vary")?;
    if vary.iter().any(|name| name == "*") {
        return Err("vary-star");
    }
    // Nobody else gets a coding that he did not ask for, whatever `Vary` says.
    let codings = tokens(headers, &header::CONTENT_ENCODING).ok_or("content-encoding")?;
    for coding in codings.iter().filter(|coding| *coding != "identity") {
        let accepts = format!("{ACCEPTS}{coding}");
        if header_value(request, &accepts).is_none() {
            return Err("content-encoding");
        }
        vary.push(accepts);
    }
    // Nor what another origin is allowed.
    if is_for_an_origin(headers) {
        vary.push(header::ORIGIN.as_str().to_owned());
    }
    vary.sort_unstable();
    vary.dedup();
    let fresh = match policy.lifetime {
        Lifetime::Unsaid if is_file(headers) => return Err("accept-ranges"),
        Lifetime::Unsaid => None,
        Lifetime::Is(lifetime) => {
            Some(Fresh::of(headers, lifetime, delay, now).ok_or("not-fresh")?)
        }
        Lifetime::Unclear => return Err("not-fresh"),
    };
    Ok(Fit {
        fresh,
        vary,
        connection,
        no_transform: policy.no_transform,
    })
}

/// What the body is if it goes on as long as somebody listens.
fn endless(headers: &HeaderMap) -> Option<&'static str> {
    let mut types = headers.get_all(header::CONTENT_TYPE).filter_map(|value| {
        let essence = value.as_bytes().split(|byte| *byte == b';').next()?;
        match essence.trim_ascii().to_ascii_lowercase().as_slice() {
            b"text/event-stream" => Some("event-stream"),
            b"multipart/x-mixed-replace" => Some("mixed-replace"),
            _ => None,
        }
    });
    types.next()
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

fn stored_headers(response: &HeaderMap, fit: &Fit) -> Vec<(HeaderName, HeaderValue)> {
    // Besides them there are a date and an entity tag.
    let mut headers = Vec::with_capacity(response.len() + 2);
    let stored = response
        .iter()
        .filter(|(name, _)| !NOT_STORED.contains(&name.as_str()))
        .filter(|(name, _)| fit.connection.iter().all(|named| named != name.as_str()));
    headers.extend(stored.map(|(name, value)| (name.clone(), value.clone())));
    if let Some(fresh) = &fit.fresh {
        headers.push((header::DATE, fresh.date()));
    }
    headers
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::targeted::CDN_CACHE_CONTROL;

    fn fields() -> impl Strategy<Value = HeaderMap> {
        let name = prop::sample::select(vec![
            header::CACHE_CONTROL,
            CDN_CACHE_CONTROL,
            header::EXPIRES,
            header::DATE,
            header::AGE,
            header::VARY,
            header::CONNECTION,
            header::CONTENT_TYPE,
        ]);
        let value = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..20),
            "(max-age|public|Accept|[0-9]{1,20}|[-a-z=,; \"\\\\]{0,9}){0,4}".prop_map(Into::into),
        ];
        prop::collection::vec((name, value), 0..6).prop_map(|fields| {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                if let Ok(value) = HeaderValue::from_bytes(&value) {
                    headers.append(name, value);
                }
            }
            headers
        })
    }

    proptest! {
        #[test]
        fn no_fields_cause_a_panic(headers in fields(), delay: u32) {
            let delay = Duration::from_secs(delay.into());
            if let Ok(fit) = fit(&Dumper::default(), StatusCode::OK, &headers, &headers, delay) {
                let head = Head::of(StatusCode::OK, &headers, fit, &headers);
                head.with_body(Bytes::new());
            }
        }

        #[test]
        fn a_line_that_forbids_is_never_missed(
            mut headers in fields(),
            directive in "(?i)(no-store|no-cache|private)",
        ) {
            headers.append(header::CACHE_CONTROL, HeaderValue::from_str(&directive).unwrap());
            let fit = fit(&Dumper::default(), StatusCode::OK, &headers, &headers, Duration::ZERO);
            prop_assert!(fit.is_err());
        }
    }
}
