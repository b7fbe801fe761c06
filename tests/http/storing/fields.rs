//! Fields that keep a response out, and fields that are kept out of a page.

use dumper_tests::alone::alone;

use super::check;
use crate::site::{Headers, Site};

#[test]
fn what_is_for_one_visitor_or_has_no_end_is_not_stored() {
    alone(async || {
        check(&[
            ("set-cookie", &[("Set-Cookie", "a=1")]),
            ("set-cookie", &[("Set-Cookie", "")]),
            (
                "set-cookie",
                &[
                    ("Set-Cookie", "a=1"),
                    ("Cache-Control", "public, max-age=60"),
                ],
            ),
            ("content-range", &[("Content-Range", "bytes 0-1/2")]),
            ("content-range", &[("Content-Range", "")]),
            ("event-stream", &[("Content-Type", "text/event-stream")]),
            ("event-stream", &[("Content-Type", "Text/Event-Stream")]),
            (
                "event-stream",
                &[("Content-Type", "text/event-stream; charset=utf-8")],
            ),
            ("event-stream", &[("Content-Type", " text/event-stream ;x")]),
            (
                "mixed-replace",
                &[("Content-Type", "multipart/x-mixed-replace")],
            ),
            (
                "mixed-replace",
                &[("Content-Type", "Multipart/X-Mixed-Replace;boundary=a")],
            ),
            ("stored", &[("Content-Type", "text/event-stream2")]),
            (
                "stored",
                &[("Content-Type", "text/plain; x=text/event-stream")],
            ),
            ("stored", &[("Content-Type", "multipart/mixed; boundary=a")]),
        ])
        .await;
    });
}

#[test]
fn a_connection_field_that_cannot_be_read_forbids_storing() {
    alone(async || {
        check(&[
            ("unreadable-connection", &[("Connection", "x-hop y")]),
            ("unreadable-connection", &[("Connection", "\"x-hop\"")]),
            (
                "unreadable-connection",
                &[("Connection", "x-hop"), ("Connection", "\u{e9}")],
            ),
            ("stored", &[("Connection", "")]),
            ("stored", &[("Connection", "x-hop"), ("X-Hop", "1")]),
        ])
        .await;
    });
}

#[test]
fn fields_of_one_connection_are_not_part_of_a_page() {
    const HEADERS: Headers = &[
        ("Connection", "X-Hop , ,x-jump"),
        ("Connection", "X-SKIP"),
        ("X-Hop", "1"),
        ("X-Jump", "1"),
        ("X-Skip", "1"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "keep-alive"),
        ("Proxy-Authenticate", "Basic"),
        ("Proxy-Authentication-Info", "x"),
        ("Proxy-Authorization", "Basic x"),
        ("TE", "trailers"),
        ("Upgrade", "h2c"),
        ("Cache-Status", "inner; hit"),
        ("Age", "1"),
        ("X-Kept", "1"),
        ("X-Kept", "2"),
        ("Warning", "199 - x"),
        ("Pragma", "no-cache"),
    ];
    alone(async || {
        let site = Site::with_page(HEADERS);
        assert!(
            site.get("/page/")
                .await
                .cache()
                .ends_with("fwd=miss; stored")
        );
        let hit = site.get("/page/").await;
        assert!(hit.is_hit(), "{hit:?}");
        for name in [
            "x-hop",
            "x-jump",
            "x-skip",
            "keep-alive",
            "proxy-connection",
            "proxy-authenticate",
            "proxy-authentication-info",
            "proxy-authorization",
            "te",
            "upgrade",
            "age",
        ] {
            assert_eq!(hit.header(name), None, "{name}");
        }
        for (name, value) in [
            ("x-kept", "1, 2"),
            ("warning", "199 - x"),
            ("pragma", "no-cache"),
        ] {
            assert_eq!(hit.header(name).unwrap(), value);
        }
    });
}
