//! What a request gets of a page: all of it, parts of it, or word that it has it
//! already.

use std::ops::Range;
use std::time::SystemTime;

use actix_web::HttpResponse;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use bytes::Bytes;

use crate::accepted::takes_any;
use crate::body::{Body, Streaming};
use crate::conditions::{etag_of, not_modified, only, range_applies};
use crate::range::{Ranges, ranges};

/// What a request wants of the page that it selects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
}

/// Answers a request with a page: `res` has the status and the headers of the
/// selected representation, `body` is its content, and `created` is when it was
/// made.
///
/// It is all the same whether the page was stored before or rendered just now.
pub(crate) fn answer<B: MessageBody>(
    wanted: Wanted<'_>,
    mut res: HttpResponse<()>,
    body: Bytes,
    created: SystemTime,
) -> HttpResponse<Body<B>> {
    let is_success = res.status().is_success();
    if is_success && not_modified(wanted.headers, res.headers(), Some(created)) {
        retain(&mut res, is_owed);
        return without_body(res);
    }
    match wanted_parts(wanted, &res, body.len(), created) {
        Ranges::Ignored => res.set_body(EitherBody::right(body)),
        Ranges::Unsatisfiable => unsatisfiable(res, body.len()),
        Ranges::Parts(parts) => partial(wanted, res, &body, &parts),
    }
}

/// Whether a 304 tells this of a page (RFC 9110 §15.4.5). Without an entity tag it would
/// be `Last-Modified` too, but no page is without one.
pub(crate) fn is_owed(name: &str) -> bool {
    const OWED: [&str; 8] = [
        "age",
        "cache-control",
        "cache-status",
        "content-location",
        "date",
        "etag",
        "expires",
        "vary",
    ];
    OWED.contains(&name) || is_for_another_origin(name)
}

/// Whether a browser lets a script of another origin have the answer by it.
fn is_for_another_origin(name: &str) -> bool {
    name.starts_with("access-control-")
}

/// Answers with 304 instead of a success that is no page: all of it goes but
/// what describes the body.
pub(crate) fn unchanged<B: MessageBody, T>(mut res: HttpResponse<T>) -> HttpResponse<Body<B>> {
    remove_metadata(res.headers_mut());
    without_body(res)
}

/// Answers with 304; what it tells is in the headers already.
pub(crate) fn without_body<B: MessageBody, T>(mut res: HttpResponse<T>) -> HttpResponse<Body<B>> {
    *res.status_mut() = StatusCode::NOT_MODIFIED;
    res.set_body(EitherBody::left(Streaming::none()))
}

/// What a request asks for by `Range`, which only `GET` has (RFC 9110 §14.2).
fn wanted_parts(
    wanted: Wanted<'_>,
    res: &HttpResponse<()>,
    len: usize,
    created: SystemTime,
) -> Ranges {
    let Some(range) = only(wanted.headers, &header::RANGE) else {
        return Ranges::Ignored;
    };
    let headers = res.headers();
    let applies = wanted.method == Method::GET
        && res.status() == StatusCode::OK
        && only(headers, &header::ACCEPT_RANGES).is_none_or(|unit| unit != b"none")
        && !may_be_encoded_outside(wanted, headers)
        && range_applies(wanted.headers, headers, created);
    if !applies {
        return Ranges::Ignored;
    }
    match ranges(range, len) {
        // Nobody could tell whether the whole answer is encoded or each part.
        Ranges::Parts(parts) if parts.len() > 1 && is_encoded(headers) => Ranges::Ignored,
        ranges => ranges,
    }
}

/// Whether what the client has of the page may be in a coding that a middleware
/// further out gave it, under the same validator: Actix Web's `Compress` does.
fn may_be_encoded_outside(wanted: Wanted<'_>, headers: &HeaderMap) -> bool {
    wanted.headers.contains_key(header::IF_RANGE)
        && !is_encoded(headers)
        && takes_any(wanted.headers)
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers.contains_key(header::CONTENT_ENCODING)
}

/// Sends parts of a page (RFC 9110 §15.3.7).
fn partial<B: MessageBody>(
    wanted: Wanted<'_>,
    mut res: HttpResponse<()>,
    body: &Bytes,
    parts: &[Range<usize>],
) -> HttpResponse<Body<B>> {
    *res.status_mut() = StatusCode::PARTIAL_CONTENT;
    let headers = res.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    let content_type = headers.get(header::CONTENT_TYPE).cloned();
    if wanted.headers.contains_key(header::IF_RANGE) {
        // The client has another part, and with it all that describes the page.
        remove_metadata(headers);
    }
    if let [part] = parts {
        insert(headers, header::CONTENT_RANGE, &content_range(part, body));
        return res.set_body(EitherBody::right(body.slice(part.clone())));
    }
    // No body holds its own hash.
    let boundary = String::from_utf8_lossy(etag_of(body).as_bytes()).replace('"', "");
    let kind = format!("multipart/byteranges; boundary={boundary}");
    insert(headers, header::CONTENT_TYPE, &kind);
    let body = multipart(&boundary, content_type.as_ref(), body, parts);
    res.set_body(EitherBody::right(body))
}

