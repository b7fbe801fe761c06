//! How long a page is fresh, and how old it is.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use dumper_tests::alone::alone;
use futures::stream::unfold;
use tokio::time::sleep;

use super::check;
use crate::site::{Site, page, render};

/// Longer than a second, and so than a lifetime of one.
const LONG: Duration = Duration::from_millis(1_100);

const CC: &str = "Cache-Control";

#[test]
fn a_page_is_stored_if_its_lifetime_can_be_read_and_is_not_over() {
    alone(async || {
        check(&[
            ("stored", &[(CC, "max-age=60")]),
            ("stored", &[(CC, "MAX-AGE=60")]),
            ("stored", &[(CC, "max-age=\"60\"")]),
            ("stored", &[(CC, "max-age=0060")]),
            ("stored", &[(CC, "max-age=2147483647")]),
            ("stored", &[(CC, "max-age=2147483648")]),
            ("stored", &[(CC, "max-age=2147483649")]),
            ("stored", &[(CC, "max-age=99999999999999999999999")]),
            ("stored", &[(CC, "s-maxage=60")]),
            ("stored", &[(CC, "S-MaxAge=60, max-age=0")]),
            ("stored", &[(CC, "max-age=x, s-maxage=60")]),
            ("stored", &[(CC, "max-age=60, max-age=60")]),
            ("stored", &[(CC, "max-age=60"), (CC, "max-age=60")]),
            ("not-fresh", &[(CC, "max-age=0")]),
            ("not-fresh", &[(CC, "max-age=000")]),
            ("not-fresh", &[(CC, "s-maxage=0")]),
            ("not-fresh", &[(CC, "max-age=60, s-maxage=0")]),
            ("not-fresh", &[(CC, "s-maxage=x, max-age=60")]),
            ("not-fresh", &[(CC, "max-age=60, max-age=1")]),
            ("not-fresh", &[(CC, "max-age=1, max-age=60")]),
            ("not-fresh", &[(CC, "max-age=60"), (CC, "max-age=1")]),
            ("not-fresh", &[(CC, "s-maxage=60, s-maxage=61")]),
            ("not-fresh", &[(CC, "max-age")]),
            ("not-fresh", &[(CC, "max-age=\"\"")]),
            ("not-fresh", &[(CC, "max-age=-60")]),
            ("not-fresh", &[(CC, "max-age=+60")]),
            ("not-fresh", &[(CC, "max-age=60.0")]),
            ("not-fresh", &[(CC, "max-age=60.5")]),
            ("not-fresh", &[(CC, "max-age=a60")]),
            ("not-fresh", &[(CC, "max-age=60a")]),
            ("not-fresh", &[(CC, "max-age='60'")]),
            ("not-fresh", &[(CC, "max-age=\"6 0\"")]),
            ("not-fresh", &[(CC, "max-age=0x60")]),
            ("not-fresh", &[(CC, "max-age=1e3")]),
        ])
        .await;
    });
}

#[test]
fn a_date_of_expiry_counts_if_there_is_no_other_lifetime() {
    alone(async || {
        check(&[
            ("stored", &[("Expires", "{60}")]),
            ("stored", &[("Expires", "{60}"), (CC, "public")]),
            ("stored", &[("Expires", "{60}"), ("Date", "{0}")]),
            ("stored", &[("Expires", "{60}"), ("Date", "{-60}")]),
            ("stored", &[("Expires", "{60}"), ("Date", "yesterday")]),
            ("stored", &[("Expires", "{-60}"), (CC, "max-age=60")]),
            ("stored", &[("Expires", "0"), (CC, "max-age=60")]),
            ("stored", &[("Expires", "{-60}"), (CC, "s-maxage=60")]),
            ("not-fresh", &[("Expires", "{60}"), (CC, "max-age=0")]),
            ("not-fresh", &[("Expires", "{60}"), (CC, "max-age=x")]),
            ("not-fresh", &[("Expires", "{0}")]),
            ("not-fresh", &[("Expires", "{-60}")]),
            ("not-fresh", &[("Expires", "{0}"), ("Date", "{0}")]),
            ("not-fresh", &[("Expires", "{60}"), ("Date", "{60}")]),
            ("not-fresh", &[("Expires", "{60}"), ("Date", "{120}")]),
            ("not-fresh", &[("Expires", "{-60}"), ("Date", "{-120}")]),
            ("not-fresh", &[("Expires", "{60}"), ("Age", "60")]),
            ("not-fresh", &[("Expires", "{60}"), ("Expires", "{60}")]),
            ("not-fresh", &[("Expires", "{60}"), ("Expires", "{0}")]),
        ])
        .await;
    });
}

