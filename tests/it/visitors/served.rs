//! Who is not served.

use actix_web::{HttpRequest, web};

use super::{page, site_with_page};
use crate::alone::on_each_database;
use crate::http::send;
use crate::site::Site;

#[test]
fn a_request_with_a_credential_is_neither_served_nor_stored() {
    const CREDENTIALS: [(&str, &str, &str); 11] = [
        ("Authorization", "Basic YTpi", "authorization"),
        ("authorization", "", "authorization"),
        ("Proxy-Authorization", "Basic YTpi", "authorization"),
        ("Cookie", "id=1", "cookie"),
        ("Cookie", "_ga=1; id=1", "cookie"),
        ("X-Api-Key", "1", "credential-header"),
        ("X-Auth-Token", "1", "credential-header"),
        ("X-Forwarded-User", "bob", "credential-header"),
        ("X-Forwarded-Email", "b@c.example", "credential-header"),
        ("Remote-User", "bob", "credential-header"),
        ("X-Amzn-Oidc-Data", "1", "credential-header"),
    ];
    on_each_database(async || {
        let site = site_with_page(&[]).await;
        for warm in [false, true] {
            let page = site.get("/page/").await;
            if !warm {
                site.cache.invalidate_all().await;
            }
            for (name, value, reason) in CREDENTIALS {
                let answer = site.request("GET", "/page/", &[(name, value)]).await;
                assert_eq!(
                    answer.cache(),
                    format!("fwd=bypass; detail={reason}"),
                    "{name}"
                );
                assert_ne!(answer.text(), page.text(), "{name}");
            }
            let again = site.get("/page/").await;
            assert_eq!(again.is_hit(), warm);
            assert_eq!(again.text() == page.text(), warm);
        }
    });
}

#[test]
fn credential_headers_can_be_named() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/page/", page(200, &[]));
        });
        let site = site.dumper(|dumper| dumper.credential_headers(["X-Badge"]));
        let site = site.start().await;
        site.visit(&["/page/"]).await;
        let badge = site.request("GET", "/page/", &[("X-Badge", "7")]).await;
        assert_eq!(badge.cache(), "fwd=bypass; detail=credential-header");
        let key = site.request("GET", "/page/", &[("X-Api-Key", "7")]).await;
        assert!(key.is_hit());
        let known = site
            .request("GET", "/page/", &[("Authorization", "Basic YTpi")])
            .await;
        assert!(!known.is_hit());
    });
}

#[test]
fn a_page_that_only_reads_a_session_is_never_shared() {
    async fn greeting(req: HttpRequest) -> String {
        let name = req.cookie("name");
        let name = name.map_or("stranger".to_owned(), |cookie| cookie.value().to_owned());
        format!("Hello, {name}!")
    }
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/hello/", web::get().to(greeting));
        });
        let site = site.start().await;
        for _ in 0..2 {
            for (cookie, body) in [
                ("name=alice", "Hello, alice!"),
                ("name=bob", "Hello, bob!"),
                ("_ga=1", "Hello, stranger!"),
                ("theme=dark; name=carol", "Hello, carol!"),
            ] {
                let answer = site.request("GET", "/hello/", &[("Cookie", cookie)]).await;
                assert_eq!(answer.text(), body);
            }
            assert_eq!(site.get("/hello/").await.text(), "Hello, stranger!");
        }
        let two_lines = [("Cookie", "_ga=1"), ("Cookie", "name=dave")];
        let answer = site.request("GET", "/hello/", &two_lines).await;
        assert_eq!(answer.text(), "Hello, dave!");
    });
}

#[test]
fn cookies_that_no_page_depends_on_do_not_matter() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/page/", page(200, &[]));
        });
        let site = site.dumper(|dumper| dumper.ignore_cookies(["theme", "seen_*"]));
        let site = site.start().await;
        site.visit(&["/page/"]).await;
        for (cookie, served) in [
            ("theme=dark", true),
            ("_ga=1; seen_news=1; theme=dark", true),
            ("themes=dark", false),
            ("theme=dark; id=1", false),
        ] {
            let answer = site.request("GET", "/page/", &[("Cookie", cookie)]).await;
            assert_eq!(answer.is_hit(), served, "{cookie}");
        }
    });
}

#[test]
fn only_session_cookies_matter_where_they_are_named() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/page/", page(200, &[]));
        });
        let site = site.dumper(|dumper| dumper.session_cookies(["id"]));
        let site = site.start().await;
        site.visit(&["/page/"]).await;
        for (cookie, served) in [("theme=dark; ids=1", true), ("theme=dark; id=1", false)] {
            let answer = site.request("GET", "/page/", &[("Cookie", cookie)]).await;
            assert_eq!(answer.is_hit(), served, "{cookie}");
        }
    });
}

#[test]
fn a_request_with_a_credential_does_not_wait_for_a_render() {
    on_each_database(async || {
        let site = Site::start().await;
        let hold = site.hold("/sign/");
        let leader = send(site.addr, "GET", "/sign/", &[], b"").await;
        hold.reached().await;
        assert_eq!(site.truth("/sign/").await.text(), "open");
        assert_eq!(site.renders("/sign/"), 2);
        hold.release();
        drop(leader);
    });
}

#[test]
fn requests_for_something_else_than_a_page_bypass() {
    const REQUESTS: [(&str, &str, &str); 8] = [
        ("Range", "bytes=0-1", "range"),
        ("If-Match", "\"a\"", "precondition"),
        (
            "If-Unmodified-Since",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "precondition",
        ),
        ("Upgrade", "websocket", "upgrade"),
        ("X-Original-URL", "/secret/", "forwarded-header"),
        ("X-Rewrite-URL", "/secret/", "forwarded-header"),
        ("X-HTTP-Method-Override", "DELETE", "forwarded-header"),
        ("X-Forwarded-Prefix", "/shop", "forwarded-header"),
    ];
    on_each_database(async || {
        let site = site_with_page(&[]).await;
        for (name, value, reason) in REQUESTS {
            let answer = site.request("GET", "/page/", &[(name, value)]).await;
            assert_eq!(
                answer.cache(),
                format!("fwd=bypass; detail={reason}"),
                "{name}"
            );
        }
        let answer = crate::http::request(site.addr, "GET", "/page/", &[], b"body").await;
        assert_eq!(answer.cache(), "fwd=bypass; detail=request-body");
        assert_eq!(site.cache.stats().stored, 0);
        site.visit(&["/page/"]).await;
        for (name, value, reason) in REQUESTS {
            let answer = site.request("GET", "/page/", &[(name, value)]).await;
            // A part of what is stored is served.
            assert_eq!(answer.is_hit(), reason == "range", "{name}");
        }
    });
}

#[test]
fn headers_that_a_proxy_adds_can_be_declared_harmless() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/page/", page(200, &[]));
        });
        let site = site.dumper(|dumper| dumper.harmless_headers(["X-Forwarded-Port"]));
        let site = site.start().await;
        site.visit(&["/page/"]).await;
        for (name, served) in [
            ("X-Forwarded-For", true),
            ("X-Forwarded-Port", true),
            ("X-Forwarded-Server", false),
        ] {
            let answer = site.request("GET", "/page/", &[(name, "1")]).await;
            assert_eq!(answer.is_hit(), served, "{name}");
        }
    });
}
