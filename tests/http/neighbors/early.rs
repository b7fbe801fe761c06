//! Middlewares that answer by themselves, fail, or change an answer.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorServiceUnavailable;
use actix_web::http::StatusCode;
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, Error, HttpResponse};
use dumper_tests::alone::alone;

use super::site;
use crate::site::{Site, page};

/// Lets nobody in who does not know the word.
async fn guard(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    if req.headers().contains_key("x-word") {
        return next
            .call(req)
            .await
            .map(ServiceResponse::map_into_boxed_body);
    }
    Ok(req.into_response(HttpResponse::Forbidden().body("no")))
}

/// Fails unless told not to.
async fn fail(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if req.headers().contains_key("x-word") {
        return next.call(req).await;
    }
    Err(ErrorServiceUnavailable("not yet"))
}

/// Renders the page, and fails then.
async fn fail_late(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_fine = req.headers().contains_key("x-word");
    let res = next.call(req).await?;
    if is_fine {
        return Ok(res);
    }
    Err(ErrorServiceUnavailable("too late"))
}

/// Puts its own greeting in the place of the page.
async fn greet(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let word = req.headers().get("x-word").cloned();
    let (req, res) = next.call(req).await?.into_parts();
    let res = match word {
        Some(word) if res.status() == StatusCode::OK => {
            let greeting = word.to_str().unwrap().to_owned();
            res.set_body(greeting).map_into_boxed_body()
        }
        _ => res.map_into_boxed_body(),
    };
    Ok(ServiceResponse::new(req, res))
}

/// Adds what it was asked with.
async fn echo(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let word = req.headers().get("x-word").cloned();
    let mut res = next.call(req).await?;
    if let Some(word) = word {
        let name = "x-echo".parse().unwrap();
        res.headers_mut().insert(name, word);
    }
    Ok(res)
}

macro_rules! inside {
    ($middleware:ident) => {
        site(|dumper| {
            let app = App::new().route("/page/", page(200, &[]));
            app.wrap(from_fn($middleware)).wrap(dumper)
        })
    };
}

macro_rules! outside {
    ($middleware:ident) => {
        site(|dumper| {
            let app = App::new().route("/page/", page(200, &[]));
            app.wrap(dumper).wrap(from_fn($middleware))
        })
    };
}

const WORD: &[(&str, &str)] = &[("X-Word", "please")];

async fn statuses(site: &Site) -> [u16; 3] {
    let refused = site.get("/page/").await.status;
    let let_in = site.request("GET", "/page/", WORD).await;
    assert!(let_in.text().starts_with("render"));
    [refused, let_in.status, site.get("/page/").await.status]
}

#[test]
fn a_guard_outside_is_asked_for_hits_too() {
    alone(async || {
        let site = outside!(guard);
        assert_eq!(statuses(&site).await, [403, 200, 403]);
        assert!(site.request("GET", "/page/", WORD).await.is_hit());
    });
}

/// Which is why the README tells to put it outside.
#[test]
fn a_guard_inside_is_passed_by_on_a_hit() {
    alone(async || {
        assert_eq!(statuses(&inside!(guard)).await, [403, 200, 200]);
    });
}

#[test]
fn a_failure_is_not_stored_on_either_side() {
    alone(async || {
        for (case, site) in [("early", inside!(fail)), ("late", inside!(fail_late))] {
            assert_eq!(statuses(&site).await, [503, 200, 200], "{case}");
            assert!(site.get("/page/").await.is_hit(), "{case}");
        }
        for (case, site) in [("early", outside!(fail)), ("late", outside!(fail_late))] {
            assert_eq!(statuses(&site).await, [503, 200, 503], "{case}");
            let answer = site.request("GET", "/page/", WORD).await;
            assert!(answer.is_hit(), "{case}");
        }
    });
}

#[test]
fn what_is_changed_outside_differs_per_answer() {
    alone(async || {
        let site = outside!(echo);
        for _ in 0..2 {
            let answer = site.request("GET", "/page/", WORD).await;
            assert_eq!(answer.header("x-echo").as_deref(), Some("please"));
            assert_eq!(site.get("/page/").await.header("x-echo"), None);
        }
        assert!(site.get("/page/").await.is_hit());
    });
}

/// Which is why the README tells to take the `ETag` away too.
#[test]
fn a_body_that_is_changed_outside_keeps_the_validator_of_the_page() {
    alone(async || {
        let site = outside!(greet);
        let please = site.request("GET", "/page/", WORD).await;
        assert_eq!(please.text(), "please");
        assert!(site.get("/page/").await.text().starts_with("render"));
        let etag = please.header("etag").unwrap();
        let known = [("X-Word", "thanks"), ("If-None-Match", etag.as_str())];
        assert_eq!(site.request("GET", "/page/", &known).await.status, 304);
    });
}
