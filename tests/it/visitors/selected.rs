//! What selects a page.

use actix_web::http::StatusCode;
use actix_web::http::header::ACCEPT_LANGUAGE;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;

use super::{next_body, page, render, site_with_page, site_with_stream};
use crate::alone::on_each_database;
use crate::site::Site;

#[test]
fn path_query_and_host_select_the_page() {
    async fn echo(req: HttpRequest) -> String {
        format!("{} {}", req.connection_info().host(), req.uri())
    }
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/echo{tail:.*}", web::get().to(echo));
        });
        let site = site.start().await;
        let targets = [
            "/echo",
            "/echo/",
            "/echo?a",
            "/echo?a=",
            "/echo?b&a",
            "/echo?a&b",
            "/echo?A",
            "/echo?%61",
            "/echo?a#b",
            "/echo?a%23b",
        ];
        for visit in 0..2 {
            for target in targets {
                for host in ["one.example", "two.example", "two.example:8080"] {
                    let answer = site.request("GET", target, &[("Host", host)]).await;
                    let truth = [("Host", host), ("Authorization", "Bearer truth")];
                    let truth = site.request("GET", target, &truth).await;
                    assert_eq!(answer.text(), truth.text(), "{}", answer.cache());
                    assert!(visit == 0 || answer.is_hit(), "{target} of {host}");
                }
            }
        }
        let answer = site
            .request("GET", "/echo", &[("Host", "ONE.Example")])
            .await;
        assert!(answer.is_hit(), "hosts have no case");
    });
}

#[test]
fn an_empty_query_is_not_the_same_as_none() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            let echo = async |req: HttpRequest| req.uri().to_string();
            routes.route("/echo", web::get().to(echo));
        });
        let site = site.start().await;
        for _ in 0..2 {
            for target in ["/echo", "/echo?"] {
                assert_eq!(site.get(target).await.text(), target);
            }
        }
    });
}

#[test]
fn forwarded_host_and_scheme_are_in_the_key() {
    const HEADERS: [&[(&str, &str)]; 6] = [
        &[],
        &[("X-Forwarded-Host", "evil.example")],
        &[("X-Forwarded-Proto", "https")],
        &[("X-Forwarded-Host", "a.example, b.example")],
        &[("Forwarded", "host=forwarded.example;proto=https")],
        &[
            ("X-Forwarded-Host", "evil.example"),
            ("X-Forwarded-Proto", "https"),
        ],
    ];
    async fn link(req: HttpRequest) -> String {
        let connection = req.connection_info();
        format!("{}://{}/link/", connection.scheme(), connection.host())
    }
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/link/", web::get().to(link));
        });
        let site = site.start().await;
        for visit in 0..2 {
            for headers in HEADERS {
                let answer = site.request("GET", "/link/", headers).await;
                let truth = [headers, &[("Authorization", "Bearer truth")]].concat();
                let truth = site.request("GET", "/link/", &truth).await;
                assert_eq!(answer.text(), truth.text(), "{}", answer.cache());
                assert_eq!(answer.is_hit(), visit == 1, "{headers:?}");
            }
        }
        assert_eq!(
            site.get("/link/").await.text(),
            "http://parlour.example/link/"
        );
    });
}

#[test]
fn a_host_cannot_pose_as_a_query_or_as_a_path() {
    async fn echo(req: HttpRequest) -> String {
        let connection = req.connection_info();
        let (scheme, host) = (connection.scheme(), connection.host());
        format!("{scheme} {host} {} {}", req.path(), req.query_string())
    }
    const REQUESTS: [(&str, &[(&str, &str)]); 8] = [
        ("/echo!", &[("X-Forwarded-Host", "parlour.example?a")]),
        ("/echo!", &[("Host", "parlour.example?a")]),
        ("/echo!", &[("Forwarded", "host=\"parlour.example?a\"")]),
        ("/echo!?a", &[]),
        ("/echo!", &[("X-Forwarded-Host", "parlour.example/echo%21")]),
        ("/echo%21", &[]),
        (
            "/echo!",
            &[("X-Forwarded-Host", "b"), ("X-Forwarded-Proto", "http://a")],
        ),
        ("/echo!", &[("X-Forwarded-Host", "a://b")]),
    ];
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/echo!", web::get().to(echo));
        });
        let site = site.start().await;
        for _ in 0..2 {
            for (target, headers) in REQUESTS {
                let answer = site.request("GET", target, headers).await;
                let truth = [headers, &[("Authorization", "Bearer truth")]].concat();
                let truth = site.request("GET", target, &truth).await;
                assert_eq!(answer.text(), truth.text(), "{target} {headers:?}");
            }
        }
    });
}

