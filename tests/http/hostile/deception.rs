//! Cache deception: a victim is lured to an URL that looks like a file, and the
//! attacker hopes that the victim's page is stored there.

use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use dumper_tests::alone::alone;

use crate::site::Site;

/// What a victim is lured to, each of which a lenient app answers with the account.
const LURES: [&str; 16] = [
    "/account/",
    "/account/x.css",
    "/account/x.js",
    "/account%2fx.css",
    "/account/%2e%2e/static/x.css",
    "/account;x.css",
    "/account/;x.css",
    "/account%00.css",
    "/account%0a.css",
    "/account%3fx.css",
    "/account%23x.css",
    "/account?x.css",
    "/account/robots.txt",
    "/static/..%2faccount/x.css",
    "/account/favicon.ico",
    "/account%5cx.css",
];

/// A page that whoever has the cookie sees as his own.
async fn account(req: HttpRequest) -> HttpResponse {
    let user = req.cookie("id").map(|id| id.value().to_owned());
    HttpResponse::Ok()
        .content_type("text/css")
        .body(format!("the account of {user:?}"))
}

#[test]
fn what_looks_like_a_file_is_not_stored_of_a_visitor_with_a_cookie() {
    alone(async || {
        let site = Site::start(|routes| {
            routes.default_service(web::get().to(account));
        });
        for lure in LURES {
            let victim = site.request("GET", lure, &[("Cookie", "id=ann")]).await;
            assert_eq!(victim.text(), "the account of Some(\"ann\")", "{lure}");
            let attacker = site.get(lure).await;
            assert_eq!(attacker.text(), "the account of None", "{lure}");
            assert!(attacker.is_stored(), "{lure}");
            // Nor the other way round.
            let victim = site.request("GET", lure, &[("Cookie", "id=ann")]).await;
            assert_eq!(victim.text(), "the account of Some(\"ann\")", "{lure}");
        }
    });
}

/// Of a visitor who is known by an address or a certificate only the response can
/// tell that the page is his own, and what it says counts for files too.
#[test]
fn what_looks_like_a_file_is_not_stored_if_it_says_that_it_is_private() {
    alone(async || {
        for said in [
            ("Cache-Control", "private"),
            ("Cache-Control", "no-store"),
            ("Cache-Control", "max-age=600, private"),
            ("Cache-Control", "public, max-age=600, no-cache"),
            ("Set-Cookie", "id=ann"),
            ("Vary", "*"),
        ] {
            let site = Site::start(move |routes| {
                let account = move || async move {
                    let mut res = HttpResponse::Ok();
                    res.content_type("text/css").append_header(said);
                    res.body("the account of ann")
                };
                routes.default_service(web::get().to(account));
            });
            for lure in LURES {
                for _ in 0..2 {
                    let answer = site.get(lure).await;
                    assert_eq!(answer.status, 200, "{lure}");
                    assert!(!answer.is_hit() && !answer.is_stored(), "{lure} {said:?}");
                }
            }
        }
    });
}
