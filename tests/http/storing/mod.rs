//! Which responses are stored, and for how long.

mod dates;
mod directives;
mod fields;
mod lifetimes;
mod presentation;
mod requests;
mod statuses;
mod targeted;
mod vary;

use std::time::{Duration, SystemTime};

use actix_web::http::StatusCode;
use actix_web::http::header::HttpDate;
use actix_web::{HttpResponse, Route, web};
use dumper_actix::Dumper;

use crate::site::{Headers, Site, render};

/// Responses, and whether each is `stored`, or why not. A value such as `{-60}` is
/// the date so many seconds from now.
type Responses = &'static [(&'static str, Headers)];

/// Asks for each response twice, and compares what becomes of it.
async fn check(responses: Responses) {
    check_with(|dumper| dumper, responses).await;
}

async fn check_with(set: impl FnOnce(Dumper) -> Dumper, responses: Responses) {
    let site = Site::with(set, move |routes| {
        for (number, (_, headers)) in responses.iter().enumerate() {
            routes.route(&format!("/{number}/"), page_at(200, headers));
        }
    });
    for (number, (expected, headers)) in responses.iter().enumerate() {
        let path = format!("/{number}/");
        let [first, second] = [site.get(&path).await, site.get(&path).await];
        if *expected == "stored" {
            assert!(first.is_stored(), "{headers:?}: {}", first.cache());
            assert!(second.is_hit(), "{headers:?}: {}", second.cache());
            assert_eq!(first.text(), second.text(), "{headers:?}");
        } else {
            let expected = format!("fwd=miss; detail={expected}");
            assert_eq!(first.cache(), expected, "{headers:?}");
            assert_eq!(second.cache(), expected, "{headers:?}");
            assert_ne!(first.text(), second.text(), "{headers:?}");
        }
    }
}

/// A page with these headers, their dates counted from when it is made.
fn page_at(status: u16, headers: Headers) -> Route {
    web::route().to(move || async move {
        let mut res = HttpResponse::build(StatusCode::from_u16(status).unwrap());
        for (name, value) in headers {
            res.append_header((*name, dated(value)));
        }
        res.body(render())
    })
}

fn dated(value: &str) -> String {
    let offset = value
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let Some(offset) = offset else {
        return value.to_owned();
    };
    let offset: i64 = offset.parse().unwrap();
    let away = Duration::from_secs(offset.unsigned_abs());
    let now = SystemTime::now();
    HttpDate::from(if offset < 0 { now - away } else { now + away }).to_string()
}
