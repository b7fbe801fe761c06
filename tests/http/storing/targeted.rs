//! `Dumper-Cache-Control` and its like.

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use dumper_tests::alone::alone;
use futures::stream::iter;

use super::{check, check_with};
use crate::site::{Headers, Site, page};

const OURS: &str = "Dumper-Cache-Control";
const ALL: &str = "Cache-Control";
const CDN: &str = "CDN-Cache-Control";
const SHOP: &str = "Shop-Cache-Control";

#[test]
fn our_own_field_overrides_what_all_caches_are_told() {
    alone(async || {
        check(&[
            ("stored", &[(OURS, "max-age=60")]),
            ("stored", &[(OURS, "public")]),
            ("stored", &[(OURS, "max-age=60"), (ALL, "no-store")]),
            (
                "stored",
                &[(OURS, "max-age=60"), (ALL, "private, max-age=0")],
            ),
            ("stored", &[(OURS, "public"), (ALL, "no-cache")]),
            ("stored", &[(OURS, "public"), (ALL, "max-age=\"60")]),
            ("stored", &[(OURS, "public"), ("Expires", "0")]),
            ("stored", &[(OURS, "max-age=60"), (CDN, "no-store")]),
            ("no-store", &[(OURS, "no-store")]),
            ("private", &[(OURS, "private")]),
            ("no-cache", &[(OURS, "no-cache, max-age=60")]),
            ("no-store", &[(OURS, "max-age=60"), (OURS, "no-store")]),
            ("no-store", &[(OURS, "no-store"), (ALL, "max-age=60")]),
            ("not-fresh", &[(OURS, "max-age=0"), (ALL, "max-age=60")]),
            (
                "not-fresh",
                &[(OURS, "max-age=60, s-maxage=0"), ("Expires", "{60}")],
            ),
            ("not-fresh", &[(OURS, "max-age=60"), ("Age", "60")]),
            ("not-fresh", &[(OURS, "max-age=60"), ("Date", "{-60}")]),
            ("set-cookie", &[(OURS, "max-age=60"), ("Set-Cookie", "a=1")]),
            ("vary-star", &[(OURS, "max-age=60"), ("Vary", "*")]),
        ])
        .await;
    });
}

#[test]
fn a_member_is_of_its_type_or_fails_closed() {
    alone(async || {
        check(&[
            ("stored", &[(OURS, "max-age=60;x=\"no-store\"")]),
            ("stored", &[(OURS, "max-age=60, x=\"a, no-store\"")]),
            ("stored", &[(OURS, "max-age=60, no-store=?0")]),
            ("stored", &[(OURS, "private=?0"), (ALL, "no-store")]),
            ("stored", &[(OURS, "no-store, must-understand")]),
            ("no-store", &[(OURS, "no-store=?1")]),
            ("no-store", &[(OURS, "no-store;x=?0")]),
            ("no-store", &[(OURS, "no-store=0")]),
            ("private", &[(OURS, "private=\"set-cookie\"")]),
            ("no-cache", &[(OURS, "no-cache=(a b)")]),
            ("not-fresh", &[(OURS, "max-age=\"60\"")]),
            ("not-fresh", &[(OURS, "max-age=60.0")]),
            ("not-fresh", &[(OURS, "max-age=-60")]),
            ("not-fresh", &[(OURS, "max-age=x")]),
            ("not-fresh", &[(OURS, "max-age")]),
            ("not-fresh", &[(OURS, "max-age=?0")]),
            ("not-fresh", &[(OURS, "max-age=(60)")]),
        ])
        .await;
    });
}

#[test]
fn a_field_that_is_empty_or_no_dictionary_is_ignored() {
    alone(async || {
        check(&[
            ("stored", &[(OURS, "")]),
            ("no-store", &[(OURS, ""), (ALL, "no-store")]),
            ("no-store", &[(OURS, "max-age=60,"), (ALL, "no-store")]),
            ("no-store", &[(OURS, "Public"), (ALL, "no-store")]),
            ("no-store", &[(OURS, "max-age="), (ALL, "no-store")]),
            ("no-store", &[(OURS, "max-age=60, &&&"), (ALL, "no-store")]),
            (
                "no-store",
                &[(OURS, "max-age=60"), (OURS, "&"), (ALL, "no-store")],
            ),
            ("not-fresh", &[(OURS, "max-age=\u{e9}"), ("Expires", "0")]),
            ("stored", &[(OURS, ""), (OURS, "public"), ("Expires", "0")]),
        ])
        .await;
    });
}

