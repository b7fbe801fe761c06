//! What `Cache-Control` says.

use dumper_tests::alone::alone;

use super::{check, check_with};
use crate::site::Site;

const CC: &str = "Cache-Control";

#[test]
fn what_forbids_storing_does_so_in_any_form() {
    alone(async || {
        check(&[
            ("no-store", &[(CC, "no-store")]),
            ("no-store", &[(CC, "No-StOrE")]),
            ("no-store", &[(CC, "no-store, max-age=60")]),
            ("no-store", &[(CC, "public,max-age=60,no-store")]),
            ("no-store", &[(CC, "\tno-store ,,")]),
            ("no-store", &[(CC, "no-store=x")]),
            ("no-store", &[(CC, "no-store=\"\"")]),
            ("no-store", &[(CC, "x=\"a, b\", no-store")]),
            ("no-store", &[(CC, r#"x="\"", no-store"#)]),
            ("no-store", &[(CC, r#"x="\\", no-store"#)]),
            ("no-store", &[(CC, ""), (CC, "no-store")]),
            ("no-store", &[(CC, "no-store"), ("Expires", "{60}")]),
            ("private", &[(CC, "private")]),
            ("private", &[(CC, "PRIVATE, max-age=60")]),
            ("private", &[(CC, "private=\"x-a\"")]),
            ("private", &[(CC, "private=\"\"")]),
            ("private", &[(CC, "private=x-a")]),
            ("private", &[(CC, "public, private, s-maxage=60")]),
            ("no-cache", &[(CC, "no-cache")]),
            ("no-cache", &[(CC, "max-age=60, No-Cache")]),
            ("no-cache", &[(CC, "no-cache=\"set-cookie\"")]),
            ("no-cache", &[(CC, "no-cache=x-a, max-age=60")]),
        ])
        .await;
    });
}

#[test]
fn what_only_looks_like_a_directive_is_none() {
    alone(async || {
        check(&[
            ("stored", &[(CC, "x=\"no-store\"")]),
            ("stored", &[(CC, "x=\"a, no-store, b\"")]),
            ("stored", &[(CC, r#"x="\", no-store""#)]),
            ("stored", &[(CC, "x=\"max-age=0\", max-age=60")]),
            ("stored", &[(CC, "max-age=60, x=\"a, max-age=0\"")]),
            ("not-fresh", &[(CC, "x=\"max-age=60\", max-age=0")]),
            ("not-fresh", &[(CC, "max-age=0, x=\"a, max-age=60\"")]),
            ("stored", &[(CC, "no-store2, xprivate, no_cache")]),
            ("stored", &[(CC, "'no-store'")]),
            ("stored", &[("Pragma", "no-cache")]),
            ("stored", &[("Pragma", "no-cache"), (CC, "max-age=60")]),
            ("stored", &[("Surrogate-Control", "no-store")]),
        ])
        .await;
    });
}

#[test]
fn what_tells_nothing_of_storing_changes_nothing() {
    alone(async || {
        check(&[
            ("stored", &[(CC, "")]),
            ("stored", &[(CC, " , ,")]),
            ("stored", &[(CC, "public")]),
            ("stored", &[(CC, "must-revalidate")]),
            ("stored", &[(CC, "max-age=60, must-revalidate")]),
            ("stored", &[(CC, "max-age=60, proxy-revalidate")]),
            ("stored", &[(CC, "max-age=60, immutable")]),
            ("stored", &[(CC, "no-transform")]),
            ("stored", &[(CC, "stale-while-revalidate=60")]),
            ("not-fresh", &[(CC, "max-age=0, stale-while-revalidate=60")]),
            ("not-fresh", &[(CC, "max-age=0, stale-if-error=60")]),
            ("stored", &[(CC, "must-understand")]),
            ("stored", &[(CC, "x, y=1, z=\"2\", max-age=60")]),
            ("stored", &[(CC, "public=x, must-revalidate=1")]),
        ])
        .await;
    });
}

#[test]
fn must_understand_lifts_no_store_of_a_status_that_is_understood() {
    alone(async || {
        check(&[
            ("stored", &[(CC, "no-store, must-understand")]),
            ("stored", &[(CC, "Must-Understand, max-age=60, no-store")]),
            ("private", &[(CC, "no-store, must-understand, private")]),
            ("no-cache", &[(CC, "no-store, must-understand, no-cache")]),
            ("no-store", &[(CC, "no-store, must-understand=1")]),
            ("no-store", &[(CC, "no-store, x=\"must-understand\"")]),
            ("not-fresh", &[(CC, "no-store, must-understand, max-age=0")]),
        ])
        .await;
        check_with(
            |dumper| dumper.statuses([404]).unwrap(),
            &[("status-200", &[(CC, "no-store, must-understand")])],
        )
        .await;
    });
}

#[test]
fn a_field_that_cannot_be_read_forbids_storing() {
    alone(async || {
        check(&[
            ("unreadable-cache-control", &[(CC, "max-age=\"60")]),
            ("unreadable-cache-control", &[(CC, "max-age =60")]),
            ("unreadable-cache-control", &[(CC, "max-age= 60")]),
            ("unreadable-cache-control", &[(CC, "max-age=")]),
            ("unreadable-cache-control", &[(CC, "max-age=6 0")]),
            ("unreadable-cache-control", &[(CC, "max-age=60; public")]),
            ("unreadable-cache-control", &[(CC, "max-age: 60")]),
            ("unreadable-cache-control", &[(CC, "=60")]),
            ("unreadable-cache-control", &[(CC, "\"no-store\"")]),
            ("unreadable-cache-control", &[(CC, "no-store no-cache")]),
            ("unreadable-cache-control", &[(CC, "x=\"a\"b, max-age=60")]),
            ("unreadable-cache-control", &[(CC, "max-age=60, \u{e9}")]),
            (
                "unreadable-cache-control",
                &[(CC, "x=\"a"), (CC, "b\", no-store")],
            ),
        ])
        .await;
    });
}

#[test]
fn what_is_said_is_passed_on() {
    alone(async || {
        let site = Site::with_page(&[
            (CC, "X=\"no-store\" ,MAX-AGE=0060"),
            (CC, "immutable, stale-if-error=9"),
            ("Expires", "0"),
            ("Pragma", "no-cache"),
        ]);
        for is_hit in [false, true] {
            let answer = site.get("/page/").await;
            assert_eq!((answer.is_stored(), answer.is_hit()), (!is_hit, is_hit));
            for (name, value) in [
                (
                    "cache-control",
                    "X=\"no-store\" ,MAX-AGE=0060, immutable, stale-if-error=9",
                ),
                ("expires", "0"),
                ("pragma", "no-cache"),
            ] {
                assert_eq!(answer.header(name).unwrap(), value, "{name}");
            }
        }
    });
}
