//! One body for all who ask.

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, Error, HttpResponse, web};
use bytes::Bytes;
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::alone::alone;

/// The body as it is handed to the server.
async fn body<S, B>(app: &S, target: &str, host: &'static str) -> Bytes
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let get = TestRequest::get().uri(target).insert_header(("Host", host));
    let res = call_service(app, get.to_request()).await;
    res.into_body().try_into_bytes().ok().unwrap()
}

#[test]
fn a_hit_copies_nothing() {
    alone(async || {
        let cache = Cache::builder().build();
        let page = async || "a body".repeat(100);
        let app = App::new().route("/page/", web::get().to(page));
        let app = init_service(app.wrap(Dumper::new(cache))).await;
        let rendered = body(&app, "/page/", "a.example").await;
        let first = body(&app, "/page/", "a.example").await;
        let second = body(&app, "/page/", "a.example").await;
        assert_eq!(first, rendered);
        assert_eq!(first.as_ptr(), second.as_ptr());
    });
}

#[test]
fn variants_with_the_same_body_share_it() {
    alone(async || {
        let cache = Cache::builder().build();
        let page = async || HttpResponse::Ok().body("a body".repeat(10_000));
        let other = async || HttpResponse::Ok().body("b body".repeat(10_000));
        let app = App::new()
            .route(
                "/page/",
                web::get()
                    .guard(actix_web::guard::Host("b.example"))
                    .to(other),
            )
            .route("/page/", web::get().to(page));
        let app = init_service(app.wrap(Dumper::new(cache.clone()))).await;
        let mut bodies = Vec::new();
        for (target, host) in [
            ("/page/", "a.example"),
            ("/page/?page=2", "a.example"),
            ("/page/", "c.example"),
            ("/page/", "b.example"),
        ] {
            body(&app, target, host).await;
            bodies.push(body(&app, target, host).await);
        }
        let first = bodies[0].as_ptr();
        assert!(bodies[..3].iter().all(|body| body.as_ptr() == first));
        assert_ne!(bodies[3].as_ptr(), first);
        assert_eq!(bodies[3], "b body".repeat(10_000));
        let bytes = cache.stats().bytes;
        assert!(
            (120_000..180_000).contains(&bytes),
            "{bytes} for two bodies"
        );
    });
}
