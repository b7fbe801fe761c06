//! What dumper makes of a site.

use std::future::ready;
use std::io;
use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::web::Path;
use actix_web::{App, HttpResponse, rt, web};
use bytes::Bytes;
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_bench::path;

use crate::arguments::Arguments;
use crate::listen::listen;
use crate::site::{Site, Stored};

/// How many pages, after the first, are invalidated in turn.
const INVALIDATED: usize = 4096;

/// The pages as they are, wrapped once.
pub(crate) async fn pages(arguments: &Arguments) -> io::Result<()> {
    install(arguments)?;
    let site = Site::of_pages(arguments);
    let app = move || {
        let app = App::new().default_service(site.route());
        app.wrap(Dumper::default())
    };
    listen(app, arguments.workers).await
}

/// A page that gets smaller by a coding, and pages of any length that do not.
pub(crate) async fn codings(arguments: &Arguments) -> io::Result<()> {
    install(arguments)?;
    let bytes = arguments.bytes;
    let app = move || {
        let text = move || ready(Stored::page("/text/", bytes).respond());
        App::new()
            .route("/text/", web::get().to(text))
            .route("/noise/{bytes}/", web::get().to(noise))
            .wrap(Dumper::default().compress())
    };
    listen(app, arguments.workers).await
}

/// The pages, of which a thousand a second are invalidated for as long as one says.
pub(crate) async fn invalidations(arguments: &Arguments) -> io::Result<()> {
    install(arguments)?;
    let site = Site::Made(arguments.bytes);
    let app = move || {
        App::new()
            .route("/invalidations/{seconds}/", web::post().to(invalidate))
            .default_service(site.route())
            .wrap(Dumper::default())
    };
    listen(app, arguments.workers).await
}

fn install(arguments: &Arguments) -> io::Result<()> {
    let cache = Cache::builder().max_bytes(arguments.max_bytes);
    cache.install().map_err(io::Error::other)
}

/// The headers of a page in a coding, but for the one that tells the coding.
async fn noise(bytes: Path<usize>) -> HttpResponse {
    let mut random = fastrand::Rng::with_seed(1);
    let noise: Bytes = iter::repeat_with(|| random.u8(..)).take(*bytes).collect();
    HttpResponse::Ok()
        .content_type("image/png; charset=utf-8")
        .insert_header(("x-vary", "Accept-Encoding"))
        .insert_header(("x-content-coding", "none"))
        .body(noise)
}

async fn invalidate(seconds: Path<u32>) -> HttpResponse {
    static NEXT: AtomicUsize = AtomicUsize::new(0);

    // A job beside the requests, as it would be on a site.
    rt::spawn(async move {
        let mut ticks = rt::time::interval(Duration::from_millis(1));
        for _ in 0..*seconds * 1000 {
            ticks.tick().await;
            let page = 1 + NEXT.fetch_add(1, Ordering::Relaxed) % INVALIDATED;
            Cache::global().invalidate_paths([path(page)]).await;
        }
    });
    HttpResponse::Accepted().finish()
}
