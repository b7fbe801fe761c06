//! Serves the pages in one of the ways that are compared.
//!
//! It is told what to serve and how, and prints where it listens. Whoever started it
//! ends it.

mod arguments;
mod cached;
mod listen;
mod no_op;
mod peers;
mod site;
mod uncached;
mod waits;

use std::env;
use std::io;
use std::process::ExitCode;

use actix_web::rt::System;
use tokio::runtime::Builder;

use crate::arguments::{Arguments, Served};

fn main() -> ExitCode {
    match Arguments::read(env::args().skip(1)).and_then(|arguments| serve(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            complain(&err);
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: &Arguments) -> io::Result<()> {
    let tokio = || Builder::new_current_thread().enable_all().build();
    match arguments.served {
        Served::App => System::new().block_on(uncached::app(arguments)),
        Served::Floor => System::new().block_on(uncached::floor(arguments)),
        Served::NoOp => System::new().block_on(uncached::no_op(arguments)),
        Served::Routes => System::new().block_on(uncached::routes(arguments)),
        Served::Dumper => System::new().block_on(cached::pages(arguments)),
        Served::Codings => System::new().block_on(cached::codings(arguments)),
        Served::Invalidations => System::new().block_on(cached::invalidations(arguments)),
        Served::Waits => System::new().block_on(waits::serve(arguments)),
        Served::ActixRequestReplyCache => {
            System::new().block_on(peers::actix_request_reply_cache(arguments))
        }
        Served::ActixTower => System::new().block_on(peers::actix_tower(arguments)),
        Served::AxumResponseCache => tokio()?.block_on(peers::axum_response_cache(arguments)),
        Served::TowerHttpCache => tokio()?.block_on(peers::tower_http_cache(arguments)),
    }
}

#[expect(clippy::print_stderr, reason = "it is a command")]
fn complain(err: &io::Error) {
    eprintln!("serve: {err}");
}
