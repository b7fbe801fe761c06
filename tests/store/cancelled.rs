//! Requests and writes that are given up while they wait for the store.

use std::time::Duration;

use dumper::{Cache, Lookup, Scope};
use dumper_tests::Kind;
use dumper_tests::alone::{alone, on_databases};
use futures::FutureExt;
use tokio::task::spawn_local;

use crate::acts::{key, look_up, miss, page, plain, render, served, settle, soon, until};
use crate::faulty::{Call, Fault, Faulty};
use crate::rows;

const PAGE: &str = "/sizes/small/";

fn shared(is_near: bool) -> (Faulty, Cache) {
    let store = Faulty::new();
    let cache = Cache::builder().store(store.clone()).near(is_near);
    (store, cache.wait(Duration::from_mins(1)).build())
}

/// Asserts that the page can be rendered by this process and served by another.
async fn assert_is_well(store: &Faulty, cache: &Cache, call: Call) {
    store.heal();
    if served(cache, PAGE).await.is_none() {
        render(cache, PAGE, "body").await.unwrap();
    }
    assert_eq!(
        served(cache, PAGE).await.as_deref(),
        Some("body"),
        "{call:?}"
    );
    let other = Cache::builder().store(store.others()).build();
    assert_eq!(
        served(&other, PAGE).await.as_deref(),
        Some("body"),
        "{call:?}"
    );
    soon(cache.invalidate_paths([PAGE])).await;
    assert_eq!(served(cache, PAGE).await, None, "{call:?}");
    assert_eq!(served(&other, PAGE).await, None, "{call:?}");
}

#[test]
fn a_request_that_is_given_up_leaves_nothing_behind() {
    alone(async || {
        for is_near in [true, false] {
            for call in [Call::LookUp, Call::IsCurrent, Call::Lease] {
                let (store, cache) = shared(is_near);
                if call == Call::IsCurrent {
                    render(&cache, PAGE, "body").await.unwrap();
                }
                store.fail(call, Fault::Hangs);
                let key = key(PAGE);
                let given_up = [
                    cache.look_up(&key, &plain).now_or_never().is_none(),
                    cache.stored(&key, &plain).now_or_never().is_none(),
                ];
                // Without copies nobody asks whether they are true.
                let hung = call != Call::IsCurrent || is_near;
                assert_eq!(given_up[0], hung, "{call:?}");
                assert_eq!(given_up[1], hung && call != Call::Lease, "{call:?}");
                assert_is_well(&store, &cache, call).await;
            }
        }
    });
}

#[test]
fn a_fill_that_is_given_up_lets_others_render() {
    alone(async || {
        let (store, cache) = shared(true);
        let lease = miss(&cache, PAGE).await;
        store.fail(Call::Fill, Fault::Hangs);
        assert!(lease.fill(page("body")).now_or_never().is_none());
        assert_eq!(store.count(Call::Release), 1);
        assert_is_well(&store, &cache, Call::Fill).await;
    });
}

#[test]
fn who_waits_for_a_request_that_is_given_up_goes_on() {
    alone(async || {
        for call in [Call::LookUp, Call::Lease] {
            let (store, cache) = shared(true);
            store.fail(call, Fault::Hangs);
            let given_up = cache.clone();
            let leader = spawn_local(async move { look_up(&given_up, PAGE).await });
            store.until_asked(call, 1).await;
            let seeker = cache.clone();
            let waiting = spawn_local(async move { look_up(&seeker, PAGE).await });
            store.until_asked(Call::LookUp, 2).await;
            leader.abort();
            assert!(leader.await.is_err());
            store.heal();
            drop(soon(waiting).await.unwrap());
            assert_is_well(&store, &cache, call).await;
        }
    });
}

#[test]
fn a_save_that_is_given_up_leaves_no_fence_for_ever() {
    on_databases(&[Kind::Sqlite], async || {
        let db = rows::create().await;
        let store = Faulty::new();
        let cache = Cache::builder().store(store.clone());
        let cache = cache.fence_deadline(Duration::from_millis(300)).build();
        render(&cache, PAGE, "body").await.unwrap();
        settle(&cache).await;
        // At the fence, and at its end.
        for polls in [1, 2] {
            let scope = Scope::new();
            let asked = store.count(Call::Apply);
            if polls == 1 {
                store.fail(Call::Apply, Fault::Hangs);
            }
            let writer = db.clone();
            let save = spawn_local(async move {
                let save = rows::name(&writer, "other");
                scope.run(save).await.unwrap();
                scope.end().await;
            });
            if polls == 2 {
                until(async || store.stands_on(PAGE).await || save.is_finished()).await;
                store.fail(Call::Apply, Fault::Hangs);
            }
            store.until_asked(Call::Apply, asked + polls).await;
            save.abort();
            let _ = save.await;
            store.heal();
            soon(cache.delivered()).await;
            until(async || !store.stands_on(PAGE).await).await;
            until(async || !matches!(look_up(&cache, PAGE).await, Lookup::Fenced)).await;
            assert_is_well(&store, &cache, Call::Apply).await;
        }
    });
}

#[test]
fn an_invalidation_that_is_given_up_is_delivered() {
    alone(async || {
        let (store, cache) = shared(true);
        render(&cache, PAGE, "old").await.unwrap();
        store.fail(Call::Apply, Fault::Hangs);
        assert!(cache.invalidate_paths([PAGE]).now_or_never().is_none());
        assert_eq!(served(&cache, PAGE).await, None);
        store.heal();
        soon(cache.delivered()).await;
        let other = Cache::builder().store(store.others()).build();
        assert_eq!(served(&other, PAGE).await, None);
    });
}