#[test]
fn head_is_answered_from_the_page_of_get() {
    on_each_database(async || {
        let site = Site::start().await;
        let cold = site.request("HEAD", "/sign/", &[]).await;
        assert!(cold.is_stored(), "{cold:?}");
        let get = site.get("/sign/").await;
        assert!(get.is_hit(), "{get:?}");
        assert_eq!(get.text(), "open");
        let warm = site.request("HEAD", "/sign/", &[]).await;
        assert!(warm.is_hit());
        for head in [cold, warm] {
            assert_eq!(head.status, 200);
            assert_eq!(head.body, b"");
            assert_eq!(head.header("content-length"), Some("4".to_owned()));
            assert_eq!(head.header("content-type"), get.header("content-type"));
            assert_eq!(head.header("etag"), get.header("etag"));
        }
        assert_eq!(site.renders("/sign/"), 1);
    });
}

#[test]
fn head_of_a_page_that_is_not_stored_has_no_body_either() {
    on_each_database(async || {
        let site = site_with_page(&[("Cache-Control", "no-store")]).await;
        for target in ["/page/", "/nowhere/"] {
            let head = site.request("HEAD", target, &[]).await;
            let get = site.get(target).await;
            assert_eq!((head.status, head.body.len()), (get.status, 0), "{target}");
        }
    });
}

#[test]
fn head_of_a_page_that_streams_stores_no_empty_page() {
    on_each_database(async || {
        let site = site_with_stream().await;
        for first in ["HEAD", "GET"] {
            let body = next_body();
            body.send(Ok(Bytes::from_static(b"all of it"))).unwrap();
            drop(body);
            site.request(first, "/stream/", &[]).await;
            // If the first was not stored, this is rendered.
            let body = next_body();
            body.send(Ok(Bytes::from_static(b"all of it"))).unwrap();
            drop(body);
            let answer = site.get("/stream/").await;
            assert_eq!(
                (answer.text().as_str(), answer.complete),
                ("all of it", true)
            );
            site.cache.invalidate_all().await;
        }
    });
}

/// A handler may build its links from the target.
#[test]
fn a_target_with_a_host_is_not_mixed_up_with_a_path() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            let echo = async |req: HttpRequest| req.uri().to_string();
            routes.route("/echo", web::get().to(echo));
        });
        let site = site.start().await;
        for _ in 0..2 {
            for target in [
                "http://evil.example/echo",
                "/echo",
                "http://parlour.example/echo",
                "https://parlour.example/echo",
            ] {
                assert_eq!(site.get(target).await.text(), target);
            }
        }
    });
}

#[test]
fn headers_that_vary_names_select_the_page() {
    async fn greeting(req: HttpRequest) -> HttpResponse {
        let lines = req.headers().get_all(ACCEPT_LANGUAGE);
        let lines: Vec<&str> = lines.map(|line| line.to_str().unwrap()).collect();
        let theme = req.headers().get("x-theme");
        HttpResponse::Ok()
            .append_header(("Vary", "accept-language"))
            .append_header(("Vary", "X-Unused, X-Theme"))
            .body(format!("{lines:?} {theme:?} {}", render()))
    }
    const HEADERS: [&[(&str, &str)]; 7] = [
        &[],
        &[("Accept-Language", "")],
        &[("Accept-Language", "de")],
        &[("Accept-Language", "en")],
        &[("Accept-Language", "de"), ("X-Theme", "dark")],
        &[("X-Theme", "dark")],
        &[("Accept-Language", "de"), ("Accept-Language", "en")],
    ];
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/greeting/", web::get().to(greeting));
        });
        let site = site.start().await;
        let mut first = Vec::new();
        for headers in HEADERS {
            let answer = site.request("GET", "/greeting/", headers).await;
            assert!(answer.is_stored(), "{headers:?}: {answer:?}");
            first.push(answer.text());
        }
        for (headers, body) in HEADERS.iter().zip(first) {
            let again = site.request("GET", "/greeting/", headers).await;
            assert_eq!((again.text(), again.is_hit()), (body, true), "{headers:?}");
        }
        let other = [("Accept-Language", "de"), ("Accept", "text/html")];
        let other = site.request("GET", "/greeting/", &other).await;
        assert!(other.is_hit(), "`Vary` does not name `Accept`");
    });
}

