//! What a page tells of its age.

use std::time::{Duration, SystemTime};

use actix_web::http::header::HttpDate;
use dumper_tests::alone::alone;
use dumper_tests::client::Answer;
use tokio::time::sleep;

use super::page_at;
use crate::site::{Headers, Site};

/// Asks for a page, and for it again a second later.
async fn later(headers: Headers) -> (Answer, Answer) {
    let site = Site::start(move |routes| {
        routes.route("/page/", page_at(200, headers));
    });
    let first = site.get("/page/").await;
    assert!(first.is_stored(), "{first:?}");
    sleep(Duration::from_millis(1_100)).await;
    let second = site.get("/page/").await;
    assert!(second.is_hit(), "{second:?}");
    (first, second)
}

fn age(answer: &Answer) -> u64 {
    answer.header("age").unwrap().parse().unwrap()
}

fn seconds_since_date(answer: &Answer) -> u64 {
    let date: HttpDate = answer.header("date").unwrap().parse().unwrap();
    let since = SystemTime::now().duration_since(date.into());
    since.unwrap_or_default().as_secs()
}

#[test]
fn a_page_with_a_lifetime_tells_its_age_and_its_own_date() {
    alone(async || {
        let (first, hit) = later(&[("Cache-Control", "max-age=600"), ("Date", "{-30}")]).await;
        assert_eq!(hit.header("date"), first.header("date"));
        assert!((31..600).contains(&age(&hit)), "{hit:?}");

        let (_, hit) = later(&[("Expires", "{600}"), ("Age", "30, 7")]).await;
        assert!((31..600).contains(&age(&hit)), "{hit:?}");
        assert!((1..31).contains(&seconds_since_date(&hit)), "{hit:?}");

        let (_, hit) = later(&[("Dumper-Cache-Control", "max-age=600"), ("Date", "x")]).await;
        assert!((1..600).contains(&age(&hit)), "{hit:?}");
        assert!((1..600).contains(&seconds_since_date(&hit)), "{hit:?}");
    });
}

#[test]
fn a_page_of_a_great_age_is_dated_when_it_came() {
    alone(async || {
        let headers = &[
            ("Cache-Control", "max-age=2147483648"),
            ("Age", "2147480000"),
        ];
        let (_, hit) = later(headers).await;
        assert!((2_147_480_001..1 << 31).contains(&age(&hit)), "{hit:?}");
        assert!((1..600).contains(&seconds_since_date(&hit)), "{hit:?}");
    });
}

#[test]
fn a_page_for_ever_is_as_good_as_new() {
    alone(async || {
        for headers in [
            &[][..],
            &[("Date", "{-3600}"), ("Age", "3600")],
            &[
                ("Dumper-Cache-Control", "public"),
                ("Cache-Control", "max-age=60"),
                ("Date", "{-30}"),
            ],
        ] {
            let (_, hit) = later(headers).await;
            assert_eq!(hit.header("age"), None, "{headers:?}");
            assert!(seconds_since_date(&hit) < 30, "{headers:?}");
        }
    });
}
