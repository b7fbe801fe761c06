//! Those that may stand on either side.

use actix_cors::Cors;
use actix_identity::IdentityMiddleware;
use actix_session::config::CookieContentSecurity;
use actix_web::dev::Service;
use actix_web::middleware::{
    Compat, Compress, Condition, DefaultHeaders, ErrorHandlers, Logger, Next, NormalizePath,
    TrailingSlash, from_fn,
};
use actix_web::{App, web};
use dumper_tests::alone::alone;

use super::{lives_as_it_should, site};
use crate::sessions::shop::sessions;
use crate::site::{Site, page};

/// A site with a neighbor inside, and one with it outside.
macro_rules! both_orders {
    ($neighbor:expr) => {
        [
            site(|dumper| {
                let app = App::new().route("/page/", page(200, &[]));
                app.wrap($neighbor).wrap(dumper)
            }),
            site(|dumper| {
                let app = App::new().route("/page/", page(200, &[]));
                app.wrap(dumper).wrap($neighbor)
            }),
        ]
    };
}

#[test]
fn a_page_lives_as_it_should_with_a_neighbor_on_either_side() {
    alone(async || {
        let neighbors: [(&str, [Site; 2]); 11] = [
            ("Logger", both_orders!(Logger::default())),
            ("Compress", both_orders!(Compress::default())),
            (
                "NormalizePath",
                both_orders!(NormalizePath::new(TrailingSlash::Always)),
            ),
            ("ErrorHandlers", both_orders!(ErrorHandlers::new())),
            (
                "DefaultHeaders",
                both_orders!(DefaultHeaders::new().add(("X-A", "b"))),
            ),
            ("Cors", both_orders!(Cors::permissive())),
            (
                "Session",
                both_orders!(sessions(CookieContentSecurity::Private)),
            ),
            ("Identity", both_orders!(IdentityMiddleware::default())),
            ("Compat", both_orders!(Compat::new(Logger::default()))),
            (
                "Condition",
                both_orders!(Condition::new(true, Logger::default())),
            ),
            (
                "from_fn",
                both_orders!(from_fn(async |req, next: Next<_>| { next.call(req).await })),
            ),
        ];
        for (name, [inside, outside]) in &neighbors {
            lives_as_it_should(inside, &format!("{name} inside")).await;
            lives_as_it_should(outside, &format!("{name} outside")).await;
        }
    });
}

#[test]
fn a_page_lives_as_it_should_however_the_cache_is_wrapped() {
    alone(async || {
        let sites = [
            (
                "Compat",
                site(|dumper| {
                    let app = App::new().route("/page/", page(200, &[]));
                    app.wrap(Compat::new(dumper))
                }),
            ),
            (
                "Condition",
                site(|dumper| {
                    let app = App::new().route("/page/", page(200, &[]));
                    app.wrap(Condition::new(true, dumper))
                }),
            ),
            (
                "wrap_fn inside",
                site(|dumper| {
                    let app = App::new().route("/page/", page(200, &[]));
                    app.wrap_fn(|req, next| next.call(req)).wrap(dumper)
                }),
            ),
            (
                "wrap_fn outside",
                site(|dumper| {
                    let app = App::new().route("/page/", page(200, &[]));
                    app.wrap(dumper).wrap_fn(|req, next| next.call(req))
                }),
            ),
            (
                "resource",
                site(|dumper| {
                    let resource = web::resource("/page/").route(page(200, &[]));
                    App::new().service(resource.wrap(dumper))
                }),
            ),
            (
                "scope",
                site(|dumper| {
                    let scope = web::scope("/page").route("/", page(200, &[]));
                    App::new().service(scope.wrap(dumper))
                }),
            ),
            (
                "nested scopes",
                site(|dumper| {
                    let scope = web::scope("").route("/", page(200, &[]));
                    App::new().service(web::scope("/page").service(scope.wrap(dumper)))
                }),
            ),
        ];
        for (name, site) in &sites {
            lives_as_it_should(site, name).await;
        }
    });
}

#[test]
fn a_cache_under_a_false_condition_is_none() {
    alone(async || {
        let site = site(|dumper| {
            let app = App::new().route("/page/", page(200, &[]));
            app.wrap(Condition::new(false, dumper))
        });
        let first = site.get("/page/").await;
        assert_eq!(first.cache(), "");
        assert_ne!(site.get("/page/").await.body, first.body);
    });
}
