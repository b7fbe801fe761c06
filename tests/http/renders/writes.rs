//! Renders that a write makes worthless.

use super::*;

#[test]
fn a_visitor_after_an_invalidation_does_not_wait_for_the_older_render() {
    alone(async || {
        let cache = Cache::builder().build();
        let addr = start(Dumper::new(cache.clone()), true, page);
        let older = visitors(addr, 1);
        BEGUN.until(1).await;
        cache.invalidate_paths(["/page/"]).await;
        let newer = visitors(addr, 5);
        STANDING.until(6).await;
        assert_eq!(BEGUN.now(), 2, "one of them renders, for all of them");
        END.add_permits(2);
        let older = answers(older).await;
        assert_eq!(older[0].text(), "render 1");
        assert_eq!(older[0].cache(), "fwd=miss; detail=invalidated");
        let newer = answers(newer).await;
        assert!(newer.iter().all(|answer| answer.text() == "render 2"));
        let later = request(addr, "GET", "/page/", &[], b"").await;
        assert_eq!(
            (later.is_hit(), later.text()),
            (true, "render 2".to_owned())
        );
    });
}

#[test]
fn nobody_waits_for_a_second_render_under_constant_writes() {
    alone(async || {
        let cache = Cache::builder().wait(Duration::from_hours(1)).build();
        let addr = start(Dumper::new(cache.clone()), true, page);
        let visitors = visitors(addr, 20);
        STANDING.until(20).await;
        for render in 1..=20 {
            cache.invalidate_paths(["/page/"]).await;
            if render == 1 {
                END.add_permits(1);
                // All who waited for the first render their own at once.
                BEGUN.until(20).await;
            }
        }
        END.add_permits(19);
        let answers = answers(visitors).await;
        let mut renders: Vec<String> = answers.iter().map(Answer::text).collect();
        renders.sort();
        renders.dedup();
        assert_eq!(renders.len(), 20);
        assert_eq!(BEGUN.now(), 20);
    });
}

/// What the page shows, and how often it was written.
static VERSION: AtomicUsize = AtomicUsize::new(0);

#[test]
fn every_answer_is_as_new_as_what_was_written_when_it_was_asked_for() {
    fn routes(routes: &mut ServiceConfig) {
        let page = async || {
            let version = VERSION.load(Ordering::SeqCst);
            tokio::task::yield_now().await;
            version.to_string()
        };
        routes.route("/page/", web::get().to(page));
    }
    alone(async || {
        let cache = Cache::builder().wait(Duration::from_hours(1)).build();
        let addr = start(Dumper::new(cache.clone()), true, routes);
        let visitors = (0..16).map(|_| {
            spawn(async move {
                for _ in 0..50 {
                    let written = VERSION.load(Ordering::SeqCst);
                    let answer = request(addr, "GET", "/page/", &[], b"").await;
                    let shown: usize = answer.text().parse().unwrap();
                    assert!(shown >= written, "{shown} was written before {written}");
                }
            })
        });
        let visitors: Vec<_> = visitors.collect();
        let writer = spawn(async move {
            let mut version = 0;
            loop {
                version += 1;
                // The page is dropped before anybody is promised the new one.
                cache.invalidate_paths(["/page/"]).await;
                VERSION.store(version, Ordering::SeqCst);
                cache.invalidate_paths(["/page/"]).await;
                tokio::task::yield_now().await;
            }
        });
        let visited = in_time(join_all(visitors)).await;
        writer.abort();
        assert!(visited.iter().all(Result::is_ok));
    });
}
