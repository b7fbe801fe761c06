//! `ErrorHandlers`.

use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::error::ErrorInternalServerError;
use actix_web::http::StatusCode;
use actix_web::middleware::{ErrorHandlerResponse, ErrorHandlers};
use actix_web::{App, Error, HttpResponse, web};
use dumper_tests::alone::alone;

use super::site;
use crate::site::{page, render};

/// Says that all is well, with an apology.
#[allow(clippy::unnecessary_wraps, reason = "ErrorHandlers want it so")]
fn apologize<B>(res: ServiceResponse<B>) -> Result<ErrorHandlerResponse<B>, Error> {
    let (req, mut res) = res.into_parts();
    *res.status_mut() = StatusCode::OK;
    let res = res.set_body(format!("sorry, {}", render()));
    let res = ServiceResponse::new(req, res);
    Ok(ErrorHandlerResponse::Response(
        res.map_into_boxed_body().map_into_right_body(),
    ))
}

fn apologies<B: MessageBody + 'static>() -> ErrorHandlers<B> {
    ErrorHandlers::new()
        .handler(StatusCode::INTERNAL_SERVER_ERROR, apologize)
        .handler(StatusCode::NOT_FOUND, apologize)
}

static WELL: AtomicBool = AtomicBool::new(false);

async fn fails_at_first() -> Result<String, Error> {
    if WELL.load(Ordering::SeqCst) {
        return Ok(render());
    }
    Err(ErrorInternalServerError("not yet"))
}

#[test]
fn an_error_that_is_made_a_success_is_not_stored_on_either_side() {
    alone(async || {
        let inside = site(|dumper| {
            let app = App::new().route("/page/", web::get().to(fails_at_first));
            app.wrap(apologies()).wrap(dumper)
        });
        let outside = site(|dumper| {
            let app = App::new().route("/page/", web::get().to(fails_at_first));
            app.wrap(dumper).wrap(apologies())
        });
        for (site, reason) in [(inside, "error"), (outside, "status-500")] {
            WELL.store(false, Ordering::SeqCst);
            for _ in 0..2 {
                let answer = site.get("/page/").await;
                assert_eq!(answer.status, 200);
                assert!(answer.text().starts_with("sorry"), "{answer:?}");
                let expected = format!("fwd=miss; detail={reason}");
                assert_eq!(answer.cache(), expected);
            }
            WELL.store(true, Ordering::SeqCst);
            assert!(site.get("/page/").await.is_stored());
            assert!(site.get("/page/").await.is_hit());
        }
    });
}

/// Nothing is left of the error, which is why the README tells to say `no-store`.
#[test]
fn inside_a_success_in_the_place_of_an_error_is_a_page() {
    #[allow(clippy::unnecessary_wraps, reason = "ErrorHandlers want it so")]
    fn replace<B>(res: ServiceResponse<B>) -> Result<ErrorHandlerResponse<B>, Error> {
        let well = HttpResponse::Ok().body(format!("sorry, {}", render()));
        let res = ServiceResponse::new(res.into_parts().0, well);
        Ok(ErrorHandlerResponse::Response(res.map_into_right_body()))
    }
    alone(async || {
        let site = site(|dumper| {
            let app = App::new().route("/page/", web::get().to(fails_at_first));
            let handlers = ErrorHandlers::new();
            app.wrap(handlers.handler(StatusCode::INTERNAL_SERVER_ERROR, replace))
                .wrap(dumper)
        });
        assert!(site.get("/page/").await.is_stored());
        WELL.store(true, Ordering::SeqCst);
        assert!(site.get("/page/").await.text().starts_with("sorry"));
    });
}

#[test]
fn outside_a_handler_of_successes_sees_hits_too() {
    fn mark(mut res: ServiceResponse<impl MessageBody + 'static>) -> ServiceResponse<BoxBody> {
        let headers = res.headers_mut();
        headers.insert("x-seen".parse().unwrap(), "yes".parse().unwrap());
        res.map_into_boxed_body()
    }
    alone(async || {
        let site = site(|dumper| {
            let app = App::new().route("/page/", page(200, &[])).wrap(dumper);
            let handlers = ErrorHandlers::new().handler(StatusCode::OK, |res| {
                Ok(ErrorHandlerResponse::Response(
                    mark(res).map_into_right_body(),
                ))
            });
            app.wrap(handlers)
        });
        for _ in 0..2 {
            let answer = site.get("/page/").await;
            assert_eq!(answer.header("x-seen").as_deref(), Some("yes"));
        }
        assert!(site.get("/page/").await.is_hit());
    });
}
