//! The way of a request through the cache.

use std::fmt;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use actix_web::body::{BodySize, EitherBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use bytes::Bytes;
use dumper::{Key, Lease, Lookup, Page, Scope};
use futures::future::LocalBoxFuture;
use log::debug;

use crate::answer::{Wanted, answer, unchanged};
use crate::body::{Body, Copy, Streaming};
use crate::client::RequestDirectives;
use crate::compressible::offer_codings;
use crate::conditions::not_modified;
use crate::date;
use crate::dumper::Dumper;
use crate::location::{self, named_paths};
use crate::representation;
use crate::request::{CONDITIONS, asks_for_parts, header_value, key};
use crate::response::{Fit, Head, fit, tell_browsers};
#[cfg(feature = "session")]
use crate::session;
use crate::status::{Status, Why};
use crate::target::Target;
use crate::targeted::DUMPER_CACHE_CONTROL;

/// The service that [`Dumper`] makes of the one it wraps.
#[derive(Debug)]
pub struct DumperMiddleware<S> {
    service: Rc<S>,
    dumper: Rc<Dumper>,
}

impl<S, B> Transform<S, ServiceRequest> for Dumper
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<Body<B>>;
    type Error = Error;
    type Transform = DumperMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(DumperMiddleware {
            service: Rc::new(service),
            dumper: Rc::new(self.clone()),
        }))
    }
}

impl<S, B> Service<ServiceRequest> for DumperMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<Body<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Self::Error>>;

    forward_ready!(service);

    fn call(&self, req: ServiceRequest) -> Self::Future {
        let service = Rc::clone(&self.service);
        let dumper = Rc::clone(&self.dumper);
        Box::pin(async move {
            if req.extensions().contains::<Led>() {
                if let Err(Status::Bypass(reason)) = key(&dumper, req.request()) {
                    req.extensions_mut().insert(LeftAlone(reason));
                }
                let res = service.call(req).await?;
                return Ok(res.map_body(|_, body| EitherBody::left(Streaming::untouched(body))));
            }
            match key(&dumper, req.request()) {
                Err(status) => bypass(&dumper, &*service, req, status).await,
                Ok((key, _)) if asks_for_parts(req.request()) => {
                    parts(&dumper, &*service, req, key).await
                }
                Ok((key, target)) => page(&dumper, &*service, req, key, target).await,
            }
        })
    }
}

/// Marks a request that a middleware further out renders a page for. To wait for
/// that render would be to wait for oneself.
struct Led;

/// Marks a request for which a middleware further in would have had no page, for
/// a reason: so it is none for the one further out.
struct LeftAlone(&'static str);

/// What the log says a request asks for, written only if somebody reads it; and
/// since when it has been here.
#[derive(Debug)]
pub(crate) struct What {
    method: Method,
    key: Key,
    why: Why,
    since: SystemTime,
}

impl What {
    fn of(req: &ServiceRequest, key: Key) -> Self {
        Self {
            method: req.method().clone(),
            key,
            why: Why::Miss,
            since: SystemTime::now(),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, key, .. } = self;
        let path = key.path();
        write!(
            f,
            "path \"{path}\" with method \"{method}\" as key \"{key}\""
        )
    }
}

/// Lets a request pass the cache, but in a scope.
async fn bypass<S, B>(
    dumper: &Dumper,
    service: &S,
    req: ServiceRequest,
    status: Status,
) -> Result<ServiceResponse<Body<B>>, Error>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let method = req.method().clone();
    let path = req.path().to_owned();
    let url = location::url(dumper, req.request());
    debug!(target: "dumper::middleware", "bypass: path \"{path}\" with method \"{method}\": {status}");
    let (res, _) = in_scope(service, req).await;
    let mut res = res?;
    // RFC 9111 §4.4: whatever the handler wrote, these pages may show it.
    let succeeded = res.status().is_success() || res.status().is_redirection();
    if succeeded && !method.is_safe() {
        let paths = [path.as_str(), res.request().path()];
        // `POST *` and `CONNECT host` have none.
        let paths = paths.into_iter().filter(|path| path.starts_with('/'));
        dumper.cache.invalidate_paths(paths).await;
        if let Some(url) = url {
            let paths = named_paths(&url, res.headers());
            dumper.cache.invalidate_paths(paths).await;
        }
    }
    note(dumper, &status, res.status(), res.response_mut());
    Ok(res.map_body(|_, body| EitherBody::left(Streaming::untouched(body))))
}

/// Answers a request for parts from a page that is stored; otherwise the handler
/// has it as it is.
async fn parts<S, B>(
    dumper: &Dumper,
    service: &S,
    req: ServiceRequest,
    key: Key,
) -> Result<ServiceResponse<Body<B>>, Error>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let headers = req.headers();
    let page = dumper
        .cache
        .stored(&key, &|name| header_value(headers, name));
    let client = RequestDirectives::by(dumper, headers);
    let Some(page) = page.filter(|page| client.accepts(page)) else {
        return bypass(dumper, service, req, Status::Bypass("range")).await;
    };
    let what = What::of(&req, key);
    debug!(target: "dumper::middleware", "hit: {what}");
    let (req, _) = req.into_parts();
    Ok(serve(dumper, req, &what.key, &page).await)
}

