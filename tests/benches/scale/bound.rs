//! Whether a process grows by as much as its cache may take.

use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::HOST;
use actix_web::rt::System;
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, Error, HttpResponse, web};
use dumper::Cache;
use dumper_actix::Dumper;

use crate::resident::{megabytes, resident};
use crate::site::path;

/// How far the growth may be from what was set.
const TOLERANCE: f64 = 0.05;

/// How many times over the cache is filled.
const TIMES: u64 = 2;

#[derive(Clone, Copy)]
pub(crate) struct Bound {
    max_bytes: u64,
    length: usize,
}

impl Bound {
    /// So many megabytes of pages of so many kilobytes.
    pub(crate) fn of(megabytes: u64, kilobytes: usize) -> Self {
        Self {
            max_bytes: megabytes << 20,
            length: kilobytes << 10,
        }
    }
}

pub(crate) fn measure(bound: Bound) -> Vec<String> {
    System::new().block_on(fill(bound))
}

/// Lets a site render pages, and serves each of them once more.
async fn fill(Bound { max_bytes, length }: Bound) -> Vec<String> {
    let cache = Cache::builder().max_bytes(max_bytes).build();
    let render = move || async move {
        let page = vec![b'.'; length];
        HttpResponse::Ok().content_type("text/html").body(page)
    };
    let app = App::new()
        .default_service(web::to(render))
        .wrap(Dumper::new(cache.clone()));
    let app = init_service(app).await;
    visit(&app, &path(0)).await;
    let before = resident();
    let mut number = 0;
    while number as u64 * (length as u64) < TIMES * max_bytes {
        number += 1;
        let path = path(number);
        visit(&app, &path).await;
        visit(&app, &path).await;
    }
    let grown = resident() - before;
    let stats = cache.stats();
    assert_eq!(stats.hits, number as u64, "each is served");
    let ratio = grown as f64 / max_bytes as f64;
    let [grown, reckoned, bodies] =
        [grown, stats.bytes, (stats.paths * length) as u64].map(megabytes);
    println!(
        "  {ratio:.3} of what it may: grown by {grown:.0} MiB, {reckoned:.0} as reckoned, of which {bodies:.0} are bodies"
    );
    if (ratio - 1.0).abs() > TOLERANCE {
        return vec![format!("it is not within {TOLERANCE} of 1")];
    }
    Vec::new()
}

async fn visit<S, B>(app: &S, path: &str)
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
{
    let req = TestRequest::get().uri(path);
    let req = req.insert_header((HOST, "parlour.example")).to_request();
    let res = app.call(req).await;
    assert!(res.is_ok_and(|res| res.status().is_success()), "{path}");
}
