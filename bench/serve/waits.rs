//! Pages that take long to render, behind dumper.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{App, HttpResponse, rt, web};
use dumper_actix::Dumper;

use crate::arguments::Arguments;
use crate::listen::listen;

/// How often a page was rendered.
static RENDERS: AtomicUsize = AtomicUsize::new(0);

pub(crate) async fn serve(arguments: &Arguments) -> io::Result<()> {
    let app = || {
        App::new()
            .route("/cold/{page}/{milliseconds}/", web::get().to(cold))
            .route("/refused/{page}/{milliseconds}/", web::get().to(refused))
            // Dumper leaves it alone.
            .route("/admin/renders/", web::get().to(renders))
            .wrap(Dumper::default())
    };
    listen(app, arguments.workers).await
}

/// A page that is stored.
async fn cold(named: web::Path<(String, u64)>) -> HttpResponse {
    HttpResponse::Ok().body(render(named.1).await)
}

/// A page that is not.
async fn refused(named: web::Path<(String, u64)>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(render(named.1).await)
}

async fn renders() -> String {
    RENDERS.load(Ordering::Relaxed).to_string()
}

async fn render(milliseconds: u64) -> String {
    RENDERS.fetch_add(1, Ordering::Relaxed);
    rt::time::sleep(Duration::from_millis(milliseconds)).await;
    format!("rendered in {milliseconds} ms")
}