/// Answers a request with a page, or makes one.
async fn page<S, B>(
    dumper: &Dumper,
    service: &S,
    mut req: ServiceRequest,
    key: Key,
    target: Target,
) -> Result<ServiceResponse<Body<B>>, Error>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let client = RequestDirectives::by(dumper, req.headers());
    let mut what = What::of(&req, key);
    let (lookup, why) = client
        .look_up(&dumper.cache, &what.key, req.headers())
        .await;
    what.why = why;
    let lease = match lookup {
        Lookup::Hit(page) => {
            debug!(target: "dumper::middleware", "hit: {what}");
            let (req, _) = req.into_parts();
            return Ok(serve(dumper, req, &what.key, &page).await);
        }
        Lookup::Miss(lease) => Some(lease),
        Lookup::Fenced => None,
    };
    if client.only_if_cached {
        return Ok(without_page(dumper, req, &what));
    }
    if client.no_store {
        drop(lease);
        return bypass(dumper, service, req, Status::Bypass("no-store")).await;
    }
    debug!(target: "dumper::middleware", "miss: {what}");
    let missed = Instant::now();
    req.extensions_mut().insert(Led);
    let asked = take_conditions(&mut req);
    target.show_to(&mut req);
    if dumper.compress {
        req.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    #[cfg(feature = "session")]
    session::watch(&mut req);
    match in_scope(service, req).await {
        (Ok(res), tags) => {
            let delay = missed.elapsed();
            Ok(store(dumper, res, &asked, lease, tags, what, delay).await)
        }
        (Err(err), _) => {
            lease.into_iter().for_each(Lease::decline);
            Err(err)
        }
    }
}

/// Answers a client who wanted a stored page or none (RFC 9111 §5.2.1.7).
fn without_page<B: MessageBody>(
    dumper: &Dumper,
    req: ServiceRequest,
    what: &What,
) -> ServiceResponse<Body<B>> {
    debug!(target: "dumper::middleware", "not rendered: {what}");
    let mut res = HttpResponse::GatewayTimeout().finish();
    let made = res.status();
    note(dumper, &Status::OnlyIfCached, made, &mut res);
    req.into_response(res.set_body(EitherBody::right(Bytes::new())))
}

/// Stores what was rendered, if it may be.
async fn store<B: MessageBody>(
    dumper: &Dumper,
    res: ServiceResponse<B>,
    asked: &HeaderMap,
    lease: Option<Lease>,
    tags: Vec<Arc<str>>,
    what: What,
    delay: Duration,
) -> ServiceResponse<Body<B>> {
    let (req, mut res) = res.into_parts();
    let fit = fit_for_all(dumper, &req, &res, asked, delay);
    res.headers_mut().remove(DUMPER_CACHE_CONTROL);
    let refused = match (lease, fit) {
        (Some(lease), Err(reason)) => {
            lease.decline();
            reason
        }
        (None, fit) => {
            if fit.is_ok() {
                tell_browsers(res.headers_mut(), dumper.browser_cache);
            }
            "fenced".to_owned()
        }
        (Some(mut lease), Ok(mut fit)) => {
            lease.also_at(req.path());
            lease.tag(tags);
            if dumper.compress {
                fit.ignore_codings();
                offer_codings(res.headers_mut());
            }
            tell_browsers(res.headers_mut(), dumper.browser_cache);
            let head = Head::of(res.status(), res.headers(), fit, asked);
            return keep(dumper, req, res, head, lease, asked, what).await;
        }
    };
    let res = res.map_body(|_, body| {
        // What was made as for `GET` may go on for as long as somebody listens.
        let is_unheard = what.method == Method::HEAD && body.size() == BodySize::Stream;
        EitherBody::left(if is_unheard {
            Streaming::none()
        } else {
            Streaming::untouched(body)
        })
    });
    refuse(dumper, req, res, &refused, asked, &what)
}

/// Whether a response may be stored, by itself and by what came of its request.
fn fit_for_all<B>(
    dumper: &Dumper,
    req: &HttpRequest,
    res: &HttpResponse<B>,
    asked: &HeaderMap,
    delay: Duration,
) -> Result<Fit, String> {
    let fit = fit(dumper, res.status(), res.headers(), asked, delay)?;
    if res.status().is_success() && res.error().is_some() {
        return Err("error".to_owned());
    }
    if !dumper.covers(&dumper::Path::requested(req.path())) {
        return Err("ignored".to_owned());
    }
    if let Some(LeftAlone(reason)) = req.extensions().get() {
        return Err((*reason).to_owned());
    }
    #[cfg(feature = "session")]
    session::check(req)?;
    Ok(fit)
}

/// Passes a response on that is not stored.
fn refuse<B: MessageBody>(
    dumper: &Dumper,
    req: HttpRequest,
    res: HttpResponse<Body<B>>,
    reason: &str,
    asked: &HeaderMap,
    what: &What,
) -> ServiceResponse<Body<B>> {
    debug!(target: "dumper::middleware", "not stored: {what} because {reason}");
    let status = Status::NotStored(what.why, reason.to_owned());
    ServiceResponse::new(req, pass_on(dumper, res, &status, asked, what.since))
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
    note(dumper, status, made, &mut res);
    res
}

