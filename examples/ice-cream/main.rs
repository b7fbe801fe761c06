//! An ice-cream parlour: a small site with a database, all of whose pages are
//! cached and never stale.
//!
//! `cargo run --example ice-cream`, then see `examples/README.md` for a tour.
//!
//! What dumper asks of a site stands in two places: the `#[dumper(…)]` attributes
//! of the entities in `entity`, and the one `.wrap(Dumper::default())` below. All
//! else is what the site would be without it.

mod admin;
mod database;
#[allow(unreachable_pub, reason = "SeaORM wants its models public")]
mod entity;
mod error;
mod forms;
mod input;
mod pages;
mod picture;
mod seed;

use std::{env, process::ExitCode};

use actix_web::{
    App, HttpServer,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::ErrorInternalServerError,
    middleware::{Next, from_fn},
    rt,
    web::{self, get, post},
};
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_redis::Redis;
use env_logger::Env;

use crate::error::Error;

/// The longest form: 2 000 characters may take 12 bytes each.
const LONGEST_FORM: usize = 32 << 10;

#[actix_web::main]
async fn main() -> ExitCode {
    // `dumper=debug` tells of every hit and miss, and which row drops which page.
    env_logger::init_from_env(Env::default().default_filter_or("warn,ice_cream=info,dumper=debug"));
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            log::error!("{reason}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), String> {
    let port = env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    let port: u16 = port
        .parse()
        .map_err(|_| format!("PORT is not a port: {port:?}"))?;
    if let Ok(url) = env::var("REDIS_URL") {
        share_pages(&url).await?;
    }
    let url = env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite::memory:".to_owned());

    let db = database::open(&url)
        .await
        .map_err(|err| format!("cannot open the database of DATABASE_URL: {err}"))?;
    seed::fill(&db)
        .await
        .map_err(|err| format!("cannot fill the database: {err:?}"))?;

    let server = HttpServer::new(move || {
        App::new()
            .wrap(Dumper::default())
            .wrap(from_fn(finish))
            .app_data(web::Data::new(db.clone()))
            .configure(routes)
    })
    .tcp_nodelay(true)
    .bind(("127.0.0.1", port))
    .map_err(|err| format!("cannot listen on port {port}: {err}"))?;
    for address in server.addrs() {
        log::info!("open at http://{address}/");
    }
    server.run().await.map_err(|err| err.to_string())
}

/// Shares the pages with all processes that have the same database and the same Redis.
async fn share_pages(url: &str) -> Result<(), String> {
    let redis = Redis::connect(url)
        .await
        .map_err(|err| format!("cannot use the Redis of REDIS_URL: {err}"))?;
    let cache = Cache::builder().store(redis).install();
    cache.map_err(|err| err.to_string())
}

/// Finishes what a visitor asked for even if they have gone.
///
/// Actix Web drops the future of a request whose connection is closed, and the
/// database driver takes that badly in the middle of a transaction: its connection
/// may go back to the pool with the transaction open, or be closed, which is the
/// end of a database in memory. This stands outside [`Dumper`], so that a request
/// and its scope are one task.
async fn finish(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    rt::spawn(next.call(req))
        .await
        .map_err(ErrorInternalServerError)?
}

fn routes(app: &mut web::ServiceConfig) {
    let forms = web::FormConfig::default()
        .limit(LONGEST_FORM)
        .error_handler(|err, _| Error::from(err).into());
    let paths = web::PathConfig::default().error_handler(|_, _| Error::NotFound.into());
    app.app_data(forms)
        .app_data(paths)
        .route("/", get().to(pages::home))
        .route("/flavors/", get().to(pages::flavors))
        .route("/flavors/", post().to(forms::create_flavor))
        .route("/flavors/{slug}/", get().to(pages::flavor))
        .route("/flavors/{slug}/", post().to(forms::edit_flavor))
        .route("/flavors/{slug}/delete", post().to(forms::delete_flavor))
        .route("/flavors/{slug}/sizes", post().to(forms::change_offer))
        .route("/pictures/{slug}.svg", get().to(pages::picture))
        .route("/sizes/{slug}/", get().to(pages::size))
        .route("/sizes/{slug}/", post().to(forms::edit_size))
        .route("/style.css", get().to(pages::style))
        .route("/admin/", get().to(admin::overview))
        .route("/admin/flavors/{slug}/", get().to(admin::flavor))
        .route("/admin/sizes/{slug}/", get().to(admin::size))
        .default_service(web::route().to(pages::not_found));
}
