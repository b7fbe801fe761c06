//! Renders that hang, because a visitor or what they wait for is slow.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::{App, HttpRequest, web};
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::alone::alone;
use dumper_tests::client;

use crate::site::serve;

static STARTED: AtomicUsize = AtomicUsize::new(0);

/// Hangs for whoever asks it to.
async fn slow(req: HttpRequest) -> &'static str {
    STARTED.fetch_add(1, Ordering::SeqCst);
    if req.headers().contains_key("x-hang") {
        pending::<()>().await;
    }
    "done"
}

async fn started(renders: usize) {
    while STARTED.load(Ordering::SeqCst) < renders {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn site(wait: Duration) -> (Cache, std::net::SocketAddr) {
    let cache = Cache::builder().wait(wait).build();
    let dumper = Dumper::new(cache.clone());
    let addr = serve(move || {
        App::new()
            .wrap(dumper.clone())
            .route("/slow/", web::get().to(slow))
            .route("/other/", web::get().to(async || "other"))
    });
    (cache, addr)
}

#[test]
fn a_render_that_hangs_holds_others_no_longer_than_they_wait() {
    alone(async || {
        let (_, addr) = site(Duration::from_millis(50));
        let _hanging = client::send(addr, "GET", "/slow/", &[("X-Hang", "1")], b"").await;
        started(1).await;
        let other = client::request(addr, "GET", "/other/", &[], b"").await;
        assert_eq!(other.text(), "other", "other pages do not wait at all");
        for _ in 0..2 {
            let answer = client::request(addr, "GET", "/slow/", &[], b"").await;
            assert_eq!(answer.text(), "done");
        }
    });
}

#[test]
fn a_visitor_who_hangs_up_frees_the_page_for_others() {
    alone(async || {
        // Nobody would be served in time if the page were not freed.
        let (_, addr) = site(Duration::MAX);
        for hung_up in 1..=20 {
            let hanging = client::send(addr, "GET", "/slow/", &[("X-Hang", "1")], b"").await;
            started(hung_up).await;
            // With a reset: actix goes on for those who only stop to send.
            hanging.set_zero_linger().unwrap();
            drop(hanging);
        }
        let answer = client::request(addr, "GET", "/slow/", &[], b"").await;
        assert_eq!(answer.text(), "done");
        assert!(
            client::request(addr, "GET", "/slow/", &[], b"")
                .await
                .is_hit()
        );
    });
}
