//! What a visitor may try against the others.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, guard, rt, web};
use dumper::Cache;
use dumper_actix::Dumper;

use crate::alone::on_each_database;
use crate::http;
use crate::site::Site;

/// A site with a link to the host that a header tells.
async fn site_with_link(headers: &'static [&'static str]) -> Site {
    let link = async move |req: HttpRequest| {
        let mut hosts = headers.iter().filter_map(|name| req.headers().get(*name));
        format!("//{}/login", hosts.next().unwrap().to_str().unwrap())
    };
    let site = Site::setup().routes(move |routes| {
        routes.route("/link/", web::get().to(link));
    });
    let site = site.dumper(|dumper| dumper.hosts(["parlour.example", "other.example"]));
    site.start().await
}

#[test]
fn a_host_behind_a_forwarded_one_is_not_mixed_up_with_it() {
    on_each_database(async || {
        let site = site_with_link(&["host"]).await;
        let evil = [
            ("Host", "evil.example"),
            ("X-Forwarded-Host", "parlour.example"),
        ];
        let planted = site.request("GET", "/link/", &evil).await;
        assert_eq!(planted.text(), "//evil.example/login");
        assert_eq!(site.get("/link/").await.text(), "//parlour.example/login");
    });
}

#[test]
fn a_forwarded_host_behind_another_is_not_mixed_up_with_it() {
    on_each_database(async || {
        let site = site_with_link(&["x-forwarded-host", "host"]).await;
        let evil = [
            ("Forwarded", "for=x; host=parlour.example"),
            ("X-Forwarded-Host", "evil.example"),
        ];
        let planted = site.request("GET", "/link/", &evil).await;
        assert_eq!(planted.text(), "//evil.example/login");
        assert_eq!(site.get("/link/").await.text(), "//parlour.example/login");
        let proxied = [("Forwarded", "for=y;host=parlour.example")];
        let proxied = site.request("GET", "/link/", &proxied).await;
        assert_eq!(proxied.text(), "//parlour.example/login");
    });
}

#[test]
fn clients_behind_a_proxy_share_their_pages() {
    on_each_database(async || {
        let site = site_with_link(&["host"]).await;
        let from = |client: &'static str| [("Forwarded", client), ("X-Forwarded-For", client)];
        let one = from("for=192.0.2.1;proto=https;host=parlour.example");
        let two = from("for=192.0.2.2;proto=https;host=parlour.example");
        assert!(site.request("GET", "/link/", &one).await.is_stored());
        assert!(site.request("GET", "/link/", &two).await.is_hit());
    });
}

#[test]
fn hosts_that_are_routed_apart_are_stored_apart() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            let one = web::get()
                .guard(guard::Host("parlour.example"))
                .to(async || "one");
            let other = web::get()
                .guard(guard::Host("other.example"))
                .to(async || "other");
            routes.service(web::resource("/tenant/").route(one).route(other));
        });
        let site = site.start().await;
        let other = [
            ("Host", "other.example"),
            ("X-Forwarded-Host", "parlour.example"),
        ];
        assert_eq!(
            site.request("GET", "/tenant/", &other).await.text(),
            "other"
        );
        assert_eq!(site.get("/tenant/").await.text(), "one");
    });
}

#[test]
fn an_encoded_name_of_a_session_cookie_counts() {
    on_each_database(async || {
        let hello = async |req: HttpRequest| {
            let name = req.cookie("id").map(|id| id.value().to_owned());
            format!("hello {}", name.unwrap_or_default())
        };
        let site = Site::setup().routes(move |routes| {
            routes.route("/hello/", web::get().to(hello));
        });
        let site = site
            .dumper(|dumper| dumper.session_cookies(["id"]))
            .start()
            .await;
        let mallory = [("Cookie", "%69d=mallory")];
        assert_eq!(
            site.request("GET", "/hello/", &mallory).await.text(),
            "hello mallory"
        );
        assert_eq!(site.get("/hello/").await.text(), "hello ");
    });
}

#[test]
fn whom_a_proxy_has_let_in_is_not_served_from_the_cache() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&["/sign/"]).await;
        for name in [
            "X-Auth-Request-User",
            "X-Goog-Iap-Jwt-Assertion",
            "X-Ms-Client-Principal-Name",
            "X-Amzn-Oidc-Identity",
            "Tailscale-User-Login",
            "X-Forwarded-Client-Cert",
            "X-Ssl-Client-Verify",
        ] {
            let answer = site.request("GET", "/sign/", &[(name, "mallory")]).await;
            assert_eq!(
                answer.cache(),
                "fwd=bypass; detail=credential-header",
                "{name}"
            );
        }
    });
}

#[test]
fn a_request_without_a_path_drops_nothing() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.default_service(web::to(HttpResponse::Found));
        });
        let site = site.start().await;
        site.visit(&["/sign/"]).await;
        for (method, target) in [("POST", "*"), ("CONNECT", "x:1")] {
            site.request(method, target, &[]).await;
            assert!(site.get("/sign/").await.is_hit(), "{method} {target}");
        }
    });
}

#[test]
fn a_cache_in_a_cache_does_not_wait_for_itself() {
    on_each_database(async || {
        let cache = Cache::builder().wait(std::time::Duration::MAX).build();
        let server = HttpServer::new(move || {
            let shop = web::scope("/shop").wrap(Dumper::new(cache.clone()));
            App::new()
                .wrap(Dumper::new(cache.clone()))
                .service(shop.route("/", web::get().to(async || "shop")))
        });
        let server = server
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .unwrap();
        let addr = server.addrs()[0];
        rt::spawn(server.run());
        let answer = http::request(addr, "GET", "/shop/", &[], b"").await;
        assert_eq!((answer.text().as_str(), answer.is_stored()), ("shop", true));
        assert!(
            http::request(addr, "GET", "/shop/", &[], b"")
                .await
                .is_hit()
        );
    });
}