/// Stores a page whose body is in hand; of another one a copy is kept as it goes
/// by.
async fn keep<B: MessageBody>(
    dumper: &Dumper,
    req: HttpRequest,
    res: HttpResponse<B>,
    head: Head,
    mut lease: Lease,
    asked: &HeaderMap,
    what: What,
) -> ServiceResponse<Body<B>> {
    let (mut res, body) = res.into_parts();
    let fits = match body.size() {
        BodySize::None | BodySize::Stream => true,
        BodySize::Sized(size) => size <= dumper.max_body as u64,
    };
    if !fits {
        lease.decline();
        let res = res.set_body(EitherBody::left(Streaming::untouched(body)));
        return refuse(dumper, req, res, "body-size", asked, &what);
    }
    let body = match body.try_into_bytes() {
        Ok(body) => body,
        Err(body) => {
            lease.stream();
            let (why, since) = (what.why, what.since);
            let copy = Copy::new(lease, head, dumper.max_body, what);
            let res = res.set_body(EitherBody::left(Streaming::copied(body, copy)));
            let res = pass_on(dumper, res, &Status::Streaming(why), asked, since);
            return ServiceResponse::new(req, res);
        }
    };
    if body.len() > dumper.max_body {
        lease.decline();
        let res = res.set_body(EitherBody::right(body));
        return refuse(dumper, req, res, "body-size", asked, &what);
    }
    // The body may be a small part of what it holds in memory.
    let page = head.with_body(Bytes::copy_from_slice(&body));
    if let Some(etag) = page.header("etag").cloned()
        && let Ok(etag) = HeaderValue::from_maybe_shared(etag)
    {
        res.headers_mut().insert(header::ETAG, etag);
    }
    let page = match lease.fill(page) {
        Ok(page) => page,
        Err(err) => {
            let res = res.set_body(EitherBody::right(body));
            return refuse(dumper, req, res, &err.to_string(), asked, &what);
        }
    };
    debug!(target: "dumper::middleware", "stored: {what}");
    let body = representation::select(dumper, &what.key, &page, asked, res.headers_mut()).await;
    let made = res.status();
    let wanted = Wanted {
        method: &what.method,
        headers: asked,
    };
    let mut res = answer(wanted, res, body, page.created());
    note(dumper, &Status::Stored(what.why), made, &mut res);
    ServiceResponse::new(req, res)
}

/// Answers with a stored page.
async fn serve<B: MessageBody>(
    dumper: &Dumper,
    req: HttpRequest,
    key: &Key,
    page: &Arc<Page>,
) -> ServiceResponse<Body<B>> {
    let code = StatusCode::from_u16(page.status()).unwrap_or(StatusCode::OK);
    let mut res = HttpResponse::with_body(code, ());
    representation::add_headers(page, res.headers_mut());
    if let Some(age) = page.age() {
        res.headers_mut()
            .insert(header::AGE, HeaderValue::from(age.as_secs()));
    }
    let body = representation::select(dumper, key, page, req.headers(), res.headers_mut()).await;
    let ttl = page.left().map(|left| left.as_secs());
    note(dumper, &Status::Hit { ttl }, code, &mut res);
    let wanted = Wanted {
        method: req.method(),
        headers: req.headers(),
    };
    let res = answer(wanted, res, body, page.created());
    ServiceResponse::new(req, res)
}

/// Takes from a request what only concerns the answer to this client, and returns
/// its headers as they were.
///
/// A page is made by a `GET` without conditions, whoever asks for it first.
fn take_conditions(req: &mut ServiceRequest) -> HeaderMap {
    let asked = req.headers().clone();
    if req.method() == Method::HEAD {
        req.head_mut().method = Method::GET;
    }
    for name in CONDITIONS {
        req.headers_mut().remove(name);
    }
    // Over HTTP/2 a body need not be announced.
    req.set_payload(Payload::None);
    asked
}

/// Runs the inner service in a scope, and returns the tags that it named.
async fn in_scope<S, B>(
    service: &S,
    req: ServiceRequest,
) -> (Result<ServiceResponse<B>, Error>, Vec<Arc<str>>)
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    let scope = Scope::new();
    let res = scope.run(async { service.call(req).await }).await;
    let tags = scope.tags();
    // An error may be that of a commit that nobody waited for to its end.
    let well = res
        .as_ref()
        .is_ok_and(|res| !res.status().is_server_error() && res.response().error().is_none());
    if well {
        scope.end();
    } else {
        scope.fail();
    }
    (res, tags)
}

/// Tells what the cache did; `made` is the status that the handler gave.
fn note<T>(dumper: &Dumper, status: &Status, made: StatusCode, res: &mut HttpResponse<T>) {
    if dumper.cache_status {
        let changed = (made != res.status()).then_some(made);
        status.append_to(res.headers_mut(), changed);
    }
}
