//! Renders of other processes and of this one, and who waits for them.

use std::time::{Duration, Instant};

use dumper::{Cache, Lookup, NotStored};
use dumper_tests::alone::alone;
use futures::future::join_all;
use tokio::task::spawn_local;

use crate::acts::{key, look_up, miss, page, plain, render, served, soon, text};
use crate::faulty::{Call, Fault, Faulty};

const PAGE: &str = "/sizes/small/";
const LONG: Duration = Duration::from_mins(1);

/// A cache whose store says that another process renders each page.
fn awaiting() -> (Faulty, Cache) {
    let store = Faulty::new();
    store.await_others(Some(LONG));
    let cache = Cache::builder().store(store.clone()).wait(LONG).build();
    (store, cache)
}

#[test]
fn the_page_of_another_process_is_waited_for() {
    alone(async || {
        let (store, cache) = awaiting();
        let found = spawn_local(async move { look_up(&cache, PAGE).await });
        store.until_asked(Call::Lease, 3).await;
        let other = Cache::builder().store(store.others()).build();
        render(&other, PAGE, "theirs").await.unwrap();
        let Lookup::Hit(page) = found.await.unwrap() else {
            panic!("it is there");
        };
        assert_eq!(text(&page), "theirs");
    });
}

#[test]
fn a_render_that_comes_to_nothing_is_not_waited_for_any_more() {
    alone(async || {
        let (store, cache) = awaiting();
        let found = spawn_local(async move { look_up(&cache, PAGE).await });
        store.until_asked(Call::Lease, 3).await;
        store.await_others(None);
        assert!(matches!(found.await.unwrap(), Lookup::Miss(_)));
    });
}

#[test]
fn nobody_waits_longer_than_the_cache_is_told() {
    alone(async || {
        let wait = Duration::from_millis(200);
        let store = Faulty::new();
        store.await_others(Some(LONG));
        let cache = Cache::builder().store(store.clone()).wait(wait).build();
        let began = Instant::now();
        render(&cache, PAGE, "ours").await.unwrap();
        assert!(began.elapsed() >= wait);
        let may_wait = store.may_wait();
        let (last, earlier) = may_wait.split_last().unwrap();
        assert!(!last && earlier.iter().all(|may_wait| *may_wait));
        assert!(!earlier.is_empty());
    });
}

#[test]
fn who_refuses_a_stored_page_waits_for_nobody() {
    alone(async || {
        let (store, cache) = awaiting();
        let found = soon(cache.look_up_if(&key(PAGE), &plain, |_| false)).await;
        assert!(matches!(found, Lookup::Miss(_)), "{found:?}");
        assert_eq!(store.may_wait(), [false]);
    });
}

#[test]
fn nobody_waits_for_another_process_when_the_store_does_not_answer() {
    alone(async || {
        let (store, cache) = awaiting();
        let seeker = cache.clone();
        let found = spawn_local(async move { look_up(&seeker, PAGE).await });
        store.until_asked(Call::Lease, 3).await;
        store.fail(Call::LookUp, Fault::Unavailable);
        assert!(matches!(found.await.unwrap(), Lookup::Unavailable));
        store.heal();
        store.await_others(None);
        render(&cache, PAGE, "ours").await.unwrap();
    });
}

/// Requests of one process, of which the first asks the store for a lease.
async fn crowd(store: &Faulty, cache: &Cache) -> Vec<tokio::task::JoinHandle<Lookup>> {
    let leader = cache.clone();
    let mut crowd = vec![spawn_local(async move { look_up(&leader, PAGE).await })];
    store.until_asked(Call::Lease, 1).await;
    for number in 2..=10 {
        let cache = cache.clone();
        crowd.push(spawn_local(async move { look_up(&cache, PAGE).await }));
        store.until_asked(Call::LookUp, number).await;
    }
    crowd
}

#[test]
fn the_requests_of_a_process_wait_for_one_of_them() {
    alone(async || {
        for is_near in [true, false] {
            let store = Faulty::new();
            let cache = Cache::builder()
                .store(store.clone())
                .near(is_near)
                .wait(LONG);
            let cache = cache.build();
            let lease = miss(&cache, PAGE).await;
            let others: Vec<_> = (0..9)
                .map(|_| {
                    let cache = cache.clone();
                    spawn_local(async move { served(&cache, PAGE).await })
                })
                .collect();
            store.until_asked(Call::LookUp, 10).await;
            soon(lease.fill(page("ours"))).await.unwrap();
            for body in join_all(others).await {
                assert_eq!(body.unwrap().as_deref(), Some("ours"));
            }
            assert_eq!(store.count(Call::Lease), 1, "near: {is_near}");
        }
    });
}

#[test]
fn the_page_that_one_of_them_waited_for_is_there_for_all() {
    alone(async || {
        for is_near in [true, false] {
            let store = Faulty::new();
            store.await_others(Some(LONG));
            let cache = Cache::builder()
                .store(store.clone())
                .near(is_near)
                .wait(LONG);
            let cache = cache.build();
            let crowd = crowd(&store, &cache).await;
            let other = Cache::builder().store(store.others()).build();
            render(&other, PAGE, "theirs").await.unwrap();
            store.await_others(None);
            for found in join_all(crowd).await {
                let found = found.unwrap();
                let Lookup::Hit(page) = found else {
                    panic!("near: {is_near}: {found:?}");
                };
                assert_eq!(text(&page), "theirs");
            }
        }
    });
}

#[test]
fn a_store_that_does_not_answer_one_of_them_is_not_asked_by_one_after_the_other() {
    alone(async || {
        let store = Faulty::new();
        let cache = Cache::builder().store(store.clone()).wait(LONG).build();
        store.fail(Call::Lease, Fault::Hangs);
        let crowd = crowd(&store, &cache).await;
        store.fail(Call::Lease, Fault::Unavailable);
        store.fail(Call::LookUp, Fault::Unavailable);
        for found in join_all(crowd).await {
            assert!(matches!(found.unwrap(), Lookup::Unavailable));
        }
        assert_eq!(store.count(Call::Lease), 1);
    });
}

#[test]
fn a_lease_is_given_back_once_however_it_ends() {
    alone(async || {
        let store = Faulty::new();
        let cache = Cache::builder().store(store.clone()).build();
        drop(miss(&cache, PAGE).await);
        assert_eq!(store.count(Call::Release), 1);
        miss(&cache, PAGE).await.decline();
        assert_eq!(store.count(Call::Release), 2);
        let mut lease = miss(&cache, PAGE).await;
        lease.stream();
        assert_eq!(store.count(Call::Release), 3);
        drop(lease);
        assert_eq!(store.count(Call::Release), 3);
        store.fail(Call::Fill, Fault::Unavailable);
        let filled = render(&cache, PAGE, "body").await;
        assert_eq!(filled.unwrap_err(), NotStored::Unavailable);
        assert_eq!(store.count(Call::Release), 4);
        store.heal();
        render(&cache, PAGE, "body").await.unwrap();
        assert_eq!(
            store.count(Call::Release),
            4,
            "the store knows that it has ended"
        );
    });
}

#[test]
fn a_page_that_streams_is_stored_though_nobody_waits_for_it() {
    alone(async || {
        let store = Faulty::new();
        let cache = Cache::builder().store(store.clone()).build();
        let other = Cache::builder().store(store.others()).wait(LONG).build();
        let mut lease = miss(&cache, PAGE).await;
        lease.stream();
        drop(miss(&other, PAGE).await);
        soon(lease.fill(page("streamed"))).await.unwrap();
        assert_eq!(served(&other, PAGE).await.as_deref(), Some("streamed"));
    });
}
