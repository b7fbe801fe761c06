//! How dates are spelled.

use dumper_tests::alone::alone;

use super::check;

#[test]
fn a_date_of_expiry_is_read_in_every_legal_spelling() {
    alone(async || {
        check(&[
            ("stored", &[("Expires", "Thu, 18 Aug 2050 02:01:18 GMT")]),
            ("stored", &[("Expires", "thu, 18 aug 2050 02:01:18 gmt")]),
            ("stored", &[("Expires", "THU, 18 AUG 2050 02:01:18 gMT")]),
            ("stored", &[("Expires", "Thursday, 18-Aug-50 02:01:18 GMT")]),
            ("stored", &[("Expires", "thursday, 18-AUG-50 02:01:18 GMT")]),
            ("stored", &[("Expires", "Thu Aug 18 02:01:18 2050")]),
            ("stored", &[("Expires", "Mon Aug  8 02:01:18 2050")]),
            ("stored", &[("Expires", "Fri, 31 Dec 9999 23:59:59 GMT")]),
            ("stored", &[("Expires", "Thu, 31 Dec 2048 23:59:60 GMT")]),
        ])
        .await;
    });
}

#[test]
fn what_is_no_date_is_in_the_past() {
    alone(async || {
        check(&[
            ("not-fresh", &[("Expires", "")]),
            ("not-fresh", &[("Expires", "0")]),
            ("not-fresh", &[("Expires", "-1")]),
            ("not-fresh", &[("Expires", "2540000000")]),
            ("not-fresh", &[("Expires", "tomorrow")]),
            ("not-fresh", &[("Expires", "2050-08-18T02:01:18Z")]),
            ("not-fresh", &[("Expires", "Thu, 18 Aug 2050 02:01:18")]),
            ("not-fresh", &[("Expires", "Thu, 18 Aug 2050 02:01:18 UTC")]),
            (
                "not-fresh",
                &[("Expires", "Thu, 18 Aug 2050 02:01:18 AEST")],
            ),
            ("not-fresh", &[("Expires", "Thu, 18 Aug 2050 02:01:18 PST")]),
            (
                "not-fresh",
                &[("Expires", "Thu, 18 Aug 2050 02:01:18 +0000")],
            ),
            ("not-fresh", &[("Expires", "Thu, 18 Aug 2050 2:01:18 GMT")]),
            ("not-fresh", &[("Expires", "Thu, 18 Aug 2050 02:01 GMT")]),
            ("not-fresh", &[("Expires", "Thu, 18 Aug 2050 02.01.18 GMT")]),
            (
                "not-fresh",
                &[("Expires", "Thu, 18 Aug 2050  02:01:18 GMT")],
            ),
            (
                "not-fresh",
                &[("Expires", "Thu, 18  Aug  2050 02:01:18 GMT")],
            ),
            ("not-fresh", &[("Expires", "Mon, 8 Aug 2050 02:01:18 GMT")]),
            ("not-fresh", &[("Expires", "Thu, 18-Aug-2050 02:01:18 GMT")]),
            ("not-fresh", &[("Expires", "Thu, 18-Aug-50 02:01:18 GMT")]),
            ("not-fresh", &[("Expires", "Thu, 18 Aug 50 02:01:18 GMT")]),
            ("not-fresh", &[("Expires", "Thu 18 Aug 2050 02:01:18 GMT")]),
            ("not-fresh", &[("Expires", "Thu,18 Aug 2050 02:01:18 GMT")]),
            ("not-fresh", &[("Expires", "18 Aug 2050 02:01:18 GMT")]),
            (
                "not-fresh",
                &[("Expires", "Thu, 18 August 2050 02:01:18 GMT")],
            ),
            ("not-fresh", &[("Expires", "Wed, 18 Aug 2050 02:01:18 GMT")]),
            ("not-fresh", &[("Expires", "Thu, 18 Aug 2050 24:01:18 GMT")]),
            (
                "not-fresh",
                &[("Expires", "\"Thu, 18 Aug 2050 02:01:18 GMT\"")],
            ),
            (
                "not-fresh",
                &[("Expires", "Thu, 18 Aug 2050 02:01:18 GMT, 0")],
            ),
            (
                "not-fresh",
                &[("Expires", "Thu, 18 Aug 2050 02:01:18 GMT;x")],
            ),
            (
                "not-fresh",
                &[("Expires", "Thursday, 18-Aug-99 02:01:18 GMT")],
            ),
        ])
        .await;
    });
}
