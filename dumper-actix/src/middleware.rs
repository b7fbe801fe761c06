//! The way of a request through the cache.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::Method;
use actix_web::{Error, HttpMessage, HttpResponse};
use bytes::Bytes;
use dumper::{Key, Lease, Lookup, Scope};
use futures::future::{Either, LocalBoxFuture};
use log::debug;

use crate::body::{Body, Streaming};
use crate::client::RequestDirectives;
use crate::dumper::Dumper;
use crate::hit::{hit, serve};
use crate::hosts::LastHost;
use crate::location::Change;
use crate::meanings::Meanings;
use crate::render::Render;
use crate::request::{Asked, header_value};
use crate::status::Status;
use crate::target::Target;
use crate::what::What;

/// The service that [`Dumper`] makes of the one it wraps.
#[derive(Debug)]
pub struct DumperMiddleware<S> {
    service: Rc<S>,
    dumper: Rc<Dumper>,
    last_host: LastHost,
    meanings: Meanings,
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
            meanings: Meanings::new(self),
            dumper: Rc::new(self.clone()),
            last_host: LastHost::default(),
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
    type Future = Either<
        Ready<Result<Self::Response, Self::Error>>,
        LocalBoxFuture<'static, Result<Self::Response, Self::Error>>,
    >;

    forward_ready!(service);

    fn call(&self, req: ServiceRequest) -> Self::Future {
        let (last, meanings) = (&self.last_host, &self.meanings);
        let asked = Asked::by(&self.dumper, last, meanings, req.request());
        let is_led = req.extensions().contains::<Led>();
        if let Ok(asked) = &asked
            && !is_led
            && let Some(res) = hit(&self.dumper, asked, req.request())
        {
            let (req, _) = req.into_parts();
            return Either::Left(ready(Ok(ServiceResponse::new(req, res))));
        }
        let dumper = Rc::clone(&self.dumper);
        let service = Rc::clone(&self.service);
        Either::Right(match asked {
            asked if is_led => {
                let status = asked.err();
                Box::pin(async move { leave_alone(&*service, req, status).await })
            }
            Err(status) => Box::pin(async move { bypass(&dumper, &*service, req, status).await }),
            Ok(Asked {
                key,
                target,
                glance,
            }) => {
                let key = key.to_key();
                if glance.has_range && req.method() == Method::GET {
                    Box::pin(async move { parts(&dumper, &*service, req, key).await })
                } else {
                    Box::pin(async move { page(&dumper, &*service, req, key, target).await })
                }
            }
        })
    }
}

/// Marks a request that a middleware further out renders a page for. To wait for
/// that render would be to wait for oneself.
struct Led;

/// Marks a request for which a middleware further in would have had no page, for
/// a reason: so it is none for the one further out.
pub(crate) struct LeftAlone(pub(crate) &'static str);

/// Lets a request pass for which a middleware further out renders a page, and tells
/// why this one would have had none.
async fn leave_alone<S, B>(
    service: &S,
    req: ServiceRequest,
    status: Option<Status>,
) -> Result<ServiceResponse<Body<B>>, Error>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    if let Some(Status::Bypass(reason)) = status {
        req.extensions_mut().insert(LeftAlone(reason));
    }
    let res = service.call(req).await?;
    Ok(res.map_body(|_, body| EitherBody::left(Streaming::untouched(body))))
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
    debug!(
        target: "dumper::middleware",
        "bypass: path \"{}\" with method \"{}\": {status}", req.path(), req.method()
    );
    let change = (!req.method().is_safe()).then(|| Change::by(dumper, req.request()));
    let (res, _) = in_scope(service, req).await;
    let mut res = res?;
    if let Some(change) = change {
        // In a box, so that requests that change nothing do not move it.
        Box::pin(change.told_by(dumper, &res)).await;
    }
    status.tell(dumper, res.status(), res.response_mut());
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
        .stored(&key, &|name| header_value(headers, name))
        .await;
    let client = RequestDirectives::by(dumper, headers);
    let what = What::of(&req, key);
    match page.filter(|page| client.accepts(page)) {
        Some(page) => Ok(serve(dumper, req, &what, &page).await),
        None if client.only_if_cached => Ok(without_page(dumper, req, &what)),
        None => bypass(dumper, service, req, Status::Bypass("range")).await,
    }
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
    let what = What::of(&req, key);
    let (lookup, why) = client
        .look_up(&dumper.cache, &what.key, req.headers())
        .await;
    let lease = match lookup {
        Lookup::Hit(page) => return Ok(serve(dumper, req, &what, &page).await),
        Lookup::Miss(lease) => Ok(lease),
        Lookup::Fenced => Err("fenced"),
        Lookup::Unavailable => Err("store-unavailable"),
    };
    if client.only_if_cached {
        return Ok(without_page(dumper, req, &what));
    }
    if client.no_store {
        drop(lease);
        return bypass(dumper, service, req, Status::Bypass("no-store")).await;
    }
    debug!(target: "dumper::middleware", "miss: {what}");
    req.extensions_mut().insert(Led);
    let render = Render::begin(dumper, what, why, target, &mut req);
    match in_scope(service, req).await {
        (Ok(res), tags) => Ok(render.end(res, lease, tags).await),
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
    Status::OnlyIfCached.tell(dumper, made, &mut res);
    req.into_response(res.set_body(EitherBody::right(Bytes::new())))
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
        scope.end().await;
    } else {
        scope.fail().await;
    }
    (res, tags)
}
