//! The headers that could make a handler believe in another request.

use actix_web::{HttpRequest, web};
use dumper_tests::alone::alone;
use dumper_tests::client::{exchange, request};

use super::echo;
use crate::site::{Site, render};

/// A site whose page shows all headers of the request that it was rendered for.
fn gullible() -> Site {
    Site::start(|routes| {
        let show = async |req: HttpRequest| format!("{:?}", req.headers());
        routes.route("/page/", web::get().to(show));
    })
}

#[test]
fn a_header_that_tells_another_url_or_method_is_in_no_page() {
    const HEADERS: [&str; 34] = [
        "X-Forwarded",
        "X-Forwarded-Path",
        "X-Forwarded-Port",
        "X-Forwarded-Prefix",
        "X-Forwarded-Scheme",
        "X-Forwarded-Server",
        "X-Forwarded-Ssl",
        "X-Forwarded-Uri",
        "Forwarded-Host",
        "Forwarded-Proto",
        "Front-End-Https",
        "X-Host",
        "X-HTTP-Host-Override",
        "X-HTTP-Method",
        "X-HTTP-Method-Override",
        "X-HTTP-Path-Override",
        "X-HTTP-DestinationURL",
        "X-Method-Override",
        "X-Original-Host",
        "X-Original-Method",
        "X-Original-Url",
        "X-Original-Uri",
        "X-Rewrite-Url",
        "X-Rewrite-Uri",
        "X-Envoy-Original-Path",
        "X-Replaced-Path",
        "X-Proxy-Host",
        "X-Proxy-Url",
        "X-Scheme",
        "X-Url-Scheme",
        "X-Script-Name",
        "X-Ingress-Path",
        "Base-Url",
        "Request-Uri",
    ];
    alone(async || {
        let site = gullible();
        for name in HEADERS {
            let evil = site.request("GET", "/page/", &[(name, "evil")]).await;
            assert_eq!(
                evil.cache(),
                "fwd=bypass; detail=forwarded-header",
                "{name}"
            );
            assert!(evil.text().contains("evil"), "{name} is passed on");
        }
        assert!(!site.get("/page/").await.text().contains("evil"));
        for name in HEADERS {
            let evil = site.request("GET", "/page/", &[(name, "evil")]).await;
            assert!(!evil.is_hit(), "{name}");
        }
    });
}

#[test]
fn a_header_that_tells_the_origin_has_pages_of_its_own() {
    const HEADERS: [(&str, &str); 7] = [
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "proto=https"),
        ("Forwarded", "secret=evil"),
        ("CF-Visitor", "{\"scheme\":\"https\"}"),
        ("CloudFront-Forwarded-Proto", "https"),
        ("Fastly-SSL", "1"),
    ];
    alone(async || {
        let site = gullible();
        site.get("/page/").await;
        for header in HEADERS {
            let first = site.request("GET", "/page/", &[header]).await;
            assert!(first.is_stored(), "{header:?}: {}", first.cache());
            let second = site.request("GET", "/page/", &[header]).await;
            assert!(second.is_hit(), "{header:?}: {}", second.cache());
        }
        let plain = site.get("/page/").await;
        assert!(plain.is_hit() && !plain.text().contains("evil"));
    });
}

#[test]
fn a_forwarded_that_is_read_in_two_ways_is_not_for_the_cache() {
    alone(async || {
        let site = echo(|dumper| dumper);
        for (forwarded, cached) in [
            ("for=192.0.2.1;by=203.0.113.43", true),
            ("for=\"[2001:db8::1]:4711\"", true),
            ("for=\"_a;host=evil.example\"", false),
            ("host=\"a.example,b.example\"", false),
            ("host=\"a.example\\\"", false),
            ("host=\"a.example", false),
        ] {
            for visit in 0..2 {
                let headers = [("Forwarded", forwarded)];
                let answer = site.request("GET", "/page/", &headers).await;
                if cached {
                    assert!(
                        visit == 0 || answer.is_hit(),
                        "{forwarded}: {}",
                        answer.cache()
                    );
                } else {
                    let bypass = "fwd=bypass; detail=forwarded-header";
                    assert_eq!(answer.cache(), bypass, "{forwarded}");
                }
            }
        }
        // Neither of the first two tells the origin, so they share the plain page.
        assert_eq!(site.cache.stats().stored, 1);
    });
}

#[test]
fn headers_declared_harmless_bypass_nothing() {
    alone(async || {
        let harmless = ["X-Forwarded-Port", "X-Original-*"];
        let site = echo(|dumper| dumper.harmless_headers(harmless));
        site.get("/page/").await;
        for (name, hit) in [
            ("X-Forwarded-Port", true),
            ("X-Original-Uri", true),
            ("X-Forwarded-Prefix", false),
        ] {
            let answer = site.request("GET", "/page/", &[(name, "1")]).await;
            assert_eq!(answer.is_hit(), hit, "{name}");
        }
    });
}

#[test]
fn a_get_with_a_body_is_not_for_the_cache() {
    alone(async || {
        let site = Site::start(|routes| {
            let show = async |body: String| format!("{} {body}", render());
            routes.route("/page/", web::get().to(show));
        });
        let chunked = "GET /page/ HTTP/1.1\r\nHost: parlour.example\r\nConnection: close\r\n\
            Transfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n";
        let bypass = "fwd=bypass; detail=request-body";
        for _ in 0..2 {
            let evil = request(site.addr, "GET", "/page/", &[], b"evil").await;
            assert_eq!(evil.cache(), bypass);
            let evil = exchange(site.addr, chunked.as_bytes()).await;
            assert_eq!(evil.cache(), bypass);
            assert!(evil.text().contains("evil"));
            let page = site.get("/page/").await;
            assert!(!page.text().contains("evil"));
        }
        let announced_none = [("Content-Length", "0")];
        let page = site.request("GET", "/page/", &announced_none).await;
        assert_ne!(page.cache(), bypass, "no body is none");
        for framing in [
            "Content-Length: 0\r\nContent-Length: 4\r\n",
            "Content-Length: 4\r\nContent-Length: 4\r\n",
            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
            "Content-Length: +4\r\n",
            "Transfer-Encoding: evil\r\n",
        ] {
            let head = format!("GET /page/ HTTP/1.1\r\nHost: parlour.example\r\n{framing}\r\nevil");
            let answer = exchange(site.addr, head.as_bytes()).await;
            assert_eq!(answer.status, 400, "{framing}");
        }
    });
}

#[test]
fn fields_of_the_connection_change_nothing() {
    alone(async || {
        let site = echo(|dumper| dumper);
        site.get("/page/").await;
        for header in [
            ("Connection", "x-foo, close"),
            ("Expect", "100-continue"),
            ("TE", "trailers"),
            ("Keep-Alive", "timeout=5"),
            ("Max-Forwards", "0"),
        ] {
            let answer = site.request("GET", "/page/", &[header]).await;
            assert!(
                answer.text().ends_with("Some(\"parlour.example\")"),
                "{header:?}"
            );
            assert!(
                answer.is_hit() || header.0 == "Expect",
                "{header:?}: {answer:?}"
            );
        }
        let cookie = [("Connection", "cookie"), ("Cookie", "id=1")];
        let answer = site.request("GET", "/page/", &cookie).await;
        assert_eq!(
            answer.cache(),
            "fwd=bypass; detail=cookie",
            "it is still there"
        );
        let upgrade = [("Connection", "upgrade"), ("Upgrade", "websocket")];
        let answer = site.request("GET", "/page/", &upgrade).await;
        assert_eq!(answer.cache(), "fwd=bypass; detail=upgrade");
    });
}
