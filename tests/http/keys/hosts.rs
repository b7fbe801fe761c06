//! Scheme and host.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, Error, HttpRequest, web};
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::alone::alone;
use dumper_tests::client::{self, exchange};

use super::echo;
use crate::site::serve;

#[test]
fn a_page_shows_the_host_that_it_was_asked_for() {
    const HOSTS: [&str; 13] = [
        "a.example",
        "a.example.",
        "a.example:80",
        "a.example:443",
        "a.example:",
        "user@a.example",
        "b.example@a.example",
        "[::1]",
        "[::1]:80",
        "a.example/x?y#z",
        "a.example b.example",
        "a.example, b.example",
        "",
    ];
    alone(async || {
        let site = echo(|dumper| dumper.hosts(HOSTS));
        for visit in 0..2 {
            for host in HOSTS {
                let answer = site.request("GET", "/page/", &[("Host", host)]).await;
                let expected = format!("http://{host} /page/ Some({host:?})");
                assert_eq!(answer.text(), expected);
                assert_eq!(answer.is_hit(), visit == 1, "{host}: {}", answer.cache());
            }
        }
    });
}

#[test]
fn a_page_shows_what_proxies_tell_of_the_host() {
    const TOLD: [&[(&str, &str)]; 8] = [
        &[("Host", "b.example")],
        &[("X-Forwarded-Host", "b.example, c.example")],
        &[("X-Forwarded-Host", "b.example, d.example")],
        &[
            ("X-Forwarded-Host", "b.example"),
            ("X-Forwarded-Host", "c.example"),
        ],
        &[("Forwarded", "host=b.example, host=c.example")],
        &[("Forwarded", "for=1.2.3.4;host=\"b.example:80\"")],
        &[("Host", "a.example"), ("Forwarded", "host =b.example")],
        &[("Host", "c.example"), ("Forwarded", "host =b.example")],
    ];
    alone(async || {
        let site = echo(|dumper| dumper);
        for visit in 0..2 {
            for told in TOLD {
                let answer = site.request("GET", "/page/", told).await;
                let truth = [told, &[("Authorization", "Bearer truth")]].concat();
                let truth = site.request("GET", "/page/", &truth).await;
                assert_eq!(answer.text(), truth.text(), "{told:?}");
                assert_eq!(answer.is_hit(), visit == 1, "{told:?}: {}", answer.cache());
            }
        }
    });
}

#[test]
fn a_host_in_capitals_is_served_the_page_and_rendered_in_small_letters() {
    alone(async || {
        for first in ["Shop.EXAMPLE", "shop.example"] {
            let site = echo(|dumper| dumper.hosts(["Shop.example"]));
            let expected = "http://shop.example /page/ Some(\"shop.example\")";
            let hosts = [first, "SHOP.example", "shop.example"];
            for (visit, host) in hosts.into_iter().enumerate() {
                let answer = site.request("GET", "/page/", &[("Host", host)]).await;
                assert_eq!(answer.text(), expected, "{host} after {first}");
                assert_eq!(answer.is_hit(), visit > 0, "{host} after {first}");
                let cookie = [("Host", host), ("Cookie", "id=1")];
                let bypassing = site.request("GET", "/page/", &cookie).await;
                assert!(bypassing.text().contains(host), "nothing is altered");
            }
        }
    });
}

#[test]
fn a_request_without_a_host_does_not_make_the_page_of_others() {
    alone(async || {
        let site = echo(|dumper| dumper);
        let without = "GET /page/ HTTP/1.0\r\n\r\n";
        let host = site.addr.to_string();
        for _ in 0..2 {
            let answer = exchange(site.addr, without.as_bytes()).await;
            assert_eq!(answer.text(), format!("http://{host} /page/ None"));
            let with = site.request("GET", "/page/", &[("Host", &host)]).await;
            let expected = format!("http://{host} /page/ Some({host:?})");
            assert_eq!(with.text(), expected);
        }
        let answer = exchange(site.addr, without.as_bytes()).await;
        assert!(answer.is_hit());
    });
}

