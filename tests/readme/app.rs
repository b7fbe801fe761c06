//! The app.

use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};
use dumper_actix::Dumper;

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(|| App::new().wrap(Dumper::default()).configure(routes))
        .bind(("127.0.0.1", 8080))?
        .run()
        .await
}

pub(super) fn routes(_: &mut ServiceConfig) {}
