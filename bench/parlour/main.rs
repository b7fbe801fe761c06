//! Serves the pages of the ice-cream parlour, without a cache or through dumper.
//!
//! `parlour sqlite`, `parlour postgres`, `parlour sqlite cached`: what of the example
//! is read, on a database of its own, which is a child of this process if it has a
//! process.

#[path = "../../examples/ice-cream/database.rs"]
mod database;
#[path = "../../examples/ice-cream/entity/mod.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the forms of the example are left out"
)]
mod entity;
#[path = "../../examples/ice-cream/error.rs"]
#[allow(dead_code, reason = "the forms of the example are left out")]
mod error;
#[path = "../../examples/ice-cream/pages.rs"]
mod pages;
#[path = "../../examples/ice-cream/picture.rs"]
mod picture;
mod saves;
#[path = "../../examples/ice-cream/seed.rs"]
mod seed;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use actix_web::web::{self, Data, get, post};
use actix_web::{App, HttpServer, middleware::Condition};
use dumper_actix::Dumper;
use dumper_tests::{Database, Kind};

#[actix_web::main]
async fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words[..] {
        [kind] => serve(kind, false).await,
        [kind, "cached"] => serve(kind, true).await,
        _ => Err(io::Error::other("which database?")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            complain(&err);
            ExitCode::FAILURE
        }
    }
}

async fn serve(kind: &str, is_cached: bool) -> io::Result<()> {
    let kind: Kind = kind.parse().map_err(io::Error::other)?;
    let database = Database::create(kind)?;
    let db = database::open(database.url()).await;
    let db = db.map_err(io::Error::other)?;
    seed::fill(&db)
        .await
        .map_err(|err| io::Error::other(err.to_string()))?;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::new(db.clone()))
            .configure(routes)
            .wrap(Condition::new(is_cached, Dumper::default()))
    });
    let server = server
        .workers(1)
        .tcp_nodelay(true)
        .shutdown_timeout(0)
        .bind(("127.0.0.1", 0))?;
    for addr in server.addrs() {
        writeln!(io::stdout(), "{addr}")?;
    }
    server.run().await
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/", get().to(pages::home))
        .route("/flavors/", get().to(pages::flavors))
        .route("/flavors/{slug}/", get().to(pages::flavor))
        .route("/pictures/{slug}.svg", get().to(pages::picture))
        .route("/sizes/{slug}/", get().to(pages::size))
        .route("/style.css", get().to(pages::style))
        .route("/saves/{seconds}/", post().to(saves::begin))
        .default_service(web::route().to(pages::not_found));
}

#[expect(clippy::print_stderr, reason = "it is a command")]
fn complain(err: &io::Error) {
    eprintln!("parlour: {err}");
}
