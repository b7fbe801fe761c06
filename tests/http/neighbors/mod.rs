//! Other middlewares, inside and outside.

mod compress;
mod cors;
mod csrf;
mod default_headers;
mod early;
mod error_handlers;
mod files;
mod guards;
mod normalize_path;
mod plain;
mod scopes;

use std::fmt::Debug;

use actix_http::{Request, Response};
use actix_service::IntoServiceFactory;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceFactory};
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::client::Answer;

use crate::site::{Site, serve};

/// Starts an app that wraps itself in the middleware, and in others before or
/// after it.
fn site<F, A, S, B>(app: F) -> Site
where
    F: Fn(Dumper) -> A + Clone + Send + 'static,
    A: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error>,
    S::InitError: Debug,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    let cache = Cache::builder().build();
    let dumper = Dumper::new(cache.clone());
    let addr = serve(move || app(dumper.clone()));
    Site { cache, addr }
}

/// What a visitor was shown: a page, and whether it came from the cache.
fn shown(answer: &Answer) -> (String, String) {
    (answer.text(), answer.cache())
}

/// Whether it was stored, or is once its body has gone by: some neighbors make a
/// stream of it.
fn is_to_be_stored(answer: &Answer) -> bool {
    answer.is_stored() || answer.cache() == "fwd=miss; detail=streaming"
}

/// Asks for `/page/` as one visitor, as another, and after an invalidation, and
/// expects it to be stored, served, and made anew.
async fn lives_as_it_should(site: &Site, case: &str) {
    let first = site.get("/page/").await;
    assert_eq!(first.status, 200, "{case}");
    assert!(
        first.complete && is_to_be_stored(&first),
        "{case}: {first:?}"
    );
    let second = site.get("/page/").await;
    assert!(second.is_hit(), "{case}: {second:?}");
    assert_eq!(second.body, first.body, "{case}");
    let head = site.request("HEAD", "/page/", &[]).await;
    assert!(head.is_hit() && head.body.is_empty(), "{case}: {head:?}");
    let etag = second.header("etag").unwrap();
    let known = [("If-None-Match", etag.as_str())];
    let known = site.request("GET", "/page/", &known).await;
    assert_eq!((known.status, known.text().as_str()), (304, ""), "{case}");
    let somebody = [("Cookie", "id=7")];
    let somebody = site.request("GET", "/page/", &somebody).await;
    assert_eq!(somebody.cache(), "fwd=bypass; detail=cookie", "{case}");
    assert_ne!(somebody.body, first.body, "{case}");
    site.cache.invalidate_paths(["/page/"]).await;
    let third = site.get("/page/").await;
    assert!(is_to_be_stored(&third), "{case}: {third:?}");
    assert_ne!(third.body, first.body, "{case}");
    assert_eq!(site.get("/page/").await.body, third.body, "{case}");
}