/// RFC 9110 §14.6.
fn multipart(
    boundary: &str,
    content_type: Option<&HeaderValue>,
    body: &Bytes,
    parts: &[Range<usize>],
) -> Bytes {
    let mut sent = Vec::new();
    for part in parts {
        sent.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        if let Some(content_type) = content_type {
            sent.extend_from_slice(b"Content-Type: ");
            sent.extend_from_slice(content_type.as_bytes());
            sent.extend_from_slice(b"\r\n");
        }
        let range = content_range(part, body);
        sent.extend_from_slice(format!("Content-Range: {range}\r\n\r\n").as_bytes());
        sent.extend_from_slice(&body.slice(part.clone()));
        sent.extend_from_slice(b"\r\n");
    }
    sent.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    sent.into()
}

fn content_range(part: &Range<usize>, body: &Bytes) -> String {
    format!("bytes {}-{}/{}", part.start, part.end - 1, body.len())
}

/// Tells how much there is for whom it is too little (RFC 9110 §15.5.17).
fn unsatisfiable<B: MessageBody>(mut res: HttpResponse<()>, len: usize) -> HttpResponse<Body<B>> {
    *res.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    retain(&mut res, |name| {
        name == "cache-status" || is_for_another_origin(name)
    });
    let range = format!("bytes */{len}");
    insert(res.headers_mut(), header::CONTENT_RANGE, &range);
    res.set_body(EitherBody::right(Bytes::new()))
}

fn retain(res: &mut HttpResponse<()>, keep: impl Fn(&str) -> bool) {
    res.headers_mut().retain(|name, _| keep(name.as_str()));
}

/// Removes what describes a body that is not sent, or not whole, but for the
/// validator.
fn remove_metadata(headers: &mut HeaderMap) {
    let has_etag = headers.contains_key(header::ETAG);
    headers.retain(|name, _| match name.as_str() {
        "content-location" => true,
        "last-modified" => !has_etag,
        "accept-ranges" => false,
        name => !name.starts_with("content-") || name.starts_with("content-security-policy"),
    });
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use actix_web::body::{BodySize, BoxBody};

    use super::*;

    /// The answer to a `GET` with a page that has an `ETag` and a status.
    fn answered(
        asked: (HeaderName, &'static str),
        status: u16,
        body: &Bytes,
    ) -> HttpResponse<Body<BoxBody>> {
        let headers = HeaderMap::from_iter([(asked.0, HeaderValue::from_static(asked.1))]);
        let status = StatusCode::from_u16(status).unwrap();
        let mut res = HttpResponse::with_body(status, ());
        insert(res.headers_mut(), header::ETAG, "\"a\"");
        let wanted = Wanted {
            method: &Method::GET,
            headers: &headers,
        };
        answer(wanted, res, body.clone(), UNIX_EPOCH)
    }

    #[test]
    fn conditions_count_for_every_success_and_ranges_for_200() {
        let known = (header::IF_NONE_MATCH, "\"a\"");
        let part = (header::RANGE, "bytes=0-1");
        // Over HTTP/2 a body of no bytes has a `Content-Length`, none has none.
        for (asked, status, expected) in [
            (&known, 200, (304, BodySize::None)),
            (&known, 203, (304, BodySize::None)),
            (&known, 301, (301, BodySize::Sized(4))),
            (&known, 404, (404, BodySize::Sized(4))),
            (&part, 200, (206, BodySize::Sized(2))),
            (&part, 203, (203, BodySize::Sized(4))),
            (&part, 404, (404, BodySize::Sized(4))),
        ] {
            let res = answered(asked.clone(), status, &Bytes::from_static(b"text"));
            let answer = (res.status().as_u16(), res.body().size());
            assert_eq!(answer, expected, "{status} {asked:?}");
        }
    }

    #[test]
    fn a_single_part_shares_the_bytes_of_the_page() {
        let body = Bytes::from_static(b"text");
        let res = answered((header::RANGE, "bytes=1-2"), 200, &body);
        let Ok(part) = res.into_body().try_into_bytes() else {
            panic!("it is bytes");
        };
        assert_eq!(part.as_ptr(), body.slice(1..3).as_ptr());
    }
}
