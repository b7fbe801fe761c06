//! Answering from the cache.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AGE, HeaderValue};
use dumper::Page;
use log::debug;

use crate::answer::{Wanted, answer};
use crate::body::Body;
use crate::dumper::Dumper;
use crate::representation;
use crate::status::Status;
use crate::what::What;

/// Answers a request with a stored page.
pub(crate) async fn serve<B: MessageBody>(
    dumper: &Dumper,
    req: ServiceRequest,
    what: &What,
    page: &Arc<Page>,
) -> ServiceResponse<Body<B>> {
    debug!(target: "dumper::middleware", "hit: {what}");
    let (req, _) = req.into_parts();
    let code = StatusCode::from_u16(page.status()).unwrap_or(StatusCode::OK);
    let mut res = HttpResponse::with_body(code, ());
    representation::add_headers(page, res.headers_mut());
    if let Some(age) = page.age() {
        let age = HeaderValue::from(age.as_secs());
        res.headers_mut().insert(AGE, age);
    }
    let headers = res.headers_mut();
    let body = representation::select(dumper, &what.key, page, req.headers(), headers).await;
    let ttl = page.left().map(|left| left.as_secs());
    Status::Hit { ttl }.tell(dumper, code, &mut res);
    let wanted = Wanted {
        method: req.method(),
        headers: req.headers(),
    };
    let res = answer(wanted, res, body, page.created());
    ServiceResponse::new(req, res)
}