#[test]
fn all_variants_of_a_path_drop_together() {
    async fn greeting() -> HttpResponse {
        HttpResponse::Ok()
            .append_header(("Vary", "Accept-Language"))
            .body(render())
    }
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/greeting/", web::get().to(greeting));
        });
        let site = site.start().await;
        let requests: [(&str, &[(&str, &str)]); 5] = [
            ("/greeting/", &[]),
            ("/greeting/?page=2", &[]),
            ("/greeting/", &[("Host", "other.example")]),
            ("/greeting/", &[("X-Forwarded-Proto", "https")]),
            ("/greeting/", &[("Accept-Language", "de")]),
        ];
        for (target, headers) in requests {
            site.request("GET", target, headers).await;
            assert!(site.request("GET", target, headers).await.is_hit());
        }
        site.cache.invalidate_paths(["/greeting/"]).await;
        for (target, headers) in requests {
            let answer = site.request("GET", target, headers).await;
            assert!(answer.is_stored(), "{target} {headers:?}");
        }
    });
}

#[test]
fn a_successful_unsafe_request_drops_the_page_of_its_path() {
    async fn post(status: web::Path<u16>) -> HttpResponse {
        HttpResponse::new(StatusCode::from_u16(*status).unwrap())
    }
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            let get = web::get().to(async || render());
            routes.service(
                web::resource("/{status}/")
                    .get(async || render())
                    .post(post),
            );
            routes.route("/other/", get);
        });
        let site = site.start().await;
        for (status, drops) in [
            (200, true),
            (204, true),
            (303, true),
            (400, false),
            (500, false),
        ] {
            let path = format!("/{status}/");
            site.visit(&[&path, "/999/"]).await;
            let posted = site.request("POST", &path, &[]).await;
            assert_eq!(posted.cache(), "fwd=method");
            assert_eq!(site.get(&path).await.is_hit(), !drops, "{status}");
            assert!(site.get("/999/").await.is_hit());
        }
        site.visit(&["/200/"]).await;
        site.request("OPTIONS", "/200/", &[]).await;
        assert!(
            site.get("/200/").await.is_hit(),
            "a safe method drops nothing"
        );
    });
}

#[test]
fn other_hosts_than_those_listed_bypass() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/page/", page(200, &[]));
        });
        let site = site.dumper(|dumper| dumper.hosts(["Parlour.Example", "parlour.example:8080"]));
        let site = site.start().await;
        for (headers, served) in [
            (vec![("Host", "parlour.example")], true),
            (vec![("Host", "PARLOUR.example:8080")], true),
            (vec![("Host", "parlour.example:81")], false),
            (vec![("Host", "evil.example")], false),
            (
                vec![
                    ("Host", "parlour.example"),
                    ("X-Forwarded-Host", "evil.example"),
                ],
                false,
            ),
        ] {
            site.request("GET", "/page/", &headers).await;
            let again = site.request("GET", "/page/", &headers).await;
            assert_eq!(again.is_hit(), served, "{headers:?}");
            assert!(served || again.cache() == "fwd=bypass; detail=host");
        }
    });
}

#[test]
fn without_a_list_the_first_eight_hosts_are_served() {
    on_each_database(async || {
        let site = site_with_page(&[]).await;
        let hosts: Vec<String> = (0..20).map(|host| format!("h{host}.example")).collect();
        for visit in 0..2 {
            for (number, host) in hosts.iter().enumerate() {
                let answer = site.request("GET", "/page/", &[("Host", host)]).await;
                assert_eq!(answer.status, 200);
                let expected = match (number < 8, visit) {
                    (true, 0) => "fwd=miss; stored",
                    (true, _) => "hit",
                    (false, _) => "fwd=bypass; detail=host",
                };
                assert_eq!(answer.cache(), expected, "{host}");
            }
        }
    });
}
