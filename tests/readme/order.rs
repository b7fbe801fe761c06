//! The order of middlewares.

use actix_web::middleware::{DefaultHeaders, Logger, NormalizePath};
use actix_web::{App, HttpServer};
use dumper_actix::Dumper;

use super::app::routes;

fn serve() {
    let _ = HttpServer::new(|| {
        App::new()
            .configure(routes)
            // First, hence inside: sessions, tokens, transactions per request.
            .wrap(Dumper::default().compress())
            // Last, hence outside: guards, CORS, logs.
            .wrap(DefaultHeaders::new().add(("X-Frame-Options", "DENY")))
            .wrap(NormalizePath::trim())
            .wrap(Logger::default())
    });
}