#[test]
fn a_host_that_cannot_be_read_or_is_not_one_is_not_for_the_cache() {
    alone(async || {
        let site = echo(|dumper| dumper);
        let unreadable =
            b"GET /page/ HTTP/1.1\r\nHost: caf\xe9.example\r\nConnection: close\r\n\r\n";
        for _ in 0..2 {
            let answer = exchange(site.addr, unreadable).await;
            assert_eq!(answer.cache(), "fwd=bypass; detail=host");
        }
        for refused in [
            "GET /page/ HTTP/1.1\r\n\r\n",
            "GET /page/ HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
        ] {
            let answer = exchange(site.addr, refused.as_bytes()).await;
            assert_eq!(answer.status, 400, "{refused}");
        }
        assert_eq!(site.cache.stats().stored, 0);
    });
}

#[test]
fn a_listed_host_may_be_asked_for_with_its_usual_port() {
    alone(async || {
        let site = echo(|dumper| dumper.hosts(["shop.example", "shop.example:8080"]));
        for (host, told, served) in [
            ("shop.example", "http", true),
            ("shop.example:80", "http", true),
            ("shop.example:443", "http", false),
            ("shop.example:443", "https", true),
            ("shop.example:8080", "https", true),
            ("shop.example.", "http", false),
            ("user@shop.example", "http", false),
        ] {
            let headers = [("Host", host), ("X-Forwarded-Proto", told)];
            for _ in 0..2 {
                let answer = site.request("GET", "/page/", &headers).await;
                let expected = format!("{told}://{host} /page/ Some({host:?})");
                assert_eq!(answer.text(), expected, "the port stays");
            }
            let answer = site.request("GET", "/page/", &headers).await;
            assert_eq!(
                answer.is_hit(),
                served,
                "{told}://{host}: {}",
                answer.cache()
            );
        }
    });
}

/// Some sites take from requests what only their own proxy may tell.
#[test]
fn a_handler_believes_what_a_middleware_further_in_leaves_of_the_origin() {
    async fn distrust(
        mut req: ServiceRequest,
        next: Next<impl MessageBody>,
    ) -> Result<ServiceResponse<impl MessageBody>, Error> {
        req.headers_mut().remove("x-forwarded-host");
        next.call(req).await
    }
    alone(async || {
        let dumper = Dumper::new(Cache::builder().build()).invalidate_location();
        let addr = serve(move || {
            let host = async |req: HttpRequest| req.connection_info().host().to_owned();
            let app = App::new().route("/page/", web::to(host));
            app.wrap(from_fn(distrust)).wrap(dumper.clone())
        });
        let told = ("X-Forwarded-Host", "evil.example");
        let cookie = ("Cookie", "id=1");
        for (method, headers) in [
            ("GET", &[told][..]),
            ("GET", &[told, cookie]),
            ("POST", &[told]),
        ] {
            let answer = client::request(addr, method, "/page/", headers, b"").await;
            assert_eq!(answer.text(), "parlour.example", "{method} {headers:?}");
        }
    });
}

#[test]
fn what_one_server_of_a_process_stores_is_not_served_by_another() {
    alone(async || {
        let internal = serve(|| {
            let metrics = web::get().to(async || "secret");
            App::new()
                .wrap(Dumper::default())
                .route("/metrics/", metrics)
        });
        let public = serve(|| App::new().wrap(Dumper::default()));
        // Whichever comes first.
        for (first, second) in [(public, internal), (internal, public)] {
            let host = internal.to_string();
            let asked = [("Host", host.as_str())];
            for addr in [first, second] {
                let answer = client::request(addr, "GET", "/metrics/", &asked, b"").await;
                assert_eq!(answer.status, if addr == internal { 200 } else { 404 });
            }
        }
        let host = internal.to_string();
        let hit = client::request(internal, "GET", "/metrics/", &[("Host", &host)], b"").await;
        assert!(hit.is_hit());
        Cache::global().invalidate_paths(["/metrics/"]).await;
        let new = client::request(internal, "GET", "/metrics/", &[("Host", &host)], b"").await;
        assert!(new.is_stored());
    });
}
