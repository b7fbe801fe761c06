//! Pages that are not stored, or not soon: nobody waits for them.

use super::*;

/// Twenty visitors of a page that may not be stored: all of them are in the
/// render at the same time, as soon as the first one has shown what it is.
async fn all_render_at_once(routes: fn(&mut ServiceConfig), status: u16) {
    let addr = site(routes);
    let first = visitors(addr, 20);
    STANDING.until(20).await;
    assert_eq!(BEGUN.now(), 1);
    END.add_permits(1);
    BEGUN.until(20).await;
    // Those who come now do not even wait for the first.
    let second = visitors(addr, 20);
    BEGUN.until(40).await;
    END.add_permits(39);
    for answer in answers(first)
        .await
        .into_iter()
        .chain(answers(second).await)
    {
        assert_eq!(answer.status, status);
        assert!(!answer.is_hit() && !answer.is_stored(), "{answer:?}");
    }
    assert_eq!(BEGUN.now(), 40);
}

#[test]
fn visitors_of_a_page_that_is_not_stored_do_not_queue() {
    fn routes(routes: &mut ServiceConfig) {
        let page = async || {
            render().await;
            HttpResponse::Ok()
                .append_header(("Set-Cookie", "id=1"))
                .finish()
        };
        routes.route("/page/", web::get().to(page));
    }
    alone(async || all_render_at_once(routes, 200).await);
}

#[test]
fn visitors_of_a_failing_page_do_not_queue() {
    fn routes(routes: &mut ServiceConfig) {
        let page = async || {
            render().await;
            HttpResponse::new(StatusCode::BAD_GATEWAY)
        };
        routes.route("/page/", web::get().to(page));
    }
    alone(async || all_render_at_once(routes, 502).await);
}

#[test]
fn visitors_of_a_page_that_ends_in_an_error_do_not_queue() {
    fn routes(routes: &mut ServiceConfig) {
        let page = async || {
            render().await;
            Err::<String, Error>(actix_web::error::ErrorNotFound("gone"))
        };
        routes.route("/page/", web::get().to(page));
    }
    alone(async || all_render_at_once(routes, 404).await);
}

#[test]
fn nobody_waits_for_a_body_that_streams() {
    fn routes(routes: &mut ServiceConfig) {
        let page = async || {
            render().await;
            let first = once(async { Ok::<_, Error>(Bytes::from_static(b"first")) });
            HttpResponse::Ok().streaming(first.chain(pending()))
        };
        routes.route("/page/", web::get().to(page));
    }
    alone(async || {
        let addr = site(routes);
        let mut clients = Vec::new();
        for _ in 0..20 {
            clients.push(send(addr, "GET", "/page/", &[], b"").await);
        }
        STANDING.until(20).await;
        assert_eq!(BEGUN.now(), 1);
        END.add_permits(1);
        // The first body never comes to its end.
        BEGUN.until(20).await;
    });
}

#[test]
fn a_client_that_does_not_read_holds_nobody() {
    fn routes(routes: &mut ServiceConfig) {
        let page = async || {
            render().await;
            "x".repeat(12 << 20)
        };
        routes.route("/page/", web::get().to(page));
    }
    alone(async || {
        let cache = Cache::builder().wait(Duration::from_hours(1));
        let cache = cache.max_bytes(1 << 30).build();
        let addr = start(Dumper::new(cache).max_body(16 << 20), true, routes);
        let _never_reads = leader(addr).await;
        let visitors = visitors(addr, 3);
        STANDING.until(4).await;
        END.add_permits(1);
        for answer in answers(visitors).await {
            assert!(answer.is_hit() && answer.complete);
            assert_eq!(answer.body.len(), 12 << 20);
        }
        assert_eq!(BEGUN.now(), 1);
    });
}

#[test]
fn a_head_request_leads_a_whole_render() {
    alone(async || {
        let addr = site(page);
        let leader = send(addr, "HEAD", "/page/", &[], b"").await;
        BEGUN.until(1).await;
        let visitors = visitors(addr, 5);
        STANDING.until(6).await;
        END.add_permits(1);
        let answers = answers(visitors).await;
        assert!(answers.iter().all(|answer| answer.text() == "render 1"));
        drop(leader);
    });
}
