//! Bodies, as they come.

use actix_web::HttpResponse;
use actix_web::web;
use dumper_tests::alone::alone;

use crate::site::Site;

#[test]
fn an_empty_body_is_a_page() {
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/empty/", web::get().to(HttpResponse::Ok));
        });
        assert!(site.get("/empty/").await.is_stored());
        let answer = site.get("/empty/").await;
        assert!(answer.is_hit());
        assert_eq!(answer.header("content-length").as_deref(), Some("0"));
    });
}
