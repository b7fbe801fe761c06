//! What a request gets of a page: all of it, or word that it has it already.

use actix_web::HttpResponse;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use bytes::Bytes;

use crate::body::{Body, Streaming};
use crate::conditions::not_modified;

/// Answers a request with a page: `res` has the status and the headers of the
/// selected representation, `body` is its content.
///
/// It is all the same whether the page was stored before or rendered just now.
pub(crate) fn answer<B: MessageBody>(
    asked: &HeaderMap,
    res: HttpResponse<()>,
    body: Bytes,
) -> HttpResponse<Body<B>> {
    if not_modified(asked, res.headers()) {
        return unchanged(res);
    }
    res.set_body(EitherBody::right(body))
}

/// Makes a 304 of a response that is no page (RFC 9110 §15.4.5).
pub(crate) fn unchanged<B: MessageBody, T>(mut res: HttpResponse<T>) -> HttpResponse<Body<B>> {
    *res.status_mut() = StatusCode::NOT_MODIFIED;
    for name in [
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::CONTENT_ENCODING,
        header::CONTENT_LANGUAGE,
    ] {
        res.headers_mut().remove(name);
    }
    res.set_body(EitherBody::left(Streaming::none()))
}
