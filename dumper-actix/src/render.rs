//! The render of a page: what it sees of a request, and what becomes of it.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use actix_web::body::{BodySize, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use bytes::Bytes;
use dumper::Lease;
use log::debug;

use crate::answer::{Wanted, answer, unchanged};
use crate::body::{Body, Copy, Streaming};
use crate::compressible::offer_codings;
use crate::conditions::not_modified;
use crate::date;
use crate::dumper::Dumper;
use crate::middleware::LeftAlone;
use crate::representation;
use crate::response::{Fit, Head, fit, tell_browsers};
#[cfg(feature = "session")]
use crate::session;
use crate::status::{Status, Why};
use crate::target::Target;
use crate::targeted::DUMPER_CACHE_CONTROL;
use crate::what::What;

/// What is answered from the page, so that the render need not see it.
const CONDITIONS: [HeaderName; 4] = [
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_RANGE,
    header::RANGE,
];

/// A render under way, for a request that found no page.
#[derive(Debug)]
pub(crate) struct Render<'d> {
    dumper: &'d Dumper,
    what: What,
    why: Why,
    /// The headers of the request as they came.
    asked: HeaderMap,
    began: Instant,
    /// The same as a date.
    since: SystemTime,
}

impl<'d> Render<'d> {
    /// Makes of a request the one that a page is made by, whoever asks first: a
    /// `GET` without conditions, and with nothing that the key does not have.
    pub(crate) fn begin(
        dumper: &'d Dumper,
        what: What,
        why: Why,
        target: Target,
        req: &mut ServiceRequest,
    ) -> Self {
        let asked = req.headers().clone();
        if req.method() == Method::HEAD {
            req.head_mut().method = Method::GET;
        }
        for name in CONDITIONS {
            req.headers_mut().remove(name);
        }
        if dumper.compress {
            req.headers_mut().remove(header::ACCEPT_ENCODING);
        }
        target.show_to(req);
        // Over HTTP/2 a body need not be announced.
        req.set_payload(Payload::None);
        #[cfg(feature = "session")]
        session::watch(req);
        Self {
            dumper,
            what,
            why,
            asked,
            began: Instant::now(),
            since: SystemTime::now(),
        }
    }

    /// Stores what was rendered, if it may be, and answers the request with it.
    pub(crate) async fn end<B: MessageBody>(
        self,
        res: ServiceResponse<B>,
        lease: Result<Lease, &'static str>,
        tags: Vec<Arc<str>>,
    ) -> ServiceResponse<Body<B>> {
        let (req, mut res) = res.into_parts();
        let fit = self.fit(&req, &res);
        res.headers_mut().remove(DUMPER_CACHE_CONTROL);
        let res = match (lease, fit) {
            (Ok(mut lease), Ok(fit)) => {
                lease.also_at(req.path());
                lease.tag(tags);
                self.store(res, fit, lease).await
            }
            (Ok(lease), Err(reason)) => {
                lease.decline();
                self.refuse(self.heard(res), &reason)
            }
            (Err(barred), fit) => {
                if fit.is_ok() {
                    tell_browsers(res.headers_mut(), self.dumper.browser_cache);
                }
                self.refuse(self.heard(res), barred)
            }
        };
        ServiceResponse::new(req, res)
    }

    /// Whether a response may be stored, by itself and by what came of its request.
    fn fit<B>(&self, req: &HttpRequest, res: &HttpResponse<B>) -> Result<Fit, String> {
        let Self { dumper, asked, .. } = self;
        let delay = self.began.elapsed();
        let fit = fit(dumper, res.status(), res.headers(), asked, delay)?;
        if res.status().is_success() && res.error().is_some() {
            return Err("error".to_owned());
        }
        if !dumper.covers(dumper::Path::requested(req.path()).as_str()) {
            return Err("ignored".to_owned());
        }
        if let Some(LeftAlone(reason)) = req.extensions().get() {
            return Err((*reason).to_owned());
        }
        #[cfg(feature = "session")]
        session::check(req)?;
        Ok(fit)
    }

