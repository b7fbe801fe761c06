//! The caches that there are for Actix Web.

use std::future::ready;
use std::io;

use actix_request_reply_cache::RedisCacheMiddlewareBuilder;
use actix_tower::middleware::Cache;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{App, HttpResponse, web};
use bytes::Bytes;
use dumper_bench::{HOT, body};
use dumper_tests::redis::RedisServer;

use super::{LIFETIME, headers};
use crate::arguments::Arguments;
use crate::listen::listen;

/// `actix_tower`, which stores only what tells its length.
pub(crate) async fn actix_tower(arguments: &Arguments) -> io::Result<()> {
    let page = Bytes::from(body(HOT, arguments.bytes));
    let app = move || {
        let page = page.clone();
        let respond = move || {
            let mut res = respond(page.clone());
            res.headers_mut().insert(CONTENT_LENGTH, page.len().into());
            ready(res)
        };
        App::new()
            .default_service(web::to(respond))
            .wrap(Cache::new(LIFETIME))
    };
    listen(app, arguments.workers).await
}

/// `actix-request-reply-cache`, with a Redis of its own.
pub(crate) async fn actix_request_reply_cache(arguments: &Arguments) -> io::Result<()> {
    let redis = RedisServer::start(&[])?;
    let (url, page) = (redis.url(), Bytes::from(body(HOT, arguments.bytes)));
    let app = move || {
        let page = page.clone();
        App::new()
            .default_service(web::to(move || ready(respond(page.clone()))))
            .wrap(
                RedisCacheMiddlewareBuilder::new(url.as_str())
                    .ttl(LIFETIME.as_secs())
                    .build(),
            )
    };
    listen(app, arguments.workers).await
}

fn respond(page: Bytes) -> HttpResponse {
    let mut res = HttpResponse::Ok();
    for header in headers() {
        res.insert_header(header);
    }
    res.body(page)
}
