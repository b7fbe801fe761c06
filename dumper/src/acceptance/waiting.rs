//! Renders that others wait for. A store need not tell of any.

use std::time::{Duration, Instant};

use super::acts::{body, drop_pages, fill_with, key, path, until};
use crate::Key;
use crate::store::{Leased, Reached, Stamp, Store};

/// "With `may_wait`, a store may answer …": without it, it does not.
pub async fn who_may_not_wait_is_given_a_lease<S: Store>(one: S, two: S) {
    let key = key("/flavors/");
    let first = granted(&one, &key).await;
    for store in [&two, &one, &two] {
        let leased = store.lease(&key, &|_| None, false).await;
        let leased = leased.expect("a lease can be asked for");
        assert!(matches!(leased, Leased::Granted(_)), "{leased:?}");
    }
    let filled = fill_with(&one, &key, "page", &first).await;
    assert!(filled.is_ok(), "the first lease is as good as the others");
}

/// "Another process renders the page": not when it has stored it, or has given its
/// lease back.
pub async fn a_render_that_is_over_is_not_waited_for<S: Store>(one: S, two: S) {
    for is_released in [false, true] {
        let key = key(&format!("/flavors/{is_released}/"));
        let first = granted(&one, &key).await;
        let told = wait(&two, &key).await;
        let began = Instant::now();
        if is_released {
            one.release(&key, &first);
        } else {
            let filled = fill_with(&one, &key, "page", &first).await;
            assert!(filled.is_ok());
            assert_eq!(body(&two, &key).await.as_deref(), Some("page"));
        }
        if let Some(told) = told {
            is_granted_within(&two, &key, began, told).await;
        }
    }
}

/// A page that is rendered under a void lease is not stored, so that it is not "worth
/// waiting for".
pub async fn a_render_is_not_waited_for_when_its_lease_is_void<S: Store>(one: S, two: S) {
    let key = key("/flavors/");
    for _ in 0..2 {
        granted(&one, &key).await;
        drop_pages(&two, Reached::Path(&path("/flavors/"))).await;
        let leased = two.lease(&key, &|_| None, true).await;
        let leased = leased.expect("a lease can be asked for");
        let Leased::Granted(stamp) = leased else {
            panic!("a lease is granted, not {leased:?}");
        };
        let filled = fill_with(&two, &key, "page", &stamp).await;
        assert!(filled.is_ok());
        drop_pages(&two, Reached::Path(&path("/flavors/"))).await;
    }
}

/// "Its page streams and is stored at its end."
pub async fn a_render_that_nobody_waits_for_may_be_stored<S: Store>(one: S, two: S) {
    let key = key("/flavors/");
    let first = granted(&one, &key).await;
    one.release(&key, &first);
    let filled = fill_with(&one, &key, "streamed", &first).await;
    assert!(filled.is_ok(), "{filled:?}");
    assert_eq!(body(&two, &key).await.as_deref(), Some("streamed"));
}

/// "Is thought to take no longer than this from now."
pub async fn a_render_that_never_ends_is_waited_for_no_longer_than_told<S: Store>(one: S, two: S) {
    let key = key("/flavors/");
    let stamp = granted(&one, &key).await;
    let told = wait(&two, &key).await;
    let began = Instant::now();
    if let Some(told) = told {
        is_granted_within(&two, &key, began, told).await;
    }
    // It may be stored all the same.
    let filled = fill_with(&one, &key, "late", &stamp).await;
    assert!(filled.is_ok());
}

async fn granted<S: Store>(store: &S, key: &Key) -> Stamp {
    until("a lease is granted", async || {
        let leased = store.lease(key, &|_| None, true).await;
        match leased.expect("a lease can be asked for") {
            Leased::Granted(stamp) => Some(stamp),
            Leased::Awaited(_) => None,
            Leased::Fenced => panic!("no fence stands on {key}"),
        }
    })
    .await
}

/// How long to wait, if it is to be.
async fn wait<S: Store>(store: &S, key: &Key) -> Option<Duration> {
    let leased = store.lease(key, &|_| None, true).await;
    match leased.expect("a lease can be asked for") {
        Leased::Awaited(told) => Some(told),
        Leased::Granted(_) => None,
        Leased::Fenced => panic!("no fence stands on {key}"),
    }
}

/// A lease is granted when the time that was told is over, at the latest.
async fn is_granted_within<S: Store>(store: &S, key: &Key, began: Instant, told: Duration) {
    until("a lease is granted", async || {
        let asked = began.elapsed();
        let Some(more) = wait(store, key).await else {
            return Some(());
        };
        let room = Duration::from_secs(1);
        let in_all = asked + more;
        assert!(in_all <= told + room, "{in_all:?} in place of {told:?}");
        None
    })
    .await;
}
