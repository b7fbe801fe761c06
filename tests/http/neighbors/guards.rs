//! Guards, which choose a handler by the request.

use actix_web::guard::{Acceptable, Header, Host};
use actix_web::middleware::DefaultHeaders;
use actix_web::{App, HttpResponse, mime, web};
use dumper_tests::alone::alone;

use super::site;
use crate::site::{Headers, Site};

/// A site that greets those who come with `X-Beta: yes` in its own way, and says
/// so or does not.
fn beta(headers: Headers) -> Site {
    site(move |dumper| {
        let says = headers
            .iter()
            .fold(DefaultHeaders::new(), |says, header| says.add(*header));
        let beta = web::get()
            .guard(Header("x-beta", "yes"))
            .to(async || "beta");
        let app = App::new().route("/page/", beta);
        let app = app.route("/page/", web::get().to(async || "stable"));
        app.wrap(says).wrap(dumper)
    })
}

const BETA: &[(&str, &str)] = &[("X-Beta", "yes")];

#[test]
fn a_guard_by_header_is_kept_by_a_page_that_varies() {
    alone(async || {
        let site = beta(&[("Vary", "X-Beta")]);
        for _ in 0..2 {
            assert_eq!(site.request("GET", "/page/", BETA).await.text(), "beta");
            assert_eq!(site.get("/page/").await.text(), "stable");
        }
        assert!(site.request("GET", "/page/", BETA).await.is_hit());
        assert!(site.get("/page/").await.is_hit());
    });
}

/// Which is why the README tells to say `Vary`.
#[test]
fn a_guard_by_header_is_asked_once_for_a_page_that_does_not_vary() {
    alone(async || {
        let site = beta(&[]);
        assert_eq!(site.request("GET", "/page/", BETA).await.text(), "beta");
        assert_eq!(site.get("/page/").await.text(), "beta");
    });
}

#[test]
fn a_guard_by_what_is_accepted_is_kept_by_a_page_that_varies() {
    alone(async || {
        let site = site(|dumper| {
            let json = web::get().guard(Acceptable::new(mime::APPLICATION_JSON));
            let json = json.to(async || HttpResponse::Ok().json("page"));
            let app = App::new().route("/page/", json);
            let app = app.route("/page/", web::get().to(async || "page"));
            app.wrap(DefaultHeaders::new().add(("Vary", "Accept")))
                .wrap(dumper)
        });
        let json = [("Accept", "application/json")];
        let html = [("Accept", "text/html")];
        for _ in 0..2 {
            assert_eq!(
                site.request("GET", "/page/", &json).await.text(),
                "\"page\""
            );
            assert_eq!(site.request("GET", "/page/", &html).await.text(), "page");
        }
        assert!(site.request("GET", "/page/", &json).await.is_hit());
    });
}

#[test]
fn a_guard_by_host_is_always_kept() {
    alone(async || {
        let site = site(|dumper| {
            let ann = web::scope("").guard(Host("ann.example"));
            let ann = ann.route("/page/", web::get().to(async || "ann"));
            let app = App::new().service(ann);
            app.route("/page/", web::get().to(async || "bob"))
                .wrap(dumper)
        });
        for hits in [false, true] {
            for name in ["ann", "bob"] {
                let host = format!("{name}.example");
                let host = [("Host", host.as_str())];
                let answer = site.request("GET", "/page/", &host).await;
                assert_eq!((answer.text().as_str(), answer.is_hit()), (name, hits));
            }
        }
    });
}

#[test]
fn a_redirect_is_not_stored() {
    alone(async || {
        let site = site(|dumper| {
            App::new()
                .service(web::redirect("/old/", "/new/"))
                .wrap(dumper)
        });
        for _ in 0..2 {
            let answer = site.get("/old/").await;
            assert_eq!(answer.cache(), "fwd=miss; detail=status-307");
            assert_eq!(answer.header("location").as_deref(), Some("/new/"));
        }
    });
}
