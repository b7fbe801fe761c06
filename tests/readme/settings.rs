//! Settings.

use super::app::routes;
use super::cake;

use std::error::Error;

use actix_web::{App, HttpServer};
use dumper::Cache;
use dumper_actix::Dumper;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    Cache::builder().max_bytes(512 << 20).install()?;
    dumper::register::<cake::Entity>(|cake| vec![format!("/cakes/{}/", cake.id)]);

    let dumper = Dumper::default()
        .ignore("^/(admin|media)/")?
        .session_cookies(["id"])
        .hosts(["parlour.example"]);
    HttpServer::new(move || App::new().wrap(dumper.clone()).configure(routes))
        .bind(("127.0.0.1", 8080))?
        .run()
        .await?;
    Ok(())
}
