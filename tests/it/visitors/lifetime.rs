//! How long a page is good for.

use std::time::Duration;

use super::{Headers, page, site_with_page};
use crate::alone::on_each_database;
use crate::http::Answer;
use crate::site::Site;

#[test]
fn a_page_with_a_lifetime_is_rendered_again_after_it() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/short/", page(200, &[("Cache-Control", "max-age=1")]));
            routes.route("/long/", page(200, &[]));
        });
        let site = site.start().await;
        let first = site.get("/short/").await;
        assert!(first.is_stored());
        let second = site.get("/short/").await;
        assert!(second.is_hit(), "{second:?}");
        assert_eq!(second.text(), first.text());
        assert_eq!(second.header("age").unwrap(), "0");
        let long = site.get("/long/").await;
        let later = until_rendered_again(&site, "/short/", &first).await;
        assert!(later.is_stored());
        let still = site.get("/long/").await;
        assert_eq!((still.is_hit(), still.text()), (true, long.text()));
        assert_eq!(still.header("age"), None, "it is as good as new");
    });
}

/// Asks for a page until it is not the one that is known.
async fn until_rendered_again(site: &Site, path: &str, known: &Answer) -> Answer {
    for _ in 0..1_000 {
        let answer = site.get(path).await;
        if answer.text() != known.text() {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{path} outlives its lifetime");
}

#[test]
fn a_shared_lifetime_comes_before_that_of_browsers() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            let headers = &[("Cache-Control", "max-age=3600, s-maxage=1")];
            routes.route("/page/", page(200, headers));
        });
        let site = site.start().await;
        let first = site.get("/page/").await;
        assert!(site.get("/page/").await.is_hit());
        until_rendered_again(&site, "/page/", &first).await;
    });
}

#[test]
fn a_page_tells_its_age_and_when_it_was_made() {
    const HEADERS: Headers = &[("Cache-Control", "max-age=60"), ("Age", "7")];
    on_each_database(async || {
        let site = site_with_page(HEADERS).await;
        site.visit(&["/page/"]).await;
        let hit = site.get("/page/").await;
        let age: u64 = hit.header("age").unwrap().parse().unwrap();
        assert!((7..60).contains(&age), "{age}");
        assert!(hit.header("date").is_some());
    });
}
