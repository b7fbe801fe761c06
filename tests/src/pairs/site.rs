//! An app with a cache and the same app without one, and no sockets between.

use std::fmt;
use std::panic::AssertUnwindSafe;

use actix_http::Request as ActixRequest;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use futures::FutureExt;
use futures::future::LocalBoxFuture;

use super::answer::Answer;
use super::request::Request;

/// An app that is ready to be asked.
pub type App = Box<dyn Fn(ActixRequest) -> LocalBoxFuture<'static, Answer>>;

/// An app with a cache, and the same app without one.
pub struct Site {
    cached: App,
    bare: App,
    forget: Box<dyn Fn()>,
}

impl Site {
    /// Makes a site of an app with a cache, of the same app without, and of a way
    /// to empty the cache.
    pub fn new(cached: App, bare: App, forget: impl Fn() + 'static) -> Self {
        Self {
            cached,
            bare,
            forget: Box::new(forget),
        }
    }

    pub(super) fn forget(&self) {
        (self.forget)();
    }

    pub(super) async fn cached(&self, request: ActixRequest) -> Answer {
        (self.cached)(request).await
    }

    /// What the app says without a cache, if the server reads the request at all.
    pub(super) async fn bare(&self, request: &Request) -> Option<Answer> {
        Some((self.bare)(request.read()?).await)
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").finish_non_exhaustive()
    }
}

/// Makes an app of what `init_service` returns.
pub fn app<S, B>(service: S) -> App
where
    S: Service<ActixRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    Box::new(move |request| {
        let called = AssertUnwindSafe(service.call(request));
        let answer = async move {
            match called.await {
                Ok(res) => Answer::read(res.into()).await,
                Err(err) => Answer::read(err.error_response()).await,
            }
        };
        let answer = AssertUnwindSafe(answer).catch_unwind();
        answer
            .map(|answer| answer.unwrap_or_else(|_| Answer::panicked()))
            .boxed_local()
    })
}
