//! Which page answers which request (RFC 9111 §4).

use std::time::{Duration, SystemTime};

use actix_web::http::header::{DATE, HttpDate};
use actix_web::{HttpRequest, HttpResponse, web};
use dumper_tests::alone::alone;
use dumper_tests::client::Answer;

use super::site_with_stored;
use crate::site::{Headers, Site, page, render};

#[test]
fn the_headers_that_vary_names_select_the_page() {
    const VARY: Headers = &[("Vary", "Accept, X-Own"), ("Vary", "accept-language")];
    const ASKED: [&[(&str, &str)]; 6] = [
        &[],
        &[("Accept", "text/html")],
        &[("Accept", "text/html"), ("X-Own", "1")],
        &[("Accept", "text/html"), ("Accept-Language", "en")],
        &[("Accept", "text/html, text/plain")],
        &[("X-Own", "")],
    ];
    alone(async || {
        let site = Site::with_page(VARY);
        let mut pages = Vec::new();
        for asked in ASKED {
            let answer = site.request("GET", "/page/", asked).await;
            assert!(answer.is_stored(), "{asked:?}");
            pages.push(answer.text());
        }
        for (asked, page) in ASKED.iter().zip(&pages) {
            for method in ["GET", "HEAD"] {
                let answer = site.request(method, "/page/", asked).await;
                assert!(answer.is_hit(), "{method} {asked:?}");
                assert!(method == "HEAD" || answer.text() == *page, "{asked:?}");
            }
        }
        let lines = [("Accept", "text/html"), ("Accept", "text/plain")];
        let answer = site.request("GET", "/page/", &lines).await;
        assert_eq!((answer.is_hit(), answer.text()), (true, pages[4].clone()));
    });
}

#[test]
fn the_newest_of_several_pages_that_fit_is_served() {
    async fn sometimes(req: HttpRequest) -> HttpResponse {
        let mut res = HttpResponse::Ok();
        if req
            .headers()
            .get("accept")
            .is_some_and(|accept| accept == "a")
        {
            res.append_header(("Vary", "Accept"));
        }
        res.body(render())
    }
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", web::get().to(sometimes));
        });
        let asked = [("Accept", "a")];
        let older = site.request("GET", "/page/", &asked).await;
        let newer = site.request("GET", "/page/", &[("Accept", "b")]).await;
        assert!(older.is_stored() && newer.is_stored());
        let answer = site.request("GET", "/page/", &asked).await;
        assert_eq!((answer.is_hit(), answer.text()), (true, newer.text()));
    });
}

#[test]
fn the_newest_of_several_pages_is_so_by_its_date() {
    async fn dated(req: HttpRequest) -> HttpResponse {
        let mut res = HttpResponse::Ok();
        res.append_header(("Cache-Control", "max-age=7200"));
        let hour = Duration::from_hours(1);
        if req.headers().contains_key("x-new") {
            res.append_header(("Vary", "X-New"));
        } else {
            res.append_header((DATE, HttpDate::from(SystemTime::now() - hour)));
        }
        res.body(render())
    }
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/page/", web::get().to(dated));
        });
        let asked = [("X-New", "1")];
        let newer = site.request("GET", "/page/", &asked).await;
        let older = site.get("/page/").await;
        assert!(older.is_stored() && newer.is_stored());
        let answer = site.request("GET", "/page/", &asked).await;
        assert_eq!((answer.is_hit(), answer.text()), (true, newer.text()));
    });
}

#[test]
fn a_page_answers_get_and_head_alone() {
    alone(async || {
        let site = Site::with_page(&[]);
        let stored = site.get("/page/").await;
        for method in ["GET", "HEAD"] {
            assert!(site.request(method, "/page/", &[]).await.is_hit());
        }
        for method in [
            "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get",
        ] {
            let answer = site.request(method, "/page/", &[]).await;
            assert_eq!(answer.cache(), "fwd=method", "{method}");
            assert_ne!(answer.text(), stored.text(), "{method}");
        }
    });
}

#[test]
fn a_stale_page_answers_nothing() {
    const ASKED: [(&str, &str); 2] = [("Range", "bytes=0-"), ("If-None-Match", "\"a\"")];
    alone(async || {
        let site = Site::with_page(&[("Cache-Control", "max-age=1"), ("ETag", "\"a\"")]);
        for (asked, told) in [
            (ASKED[0], "fwd=bypass; detail=range"),
            (ASKED[1], "fwd=miss; stored; fwd-status=200"),
        ] {
            site.cache.invalidate_all().await;
            assert!(site.get("/page/").await.is_stored());
            let answer = until_over(&site, asked).await;
            assert_eq!(answer.cache(), told);
        }
    });
}

/// Asks until the answer is no hit.
async fn until_over(site: &Site, asked: (&str, &str)) -> Answer {
    for _ in 0..500 {
        let answer = site.request("GET", "/page/", &[asked]).await;
        if !answer.is_hit() {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the page outlives its lifetime");
}

#[test]
fn every_hit_tells_one_age_and_the_date_of_the_page() {
    const HEADERS: Headers = &[
        ("cache-control", "max-age=2147483648"),
        ("age", "7"),
        ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ];
    alone(async || {
        let site = site_with_stored(HEADERS, "text").await;
        for asked in [
            &[] as &[_],
            &[("If-None-Match", "*")],
            &[("Range", "bytes=0-1")],
            &[("Range", "bytes=0-0,2-2")],
        ] {
            let answer = site.request("GET", "/page/", asked).await;
            let age: u64 = answer.header("age").unwrap().parse().unwrap();
            // The date is more than thirty years back.
            assert!(age > 30 * 365 * 86_400, "{asked:?}: {age}");
            assert_eq!(
                answer
                    .headers
                    .iter()
                    .filter(|(name, _)| name == "age")
                    .count(),
                1
            );
            assert_eq!(answer.header("date").as_deref(), Some(HEADERS[2].1));
        }
        let site = Site::start(|routes| {
            routes.route("/page/", page(200, &[]));
        });
        site.get("/page/").await;
        let hit = site.get("/page/").await;
        assert_eq!((hit.is_hit(), hit.header("age")), (true, None));
    });
}
