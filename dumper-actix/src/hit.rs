//! Answering from the cache.

use std::sync::Arc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AGE, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use dumper::Page;
use log::debug;

use crate::answer::{Wanted, answer};
use crate::body::Body;
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
    let (res, body) = respond(dumper, &page, representation?);
    if glance.is_conditional {
        let wanted = Wanted {
            method: req.method(),
            headers,
        };
        return Some(answer(wanted, res, body, page.created()));
    }
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
    let (res, body) = respond(dumper, page, representation);
    let wanted = Wanted {
        method: req.method(),
        headers: req.headers(),
    };
    let res = answer(wanted, res, body, page.created());
    ServiceResponse::new(req, res)
}

/// A page with its headers, and its body apart.
fn respond(
    dumper: &Dumper,
    page: &Page,
    representation: Representation,
) -> (HttpResponse<()>, Bytes) {
    let code = StatusCode::from_u16(page.status()).unwrap_or(StatusCode::OK);
    let mut res = HttpResponse::with_body(code, ());
    let headers = res.headers_mut();
    representation::add_headers(page, headers);
    if let Some(age) = page.age() {
        headers.insert(AGE, HeaderValue::from(age.as_secs()));
    }
    let body = representation.of(page, headers);
    let ttl = page.left().map(|left| left.as_secs());
    Status::Hit { ttl }.tell(dumper, code, &mut res);
    (res, body)
}
