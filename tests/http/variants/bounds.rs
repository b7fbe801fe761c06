//! How many pages a path may have.

use actix_web::web;
use actix_web::{App, HttpResponse};
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::alone::alone;
use dumper_tests::client::{self, Answer};

use crate::site::{render, serve};

/// A site whose paths may have so many pages, each chosen by a header or by the
/// query.
struct Bounded {
    addr: std::net::SocketAddr,
    cache: Cache,
}

impl Bounded {
    fn start(max_variants: usize) -> Self {
        let cache = Cache::builder().max_variants(max_variants).build();
        let dumper = Dumper::new(cache.clone());
        let page = async || {
            let mut res = HttpResponse::Ok();
            res.insert_header(("Vary", "Accept-Language"))
                .body(render())
        };
        let addr = serve(move || {
            App::new()
                .route("/page/", web::get().to(page))
                .wrap(dumper.clone())
        });
        Self { addr, cache }
    }

    async fn get(&self, query: &str, language: Option<&str>) -> Answer {
        let headers = language.map(|language| ("Accept-Language", language));
        let path = format!("/page/{query}");
        client::request(self.addr, "GET", &path, headers.as_slice(), b"").await
    }
}

#[test]
fn made_up_headers_do_not_push_out_the_plain_page() {
    alone(async || {
        let site = Bounded::start(4);
        let plain = site.get("", None).await;
        for number in 0..20 {
            let language = format!("x-{number}");
            assert!(site.get("", Some(&language)).await.is_stored());
            assert!(
                site.get("", Some(&language)).await.is_hit(),
                "the newest is there"
            );
        }
        let again = site.get("", None).await;
        assert_eq!((again.is_hit(), again.text()), (true, plain.text()));
    });
}

#[test]
fn made_up_queries_do_not_push_out_the_plain_page() {
    alone(async || {
        let site = Bounded::start(4);
        let plain = site.get("", None).await;
        for number in 0..20 {
            assert!(site.get(&format!("?n={number}"), None).await.is_stored());
        }
        let again = site.get("", None).await;
        assert_eq!((again.is_hit(), again.text()), (true, plain.text()));
        assert!(site.cache.stats().bytes < 16 << 10);
    });
}

#[test]
fn a_path_has_as_many_pages_as_the_cache_is_told() {
    alone(async || {
        for max in [1, 3] {
            let site = Bounded::start(max);
            for number in 0..5 {
                site.get(&format!("?n={number}"), None).await;
            }
            let mut kept = 0;
            for number in (0..5).rev() {
                // The newest first: a miss would replace one that is still to come.
                if !site.get(&format!("?n={number}"), None).await.is_hit() {
                    break;
                }
                kept += 1;
            }
            assert_eq!(kept, max);
        }
    });
}
