//! The request fields that select a page.

use dumper_tests::alone::alone;

use super::check;
use crate::site::{Headers, Site, page};

#[test]
fn a_page_that_nobody_can_select_is_not_stored() {
    alone(async || {
        check(&[
            ("vary-star", &[("Vary", "*")]),
            ("vary-star", &[("Vary", " * ")]),
            ("vary-star", &[("Vary", "*, *")]),
            ("vary-star", &[("Vary", "*, Accept")]),
            ("vary-star", &[("Vary", "Accept, *")]),
            ("vary-star", &[("Vary", ",*,")]),
            ("vary-star", &[("Vary", "Accept"), ("Vary", "*")]),
            ("vary-star", &[("Vary", ""), ("Vary", "*")]),
            (
                "vary-star",
                &[("Vary", "*"), ("Cache-Control", "max-age=60")],
            ),
            ("unreadable-vary", &[("Vary", "a b")]),
            ("unreadable-vary", &[("Vary", "a;b")]),
            ("unreadable-vary", &[("Vary", "\"*\"")]),
            ("unreadable-vary", &[("Vary", "Accept: *")]),
            ("unreadable-vary", &[("Vary", "a, \u{e9}")]),
            ("unreadable-vary", &[("Vary", "Accept"), ("Vary", "(x)")]),
            ("stored", &[("Vary", "")]),
            ("stored", &[("Vary", " , ,")]),
            ("stored", &[("Vary", "Accept, Accept-Language")]),
            ("stored", &[("Vary", "Accept,, aCCEPT"), ("Vary", "Cookie")]),
        ])
        .await;
    });
}

/// Whether a page that came of a request with some fields is given to another.
struct Case {
    vary: Headers,
    first: Headers,
    second: Headers,
    same: bool,
}

const fn same(vary: Headers, first: Headers, second: Headers) -> Case {
    Case {
        vary,
        first,
        second,
        same: true,
    }
}

const fn apart(vary: Headers, first: Headers, second: Headers) -> Case {
    Case {
        vary,
        first,
        second,
        same: false,
    }
}

const CASES: &[Case] = &[
    same(&[], &[("X-A", "1")], &[("X-A", "2")]),
    same(&[("Vary", "X-A")], &[("X-A", "1")], &[("X-A", "1")]),
    same(
        &[("Vary", "x-a")],
        &[("X-A", "1")],
        &[("x-A", "1"), ("X-B", "2")],
    ),
    same(&[("Vary", "X-A")], &[], &[]),
    apart(&[("Vary", "X-A")], &[("X-A", "1")], &[("X-A", "2")]),
    apart(&[("Vary", "X-A")], &[("X-A", "1")], &[]),
    apart(&[("Vary", "X-A")], &[], &[("X-A", "1")]),
    apart(&[("Vary", "X-A")], &[], &[("X-A", "")]),
    apart(&[("Vary", "X-A")], &[("X-A", "a")], &[("X-A", "A")]),
    apart(&[("Vary", "X-A")], &[("X-A", "1, 2")], &[("X-A", "2, 1")]),
    apart(&[("Vary", "X-A")], &[("X-A", "1, 2")], &[("X-A", "1,2")]),
    same(
        &[("Vary", "X-A")],
        &[("X-A", "1, 2")],
        &[("X-A", "1"), ("X-A", "2")],
    ),
    apart(
        &[("Vary", "X-A")],
        &[("X-A", "1"), ("X-A", "2")],
        &[("X-A", "2"), ("X-A", "1")],
    ),
    apart(
        &[("Vary", "X-A, X-B")],
        &[("X-A", "1"), ("X-B", "1")],
        &[("X-A", "1"), ("X-B", "2")],
    ),
    apart(
        &[("Vary", "X-A, X-B")],
        &[("X-A", "1"), ("X-B", "1")],
        &[("X-A", "2"), ("X-B", "1")],
    ),
    apart(
        &[("Vary", "X-A"), ("Vary", "X-B")],
        &[("X-B", "1")],
        &[("X-B", "2")],
    ),
    same(
        &[("Vary", "X-A,, X-B")],
        &[("X-A", "1"), ("X-B", "1")],
        &[("X-B", "1"), ("X-A", "1")],
    ),
    same(
        &[("Vary", "Accept-Language")],
        &[("Accept-Language", "de, EN;q=0.5")],
        &[("Accept-Language", "DE,en ; Q=0.5")],
    ),
    apart(
        &[("Vary", "Accept-Language")],
        &[("Accept-Language", "de, en")],
        &[("Accept-Language", "en, de")],
    ),
    apart(
        &[("Vary", "Accept-Language")],
        &[("Accept-Language", "de")],
        &[("Accept-Language", "de-CH")],
    ),
    same(
        &[("Vary", "Accept-Charset")],
        &[("Accept-Charset", "utf-8, *")],
        &[("Accept-Charset", "UTF-8,*")],
    ),
    same(
        &[("Vary", "Accept")],
        &[("Accept", "text/html, */*;q=0.1")],
        &[("Accept", "text/html,*/* ; q=0.1")],
    ),
    same(
        &[("Vary", "Accept")],
        &[("Accept", "text/html, */*")],
        &[("Accept", "text/html"), ("Accept", "*/*")],
    ),
    apart(
        &[("Vary", "Accept")],
        &[("Accept", "text/html")],
        &[("Accept", "text/plain")],
    ),
    apart(
        &[("Vary", "Accept")],
        &[("Accept", "text/html;x=\"a ,b\"")],
        &[("Accept", "text/html;x=\"a,b\"")],
    ),
];

#[test]
fn a_page_is_for_requests_with_the_same_fields() {
    alone(async || {
        let site = Site::start(|routes| {
            for (number, case) in CASES.iter().enumerate() {
                routes.route(&format!("/{number}/"), page(200, case.vary));
            }
        });
        for (
            number,
            Case {
                vary,
                first,
                second,
                same,
            },
        ) in CASES.iter().enumerate()
        {
            let path = format!("/{number}/");
            let what = format!("{vary:?}: {first:?} {second:?}");
            let one = site.request("GET", &path, first).await;
            assert!(one.is_stored(), "{what}");
            let other = site.request("GET", &path, second).await;
            assert_eq!(other.is_hit(), *same, "{what}");
            assert_eq!(one.text() == other.text(), *same, "{what}");
            for (headers, known) in [(first, one), (second, other)] {
                let again = site.request("GET", &path, headers).await;
                assert!(again.is_hit(), "{what}");
                assert_eq!(again.text(), known.text(), "{what}");
            }
        }
    });
}
