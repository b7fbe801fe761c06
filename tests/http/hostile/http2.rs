//! Requests as HTTP/2 has them, where the target names the host. Without sockets.

use actix_web::http::{Uri, Version};
use actix_web::test::{TestRequest, init_service, read_body};
use actix_web::{App, guard, web};
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::alone::alone;

/// `connection_info()` looks at `Host`, but `guard::Host` does not.
#[test]
fn a_host_that_only_some_look_at_makes_no_page() {
    alone(async || {
        let tenant = web::get().guard(guard::Host("parlour.example"));
        let app = App::new()
            .wrap(Dumper::new(Cache::builder().build()))
            .route("/tenant/", tenant.to(async || "parlour"))
            .default_service(web::to(async || "no tenant"));
        let app = init_service(app).await;
        let ask = async |target: &'static str, host: Option<&'static str>| {
            let mut request = TestRequest::default().version(Version::HTTP_2);
            if let Some(host) = host {
                request = request.append_header(("Host", host));
            }
            let mut request = request.to_request();
            request.head_mut().uri = Uri::from_static(target);
            read_body(actix_web::test::call_service(&app, request).await).await
        };
        for _ in 0..2 {
            let without_authority = ask("/tenant/", Some("parlour.example")).await;
            assert_eq!(without_authority, "no tenant");
            let usual = ask("http://parlour.example/tenant/", None).await;
            assert_eq!(usual, "parlour");
        }
    });
}
