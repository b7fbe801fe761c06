//! A slice of what the program `pairs` does at length.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use actix_web::body::{BoxBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::{Next, from_fn};
use actix_web::test::init_service;
use actix_web::{App, Error, HttpResponse};
use bytes::Bytes;
use dumper_tests::alone::alone;
use dumper_tests::pairs::{Site, Trial, app, routes, run};

/// A mistake, and the key that makes it.
type Mistake = (&'static str, fn(&ServiceRequest) -> String);

type Stored = (StatusCode, HeaderMap, Bytes);

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

async fn send_pairs(seed: u64) {
    let trial = Trial::start().await;
    match run(&trial, seed, 10_000).await {
        Ok(tally) => assert!(tally.is_telling(), "too few hits: {tally:?}"),
        Err(failure) => panic!("seed {seed}: {failure}"),
    }
}

#[test]
fn the_second_of_a_pair_is_answered_as_if_there_had_been_no_first() {
    alone(async || send_pairs(1).await);
}

#[test]
fn nor_has_the_first_any_part_in_a_pair_that_nobody_has_sent_before() {
    alone(async || send_pairs(fastrand::u64(..)).await);
}

/// Without this, nobody would know whether the pairs can fail.
#[test]
fn a_cache_with_a_careless_key_is_found_out() {
    const KEYS: [Mistake; 6] = [
        ("one page for all", |_| String::new()),
        ("paths without case", |req| {
            format!("{} {}", host(req), req.uri().to_string().to_lowercase())
        }),
        ("no query", |req| format!("{} {}", host(req), req.path())),
        ("no host", |req| req.uri().to_string()),
        ("paths as they are matched", |req| {
            format!(
                "{} {} {:?}",
                host(req),
                req.match_info().as_str(),
                req.uri().query()
            )
        }),
        (
            "neither `Vary` nor credentials nor headers of proxies",
            |req| format!("{} {}", host(req), req.uri()),
        ),
    ];
    alone(async || {
        for (mistake, key) in KEYS {
            let trial = Trial::of(site_with_careless_cache(key).await);
            let found = run(&trial, 1, 10_000).await;
            assert!(found.is_err(), "{mistake}: {found:?}");
        }
    });
}

fn host(req: &ServiceRequest) -> String {
    req.connection_info().host().to_owned()
}

#[derive(Clone, Default)]
struct Careless(Rc<RefCell<HashMap<String, Stored>>>);

async fn site_with_careless_cache(key: fn(&ServiceRequest) -> String) -> Site {
    let careless = Careless::default();
    let pages = careless.clone();
    let cached = App::new()
        .wrap(from_fn(move |req, next| {
            answered(careless.clone(), key, req, next)
        }))
        .configure(routes);
    let bare = App::new().configure(routes);
    let (cached, bare) = (init_service(cached).await, init_service(bare).await);
    Site::new(app(cached), app(bare), move || pages.0.borrow_mut().clear())
}

/// Serves by the key alone, and stores whatever there is.
async fn answered(
    careless: Careless,
    key: fn(&ServiceRequest) -> String,
    req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    if req.method() != Method::GET {
        return next.call(req).await;
    }
    let key = key(&req);
    let page = careless.0.borrow().get(&key).cloned();
    let (req, status, headers, body, said) = match page {
        Some((status, headers, body)) => {
            let (req, _) = req.into_parts();
            (req, status, headers, body, "careless; hit")
        }
        None => {
            let (req, res) = next.call(req).await?.into_parts();
            let (status, headers) = (res.status(), res.headers().clone());
            let body = to_bytes(res.into_body()).await.unwrap_or_default();
            let page = (status, headers.clone(), body.clone());
            careless.0.borrow_mut().insert(key, page);
            (req, status, headers, body, "careless; fwd=miss; stored")
        }
    };
    let mut res = HttpResponse::with_body(status, BoxBody::new(body));
    *res.headers_mut() = headers;
    res.headers_mut()
        .insert(CACHE_STATUS, HeaderValue::from_static(said));
    Ok(ServiceResponse::new(req, res))
}