#[test]
fn the_age_that_a_response_tells_is_taken_off() {
    alone(async || {
        check(&[
            ("stored", &[(CC, "max-age=60"), ("Age", "0")]),
            ("stored", &[(CC, "max-age=60"), ("Age", "30")]),
            ("stored", &[(CC, "max-age=60"), ("Age", "030")]),
            ("stored", &[(CC, "max-age=60"), ("Age", "0, 60")]),
            ("stored", &[(CC, "max-age=60"), ("Age", "0"), ("Age", "60")]),
            ("stored", &[(CC, "max-age=60"), ("Age", "x")]),
            ("stored", &[(CC, "max-age=60"), ("Age", "x, 60")]),
            ("stored", &[(CC, "max-age=60"), ("Age", "-60")]),
            ("stored", &[(CC, "max-age=60"), ("Age", "60.0")]),
            ("stored", &[(CC, "max-age=60"), ("Age", "60;x=1")]),
            ("stored", &[(CC, "max-age=60"), ("Age", "")]),
            ("stored", &[("Age", "60")]),
            ("not-fresh", &[(CC, "max-age=60"), ("Age", "60")]),
            ("not-fresh", &[(CC, "max-age=60"), ("Age", "61")]),
            ("not-fresh", &[(CC, "max-age=60"), ("Age", "060")]),
            ("not-fresh", &[(CC, "max-age=60"), ("Age", "60, 0")]),
            ("not-fresh", &[(CC, "max-age=60"), ("Age", ", 60")]),
            (
                "not-fresh",
                &[(CC, "max-age=60"), ("Age", "60"), ("Age", "0")],
            ),
            ("not-fresh", &[(CC, "s-maxage=60"), ("Age", "60")]),
            ("not-fresh", &[(CC, "max-age=60"), ("Age", "2147483648")]),
            (
                "not-fresh",
                &[(CC, "max-age=60"), ("Age", "99999999999999999999")],
            ),
            (
                "not-fresh",
                &[(CC, "max-age=2147483648"), ("Age", "99999999999999999999")],
            ),
        ])
        .await;
    });
}

#[test]
fn the_age_that_a_date_shows_is_taken_off() {
    alone(async || {
        check(&[
            ("stored", &[(CC, "max-age=60"), ("Date", "{-30}")]),
            ("stored", &[(CC, "max-age=60"), ("Date", "{60}")]),
            ("stored", &[(CC, "max-age=60"), ("Date", "yesterday")]),
            ("stored", &[(CC, "max-age=60"), ("Date", "")]),
            ("stored", &[("Date", "{-3600}")]),
            ("not-fresh", &[(CC, "max-age=60"), ("Date", "{-60}")]),
            ("not-fresh", &[(CC, "max-age=60"), ("Date", "{-3600}")]),
            ("not-fresh", &[(CC, "s-maxage=60"), ("Date", "{-60}")]),
            (
                "not-fresh",
                &[(CC, "max-age=60"), ("Date", "{-60}"), ("Age", "1")],
            ),
            (
                "not-fresh",
                &[(CC, "max-age=60"), ("Date", "{0}"), ("Date", "{-60}")],
            ),
        ])
        .await;
    });
}

#[test]
fn the_time_that_a_render_takes_is_taken_off() {
    alone(async || {
        let site = Site::start(|routes| {
            for (path, lifetime) in [("/short/", "max-age=1"), ("/long/", "max-age=60")] {
                let slow = move || async move {
                    sleep(LONG).await;
                    HttpResponse::Ok()
                        .append_header((CC, lifetime))
                        .body(render())
                };
                routes.route(path, web::get().to(slow));
            }
        });
        let short = site.get("/short/").await;
        assert_eq!(short.cache(), "fwd=miss; detail=not-fresh");
        assert!(site.get("/long/").await.is_stored());
        let long = site.get("/long/").await;
        let age: u64 = long.header("age").unwrap().parse().unwrap();
        assert!(long.is_hit() && age >= 1, "{age}");
    });
}

#[test]
fn a_page_is_not_served_once_its_lifetime_is_over() {
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/said/", page(200, &[(CC, "max-age=2")]));
            routes.route("/expires/", super::page_at(200, &[("Expires", "{3}")]));
            routes.route("/unsaid/", page(200, &[]));
        });
        for path in ["/said/", "/expires/", "/unsaid/"] {
            assert!(site.get(path).await.is_stored(), "{path}");
        }
        sleep(3 * LONG).await;
        assert!(site.get("/said/").await.is_stored());
        assert!(site.get("/expires/").await.is_stored());
        assert!(site.get("/unsaid/").await.is_hit());
    });
}

#[test]
fn a_streamed_page_is_as_old_as_its_head() {
    alone(async || {
        let site = Site::start(|routes| {
            for (path, lifetime) in [("/short/", "max-age=1"), ("/long/", "max-age=60")] {
                let slow = move || async move {
                    let chunks = unfold(0, |number| async move {
                        sleep(LONG / 2).await;
                        (number < 2)
                            .then(|| (Ok::<_, actix_web::Error>(Bytes::from("chunk ")), number + 1))
                    });
                    HttpResponse::Ok()
                        .append_header((CC, lifetime))
                        .streaming(chunks)
                };
                routes.route(path, web::get().to(slow));
            }
        });
        for path in ["/short/", "/long/"] {
            assert_eq!(site.get(path).await.text(), "chunk chunk ");
            let again = site.get(path).await;
            assert_eq!(again.is_hit(), path == "/long/", "{path}");
            let age = again.header("age").map(|age| age.parse::<u64>().unwrap());
            assert!(age.is_none_or(|age| age >= 1), "{age:?}");
        }
    });
}
