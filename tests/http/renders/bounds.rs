//! How long visitors wait, and how many.

use super::*;

#[test]
fn nobody_waits_longer_than_the_cache_allows() {
    alone(async || {
        let cache = Cache::builder().wait(Duration::from_millis(50)).build();
        let addr = start(Dumper::new(cache), true, page);
        let leader = leader(addr).await;
        let visitors = visitors(addr, 3);
        // The first render never ends.
        BEGUN.until(4).await;
        END.close();
        drop((leader, visitors));
    });
}

#[test]
fn no_more_visitors_wait_than_the_cache_allows() {
    alone(async || {
        let builder = Cache::builder().wait(Duration::from_hours(1));
        let cache = builder.max_waiting(5).build();
        let addr = start(Dumper::new(cache), true, page);
        let visitors = visitors(addr, 20);
        STANDING.until(20).await;
        assert_eq!(BEGUN.now(), 15, "one leads, five wait, the others render");
        END.add_permits(15);
        let answers = answers(visitors).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
        // The places are free again.
        let cold = |number: usize| format!("/page/?{number}");
        for number in 0..3 {
            let begun = BEGUN.now();
            let visitors = (0..6).map(|_| {
                let target = cold(number);
                spawn(async move { request(addr, "GET", &target, &[], b"").await })
            });
            let visitors: Vec<_> = visitors.collect();
            STANDING.until(20 + 6 * (number + 1)).await;
            END.add_permits(1);
            super::answers(visitors).await;
            assert_eq!(BEGUN.now(), begun + 1);
        }
    });
}

#[test]
fn after_everything_is_dropped_each_page_costs_one_render() {
    alone(async || {
        let cache = Cache::builder().wait(Duration::from_hours(1)).build();
        let addr = start(Dumper::new(cache.clone()), true, page);
        let pages = |count: usize| {
            let targets = (0..count).map(|number| format!("/page/?{}", number % 10));
            let visitors = targets
                .map(|target| spawn(async move { request(addr, "GET", &target, &[], b"").await }));
            visitors.collect::<Vec<_>>()
        };
        END.add_permits(10);
        answers(pages(10)).await;
        let stood = STANDING.now();
        cache.invalidate_all().await;
        let herd = pages(200);
        STANDING.until(stood + 200).await;
        assert_eq!(BEGUN.now(), 20);
        END.add_permits(10);
        let answers = answers(herd).await;
        assert_eq!(
            answers.iter().filter(|answer| answer.is_stored()).count(),
            10
        );
        assert_eq!(answers.iter().filter(|answer| answer.is_hit()).count(), 190);
        assert_eq!(BEGUN.now(), 20);
    });
}
