//! What is left out.

use actix_web::body::{BodySize, MessageBody};
use actix_web::middleware::NormalizePath;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, web};
use dumper::Cache;
use dumper_actix::Dumper;

use super::{page, render};
use crate::alone::on_each_database;
use crate::site::Site;

#[test]
fn the_admin_pages_are_left_out() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            for path in ["/admin", "/admin/users/", "/administrator/", "/blog/admin/"] {
                routes.route(path, page(200, &[]));
            }
        });
        let site = site.start().await;
        for (target, left_out) in [
            ("/admin/", true),
            ("/admin", true),
            ("/admin?a", true),
            ("/admin/users/", true),
            ("/%61dmin/", true),
            ("/adm%69n/users/", true),
            ("/admin%2F", false),
            ("/administrator/", false),
            ("/blog/admin/", false),
        ] {
            for visit in 0..2 {
                let answer = site.get(target).await;
                let bypassed = answer.cache() == "fwd=bypass; detail=ignored";
                assert_eq!(bypassed, left_out, "{target}: {answer:?}");
                assert!(visit == 0 || left_out || answer.status != 200 || answer.is_hit());
            }
        }
    });
}

#[test]
fn ignored_paths_are_neither_stored_nor_served() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            for path in ["/media/{file}", "/caf%C3%A9/"] {
                routes.route(path, page(200, &[]));
            }
        });
        let site = site.dumper(|dumper| dumper.ignore("^/(media|caf%C3%A9)/").unwrap());
        let site = site.start().await;
        for target in ["/media/a.png", "/medi%61/a.png", "/caf%c3%a9/"] {
            for _ in 0..2 {
                let answer = site.get(target).await;
                assert_eq!(answer.cache(), "fwd=bypass; detail=ignored", "{target}");
            }
        }
        site.visit(&["/admin/", "/sign/"]).await;
    });
}

#[test]
fn only_the_chosen_paths_are_stored() {
    on_each_database(async || {
        let site = Site::setup().dumper(|dumper| {
            let dumper = dumper.only("^/(flavors|sign)/").unwrap();
            dumper.ignore("^/flavors/mint/").unwrap()
        });
        let site = site.start().await;
        site.visit(&["/flavors/", "/flavors/vanilla/", "/sign/"])
            .await;
        for path in ["/sizes/small/", "/flavors/mint/", "/flavors/m%69nt/"] {
            site.get(path).await;
            let again = site.get(path).await;
            assert_eq!(again.cache(), "fwd=bypass; detail=ignored", "{path}");
        }
    });
}

#[test]
fn a_path_that_is_ignored_once_it_is_normalized_is_not_stored() {
    on_each_database(async || {
        let cache = Cache::builder().build();
        let app = App::new()
            .route("/admin", web::get().to(async || render()))
            .route("/page", web::get().to(async || render()))
            .wrap(NormalizePath::trim())
            .wrap(Dumper::new(cache.clone()));
        let app = init_service(app).await;
        for (target, stored) in [("//admin//", 0), ("//page//", 1)] {
            for _ in 0..2 {
                let request = TestRequest::get().uri(target).to_request();
                let answer = call_service(&app, request).await;
                assert_eq!(answer.status(), 200, "{target}");
                assert!(matches!(answer.into_body().size(), BodySize::Sized(8)));
            }
            assert_eq!(cache.stats().stored, stored, "{target}");
        }
        // It is filed under the path that the handler has seen, too.
        cache.invalidate_paths(["/page"]).await;
        assert_eq!(cache.stats().paths, 0);
    });
}
