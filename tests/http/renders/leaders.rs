//! Renders that others wait for, and that come to nothing.

use super::*;

#[test]
fn when_the_first_visitor_is_cut_off_another_one_renders() {
    alone(async || {
        let addr = site(page);
        let leader = leader(addr).await;
        let visitors = visitors(addr, 20);
        STANDING.until(21).await;
        leader.set_zero_linger().unwrap();
        drop(leader);
        CANCELLED.until(1).await;
        BEGUN.until(2).await;
        END.add_permits(1);
        let answers = answers(visitors).await;
        assert!(answers.iter().all(|answer| answer.text() == "render 2"));
        assert_eq!(BEGUN.now(), 2);
    });
}

#[test]
fn when_the_first_visitor_hangs_up_another_one_renders() {
    alone(async || {
        let dumper = Dumper::new(Cache::builder().build());
        let addr = start(dumper, false, page);
        let leader = leader(addr).await;
        let visitors = visitors(addr, 20);
        STANDING.until(21).await;
        drop(leader);
        CANCELLED.until(1).await;
        BEGUN.until(2).await;
        END.add_permits(1);
        let answers = answers(visitors).await;
        assert!(answers.iter().all(|answer| answer.text() == "render 2"));
    });
}

#[test]
fn the_first_visitor_may_close_its_half_and_still_be_answered() {
    alone(async || {
        let addr = site(page);
        let mut leader = leader(addr).await;
        let visitors = visitors(addr, 20);
        STANDING.until(21).await;
        leader.shutdown().await.unwrap();
        END.add_permits(1);
        let answers = answers(visitors).await;
        assert!(answers.iter().all(|answer| answer.text() == "render 1"));
        assert_eq!((BEGUN.now(), CANCELLED.now()), (1, 0));
    });
}

#[test]
fn when_the_first_render_panics_another_visitor_renders() {
    fn routes(routes: &mut ServiceConfig) {
        let page = async || {
            let number = render().await;
            assert_ne!(number, 1, "the first one is to panic");
            format!("render {number}")
        };
        routes.route("/page/", web::get().to(page));
    }
    alone(async || {
        let addr = site(routes);
        let leader = spawn(async move { request(addr, "GET", "/page/", &[], b"").await });
        BEGUN.until(1).await;
        let visitors = visitors(addr, 20);
        STANDING.until(21).await;
        END.add_permits(1);
        BEGUN.until(2).await;
        END.add_permits(1);
        let answers = answers(visitors).await;
        assert!(answers.iter().all(|answer| answer.text() == "render 2"));
        assert_eq!(leader.await.unwrap().status, 0, "its connection is dropped");
        assert_eq!(BEGUN.now(), 2);
    });
}
