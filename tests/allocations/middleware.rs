//! Hits of the middleware.

use actix_web::http::Method;
use dumper::Cache;
use dumper_actix::{Dumper, Query};

use crate::visit::{ENTITY_TAG, Visit};

const VISIT: Visit = Visit {
    method: Method::GET,
    target: "/flavors/",
    headers: &[],
    status: 200,
};

/// What a browser sends with each request.
const BROWSER: &[(&str, &str)] = &[
    ("Connection", "keep-alive"),
    (
        "Sec-Ch-Ua",
        "\"Chromium\";v=\"142\", \"Not_A Brand\";v=\"99\"",
    ),
    ("Sec-Ch-Ua-Mobile", "?0"),
    ("Sec-Ch-Ua-Platform", "\"Linux\""),
    ("Upgrade-Insecure-Requests", "1"),
    (
        "User-Agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    ),
    (
        "Accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    ),
    ("Sec-Fetch-Site", "none"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-User", "?1"),
    ("Sec-Fetch-Dest", "document"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Accept-Language", "en-US,en;q=0.9,de;q=0.8"),
];

#[actix_web::test]
async fn a_hit_allocates_nothing() {
    assert_none(&VISIT).await;
}

#[actix_web::test]
async fn a_hit_with_uncommon_headers_allocates_nothing() {
    assert_none(&Visit {
        target: "/policies/",
        ..VISIT
    })
    .await;
}

#[actix_web::test]
async fn a_hit_with_a_query_allocates_nothing() {
    assert_none(&Visit {
        target: "/flavors/?size=large&page=2",
        ..VISIT
    })
    .await;
}

#[actix_web::test]
async fn a_hit_of_an_encoded_path_allocates_nothing() {
    assert_none(&Visit {
        target: "/caf%C3%A9/",
        ..VISIT
    })
    .await;
}

#[actix_web::test]
async fn a_hit_with_a_query_without_trackers_allocates_nothing() {
    for query in [Query::exact().without_trackers(), Query::exact().sorted()] {
        let dumper = Dumper::new(Cache::builder().build()).query(query);
        let visit = Visit {
            target: "/flavors/?page=2&size=large",
            ..VISIT
        };
        assert_eq!(visit.allocations(&dumper).await, 0);
    }
}

/// The query that the key has, and what a render would see: a target with that, and the
/// place where it is.
#[actix_web::test]
async fn a_hit_with_a_tracker_allocates_the_target_without() {
    let dumper = Dumper::new(Cache::builder().build()).query(Query::exact().without_trackers());
    let visit = Visit {
        target: "/flavors/?size=large&utm_source=letter",
        ..VISIT
    };
    assert_eq!(visit.allocations_of_each(&dumper).await, 3);
}

/// The values of `Cache-Status` and, in two, of `Age`.
#[actix_web::test]
async fn a_hit_that_is_fresh_for_so_long_allocates_what_tells_so() {
    let dumper = Dumper::new(Cache::builder().build());
    let visit = Visit {
        target: "/flavors/today/",
        ..VISIT
    };
    assert_eq!(visit.allocations_of_each(&dumper).await, 3);
}

#[actix_web::test]
async fn a_hit_of_a_browser_allocates_nothing() {
    assert_none(&Visit {
        headers: BROWSER,
        ..VISIT
    })
    .await;
}

#[actix_web::test]
async fn a_hit_with_harmless_cookies_allocates_nothing() {
    assert_none(&Visit {
        headers: &[("Cookie", "_ga=GA1.1.12345.17; _gid=GA1.2.3; _fbp=fb.1")],
        ..VISIT
    })
    .await;
}

/// To ask for the session makes one: itself, its place among the extensions of the
/// request, and those. A server that keeps its requests has made the last before.
#[actix_web::test]
async fn a_hit_with_a_cookie_that_may_be_a_sessions_allocates_an_empty_session() {
    let dumper = Dumper::new(Cache::builder().build()).ignore_cookies(["theme"]);
    let visit = Visit {
        headers: &[("Cookie", "theme=dark")],
        ..VISIT
    };
    assert_eq!(visit.allocations_of_each(&dumper).await, 3);
}

#[actix_web::test]
async fn a_hit_that_a_header_selects_allocates_nothing() {
    assert_none(&Visit {
        target: "/greeting/",
        headers: &[("Accept-Language", "de")],
        ..VISIT
    })
    .await;
}

#[actix_web::test]
async fn a_hit_that_a_browsers_header_selects_allocates_nothing() {
    assert_none(&Visit {
        target: "/greeting/",
        headers: BROWSER,
        ..VISIT
    })
    .await;
}

#[actix_web::test]
async fn a_hit_that_a_header_in_another_form_selects_allocates_that_in_one() {
    let dumper = Dumper::new(Cache::builder().build());
    let visit = Visit {
        target: "/greeting/",
        headers: &[("Accept-Language", "en-us, EN;q=0.9, de; q=0.8")],
        ..VISIT
    };
    assert_eq!(visit.allocations_of_each(&dumper).await, 1);
}

/// What the proxy tells is in the key.
#[actix_web::test]
async fn a_hit_behind_a_proxy_allocates_what_that_tells() {
    let dumper = Dumper::new(Cache::builder().build());
    let visit = Visit {
        headers: &[
            ("X-Forwarded-For", "203.0.113.7"),
            ("X-Forwarded-Host", "parlour.example"),
            ("X-Forwarded-Proto", "https"),
        ],
        ..VISIT
    };
    assert_eq!(visit.allocations_of_each(&dumper).await, 1);
}

#[actix_web::test]
async fn a_hit_in_a_coding_allocates_nothing() {
    let dumper = Dumper::new(Cache::builder().build()).compress();
    let visit = Visit {
        headers: &[("Accept-Encoding", "gzip")],
        ..VISIT
    };
    assert_eq!(visit.allocations(&dumper).await, 0);
}

#[actix_web::test]
async fn a_hit_in_a_browsers_coding_allocates_nothing() {
    let dumper = Dumper::new(Cache::builder().build()).compress();
    let visit = Visit {
        headers: BROWSER,
        ..VISIT
    };
    assert_eq!(visit.allocations(&dumper).await, 0);
}

#[actix_web::test]
async fn a_hit_in_a_coding_among_any_others_allocates_nothing() {
    let dumper = Dumper::new(Cache::builder().build()).compress();
    let visit = Visit {
        headers: &[(
            "Accept-Encoding",
            "gzip, deflate, br, zstd, dcb, dcz, x-gzip;q=0.5, identity;q=0.1, *;q=0",
        )],
        ..VISIT
    };
    assert_eq!(visit.allocations(&dumper).await, 0);
}

#[actix_web::test]
async fn word_that_nothing_has_changed_allocates_nothing() {
    assert_none(&Visit {
        headers: &[("If-None-Match", ENTITY_TAG)],
        status: 304,
        ..VISIT
    })
    .await;
}

#[actix_web::test]
async fn a_hit_by_head_allocates_nothing() {
    assert_none(&Visit {
        method: Method::HEAD,
        ..VISIT
    })
    .await;
}

/// Asserts that a hit allocates nothing.
async fn assert_none(visit: &Visit) {
    let dumper = Dumper::new(Cache::builder().build());
    assert_eq!(visit.allocations(&dumper).await, 0);
}
