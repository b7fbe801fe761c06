//! Answering from the cache.

use std::sync::Arc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AGE, ETAG, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use dumper::Page;
use log::debug;

use crate::answer::{Wanted, answer, is_owed, without_body};
use crate::body::Body;
use crate::conditions::named;
use crate::dumper::Dumper;
use crate::representation::{self, Representation};
use crate::request::{Asked, header_value};
use crate::status::Status;
use crate::what::What;

/// Answers a request at once, if its page is in memory and ready to be sent: without
/// a copy of anything, and without an allocation of the cache's own.
pub(crate) fn hit<B: MessageBody>(
    dumper: &Dumper,
    asked: &Asked<'_>,
    req: &HttpRequest,
) -> Option<HttpResponse<Body<B>>> {
    let Asked { key, glance, .. } = asked;
    if glance.has_range || (glance.has_cache_control && dumper.honor_client_cache_control) {
        return None;
    }
    let headers = req.headers();
    let mut representation = None;
    let is_ready = |page: &Page| {
        representation = representation::ready(dumper, page, headers);
        representation.is_some()
    };
    let value = |name: &str| header_value(headers, name);
    let page = dumper.cache.hit(key, &value, is_ready)?;
    debug!(
        target: "dumper::middleware",
        "hit: path \"{}\" with method \"{}\" as key \"{key}\"", key.path(), req.method()
    );
    let representation = representation?;
    if glance.is_conditional {
        let wanted = Wanted {
            method: req.method(),
            headers,
        };
        return Some(answered(dumper, wanted, &page, representation));
    }
    let (res, body) = respond(dumper, &page, representation);
    Some(res.set_body(EitherBody::right(body)))
}

/// Answers a request with a stored page.
pub(crate) async fn serve<B: MessageBody>(
    dumper: &Dumper,
    req: ServiceRequest,
    what: &What,
    page: &Arc<Page>,
) -> ServiceResponse<Body<B>> {
    debug!(target: "dumper::middleware", "hit: {what}");
    let (req, _) = req.into_parts();
    let representation = representation::select(dumper, page, req.headers()).await;
    let wanted = Wanted {
        method: req.method(),
        headers: req.headers(),
    };
    let res = answered(dumper, wanted, page, representation);
    ServiceResponse::new(req, res)
}

/// Answers with a page in one form whatever is wanted of it.
fn answered<B: MessageBody>(
    dumper: &Dumper,
    wanted: Wanted<'_>,
    page: &Page,
    representation: Representation,
) -> HttpResponse<Body<B>> {
    if let Some(etag) = known(page, representation, wanted.headers) {
        return not_modified(dumper, page, etag);
    }
    let (res, body) = respond(dumper, page, representation);
    answer(wanted, res, body, page.created())
}

/// The entity tag of a page that a client has already who asks like this. There are
/// other ways to ask, which the whole [answer] knows.
fn known(page: &Page, representation: Representation, request: &HeaderMap) -> Option<HeaderValue> {
    let is_success = (200..300).contains(&page.status());
    named(request, || representation.etag(page)).filter(|_| is_success)
}

/// Answers that the page is still the one that the client has; what need not be told of
/// it is not read either.
fn not_modified<B: MessageBody>(
    dumper: &Dumper,
    page: &Page,
    etag: HeaderValue,
) -> HttpResponse<Body<B>> {
    let is_told = |name: &str| name != "etag" && is_owed(name);
    let mut res = head(dumper, page, StatusCode::NOT_MODIFIED, is_told);
    res.headers_mut().insert(ETAG, etag);
    without_body(res)
}

/// A page with its headers, and its body apart.
fn respond(
    dumper: &Dumper,
    page: &Page,
    representation: Representation,
) -> (HttpResponse<()>, Bytes) {
    let code = StatusCode::from_u16(page.status()).unwrap_or(StatusCode::OK);
    let mut res = head(dumper, page, code, |_| true);
    let body = representation.of(page, res.headers_mut());
    (res, body)
}

/// The status and the headers of an answer: those of the page, as they are, that are
/// kept.
fn head(
    dumper: &Dumper,
    page: &Page,
    code: StatusCode,
    keep: impl Fn(&str) -> bool,
) -> HttpResponse<()> {
    let mut res = HttpResponse::with_body(code, ());
    let headers = res.headers_mut();
    representation::add_headers(page, headers, keep);
    if let Some(age) = page.age() {
        headers.insert(AGE, HeaderValue::from(age.as_secs()));
    }
    let ttl = page.left().map(|left| left.as_secs());
    Status::Hit { ttl }.tell(dumper, code, &mut res);
    res
}
