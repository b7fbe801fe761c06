//! The caches that there are for axum and tower.

use std::convert::Infallible;
use std::io;

use axum::body::Body;
use axum::error_handling::HandleError;
use axum::http::{HeaderValue, Request, Response, StatusCode};
use axum::routing::any;
use axum::serve::ListenerExt;
use axum::{BoxError, Router};
use axum_response_cache::CacheLayer;
use bytes::Bytes;
use dumper_bench::{HOT, body};
use http_body_util::Full;
use tokio::net::TcpListener;
use tower::{Layer, service_fn};
use tower_http_cache::backend::memory::InMemoryBackend;

use super::{LIFETIME, headers};
use crate::arguments::Arguments;
use crate::listen::tell;

/// `axum-response-cache`, with the store that it has by default.
pub(crate) async fn axum_response_cache(arguments: &Arguments) -> io::Result<()> {
    let page = Bytes::from(body(HOT, arguments.bytes));
    let respond = move || async move { respond(Body::from(page)) };
    let app = Router::new()
        .fallback(any(respond))
        .layer(CacheLayer::with_lifespan(LIFETIME));
    serve(app).await
}

/// `tower-http-cache`, with its store in memory.
pub(crate) async fn tower_http_cache(arguments: &Arguments) -> io::Result<()> {
    let page = Bytes::from(body(HOT, arguments.bytes));
    let cache = tower_http_cache::CacheLayer::builder(InMemoryBackend::new(10_000))
        .ttl(LIFETIME)
        .build();
    let cached = cache.layer(service_fn(move |_: Request<Body>| {
        let res = respond(Full::new(page.clone()));
        async { Ok::<_, Infallible>(res) }
    }));
    let refuse = async |_: BoxError| StatusCode::INTERNAL_SERVER_ERROR;
    let app = Router::new().fallback_service(HandleError::new(cached, refuse));
    serve(app).await
}

async fn serve(app: Router) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    tell(listener.local_addr()?)?;
    let listener = listener.tap_io(|stream| {
        // A connection without it is slower, and no worse.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, app).await
}

fn respond<B>(body: B) -> Response<B> {
    let mut res = Response::new(body);
    for (name, value) in headers() {
        if let Ok(value) = HeaderValue::try_from(value) {
            res.headers_mut().insert(name, value);
        }
    }
    res
}