    /// Stores a page whose body is in hand; of another one a copy is kept as it goes
    /// by.
    async fn store<B: MessageBody>(
        self,
        mut res: HttpResponse<B>,
        mut fit: Fit,
        mut lease: Lease,
    ) -> HttpResponse<Body<B>> {
        let Self { dumper, asked, .. } = &self;
        if dumper.compress {
            fit.ignore_codings();
            if !fit.no_transform {
                offer_codings(res.headers_mut());
            }
        }
        tell_browsers(res.headers_mut(), dumper.browser_cache);
        let head = Head::of(res.status(), res.headers(), fit, asked);
        let (res, body) = res.into_parts();
        if matches!(body.size(), BodySize::Sized(size) if size > dumper.max_body as u64) {
            lease.decline();
            let res = res.set_body(EitherBody::left(Streaming::untouched(body)));
            return self.refuse(res, "body-size");
        }
        let body = match body.try_into_bytes() {
            Ok(body) => body,
            Err(body) if self.is_unheard(&body) => {
                let res = res.set_body(EitherBody::left(Streaming::none()));
                return pass_on(dumper, res, &Status::Streaming(self.why), asked, self.since);
            }
            Err(body) => {
                lease.stream();
                let status = Status::Streaming(self.why);
                let (max_body, asked, since) = (dumper.max_body, self.asked, self.since);
                let copy = Copy::new(lease, head, max_body, self.what);
                let res = res.set_body(EitherBody::left(Streaming::copied(body, copy)));
                return pass_on(self.dumper, res, &status, &asked, since);
            }
        };
        if body.len() > dumper.max_body {
            lease.decline();
            return self.refuse(res.set_body(EitherBody::right(body)), "body-size");
        }
        self.fill(res, head, body, lease).await
    }

    /// Stores a page, and answers with it.
    async fn fill<B: MessageBody>(
        self,
        mut res: HttpResponse<()>,
        mut head: Head,
        body: Bytes,
        lease: Lease,
    ) -> HttpResponse<Body<B>> {
        let Self { dumper, what, .. } = &self;
        let body = exact(body);
        res.headers_mut().insert(header::ETAG, head.etag(&body));
        let page = match lease.fill(head.with_body(body.clone())).await {
            Ok(page) => page,
            Err(err) => {
                let res = res.set_body(EitherBody::right(body));
                return self.refuse(res, &err.to_string());
            }
        };
        debug!(target: "dumper::middleware", "stored: {what}");
        let representation = representation::select(dumper, &page, &self.asked).await;
        let body = representation.of(&page, res.headers_mut());
        let made = res.status();
        let wanted = Wanted {
            method: &what.method,
            headers: &self.asked,
        };
        let mut res = answer(wanted, res, body, page.created());
        Status::Stored(self.why).tell(dumper, made, &mut res);
        res
    }

    /// Passes a response on that is not stored.
    fn refuse<B: MessageBody>(
        &self,
        res: HttpResponse<Body<B>>,
        reason: &str,
    ) -> HttpResponse<Body<B>> {
        debug!(target: "dumper::middleware", "not stored: {} because {reason}", self.what);
        let status = Status::NotStored(self.why, reason.to_owned());
        pass_on(self.dumper, res, &status, &self.asked, self.since)
    }

    /// Leaves out a body that nobody listens to.
    fn heard<B: MessageBody>(&self, res: HttpResponse<B>) -> HttpResponse<Body<B>> {
        res.map_body(|_, body| {
            EitherBody::left(if self.is_unheard(&body) {
                Streaming::none()
            } else {
                Streaming::untouched(body)
            })
        })
    }

    /// Whether nobody listens to a body that may go on for ever, since it was made as
    /// for `GET`.
    fn is_unheard(&self, body: &impl MessageBody) -> bool {
        self.what.method == Method::HEAD && body.size() == BodySize::Stream
    }
}

/// A body that holds no more memory than it has bytes: it may be a small part of what
/// it holds, and what others hold besides is not the cache's to count.
fn exact(body: Bytes) -> Bytes {
    if body.is_unique() {
        Vec::from(body).into_boxed_slice().into()
    } else {
        Bytes::copy_from_slice(&body)
    }
}

/// Sends what a handler made, unless the client has it already.
fn pass_on<B: MessageBody>(
    dumper: &Dumper,
    mut res: HttpResponse<Body<B>>,
    status: &Status,
    asked: &HeaderMap,
    since: SystemTime,
) -> HttpResponse<Body<B>> {
    let made = res.status();
    // A page that was made while this was rendered may be newer than it, and is
    // compared with this date if the client asks again.
    if !res.headers().contains_key(header::DATE) {
        res.headers_mut().insert(header::DATE, date::written(since));
    }
    if made.is_success() && not_modified(asked, res.headers(), None) {
        res = unchanged(res);
    }
    status.tell(dumper, made, &mut res);
    res
}