#[test]
fn further_fields_count_in_their_order() {
    alone(async || {
        check_with(
            |dumper| dumper.targeted_fields(["Shop-Cache-Control", "CDN-Cache-Control"]),
            &[
                ("stored", &[(CDN, "max-age=60"), (ALL, "no-store")]),
                ("stored", &[(SHOP, "max-age=60"), (CDN, "no-store")]),
                ("no-store", &[(SHOP, "no-store"), (CDN, "max-age=60")]),
                (
                    "stored",
                    &[(SHOP, "&"), (CDN, "max-age=60"), ("Expires", "0")],
                ),
                ("not-fresh", &[(OURS, "max-age=0"), (SHOP, "max-age=60")]),
                ("no-store", &[(SHOP, ""), (ALL, "no-store")]),
            ],
        )
        .await;
    });
}

#[test]
fn a_field_for_other_caches_counts_only_where_it_restricts() {
    alone(async || {
        check(&[
            ("stored", &[(CDN, "max-age=60")]),
            ("no-store", &[(CDN, "no-store"), (ALL, "max-age=60")]),
            ("private", &[(CDN, "private")]),
            ("no-cache", &[(CDN, "no-cache")]),
            ("not-fresh", &[(CDN, "max-age=0"), (ALL, "max-age=60")]),
            ("not-fresh", &[(CDN, "max-age=60"), (ALL, "max-age=0")]),
            ("not-fresh", &[(CDN, "max-age=60"), ("Expires", "0")]),
            ("not-fresh", &[(CDN, "max-age=\"60\"")]),
            ("not-fresh", &[(CDN, "max-age=30"), ("Age", "30")]),
            ("no-store", &[(CDN, "max-age=60"), (ALL, "no-store")]),
            ("stored", &[(CDN, "no-store, &&&")]),
            ("stored", &[(CDN, "No-Store")]),
            ("stored", &[(SHOP, "no-store")]),
        ])
        .await;
    });
}

#[test]
fn our_own_field_is_taken_off_every_answer_but_a_bypassed_one() {
    const HEADERS: Headers = &[
        (OURS, "max-age=60"),
        (OURS, "x"),
        (SHOP, "max-age=50"),
        (CDN, "max-age=40"),
    ];
    const REFUSED: Headers = &[(OURS, "no-store")];
    alone(async || {
        let site = Site::with(
            |dumper| dumper.targeted_fields(["shop-cache-control"]),
            |routes| {
                let stream = async || {
                    let chunks = iter([Ok::<_, actix_web::Error>(Bytes::from("all"))]);
                    HttpResponse::Ok()
                        .append_header((OURS, "max-age=60"))
                        .streaming(chunks)
                };
                routes
                    .route("/page/", page(200, HEADERS))
                    .route("/refused/", page(200, REFUSED))
                    .route("/status/", page(500, HEADERS))
                    .route("/stream/", web::get().to(stream));
            },
        );
        for (method, path) in [
            ("GET", "/page/"),
            ("GET", "/page/"),
            ("HEAD", "/page/"),
            ("GET", "/refused/"),
            ("GET", "/status/"),
            ("GET", "/stream/"),
            ("GET", "/stream/"),
        ] {
            let answer = site.request(method, path, &[]).await;
            assert_eq!(
                answer.header("dumper-cache-control"),
                None,
                "{method} {path}"
            );
            if path == "/page/" {
                assert_eq!(answer.header("shop-cache-control").unwrap(), "max-age=50");
                assert_eq!(answer.header("cdn-cache-control").unwrap(), "max-age=40");
            }
        }
        for (method, headers) in [("GET", &[("Authorization", "x")][..]), ("POST", &[])] {
            let answer = site.request(method, "/page/", headers).await;
            let said = answer.header("dumper-cache-control");
            assert_eq!(said.unwrap(), "max-age=60, x", "{method}");
        }
    });
}

#[test]
fn browsers_are_told_as_if_our_own_field_were_not_there() {
    alone(async || {
        let site = Site::start(|routes| {
            let ours = (OURS, "max-age=60");
            routes.route("/unsaid/", page(200, &[(OURS, "max-age=60")]));
            let said = move || async move {
                let mut res = HttpResponse::Ok();
                res.append_header(ours).append_header((ALL, "private"));
                res.body("said")
            };
            routes.route("/said/", web::get().to(said));
        });
        for _ in 0..2 {
            let unsaid = site.get("/unsaid/").await;
            assert_eq!(unsaid.header("cache-control").unwrap(), "no-cache");
            let said = site.get("/said/").await;
            assert_eq!(said.header("cache-control").unwrap(), "private");
        }
        let hit = site.get("/unsaid/").await;
        assert!(hit.is_hit() && hit.header("age").is_some(), "{hit:?}");
    });
}
