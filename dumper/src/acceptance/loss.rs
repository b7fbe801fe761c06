//! What is lost, forgotten, or given up half-way.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::acts::{
    ANNA, apply, body, change, changes, drop_pages, fill_with, is_current, key, lease, lift, path,
    put, raise, try_lease,
};
use crate::store::{Changes, Fence, Filing, Reached, Rendered, Stamp, Store};
use crate::{Key, Page};

/// "What the store forgets … is forgotten with all that was stored under it": what it
/// has never known, is not current, and stores nothing.
pub async fn a_stamp_of_nowhere_is_not_current<S: Store>(one: S, two: S) {
    let key = key("/flavors/");
    let stored = put(&one, &key, "page", &[]).await;
    let mut stamps = vec![Stamp::new(Vec::new()), Stamp::new(vec![0xff; 4_096])];
    for length in [1, 7, 8, 9, 16, 36, 40, 72, 104] {
        stamps.push(Stamp::new(vec![b'7'; length]));
    }
    let mut changed = stored.as_bytes().to_vec();
    if let Some(last) = changed.last_mut() {
        *last ^= 0x15;
    }
    stamps.push(Stamp::new([stored.as_bytes().as_ref(), b"0"].concat()));
    stamps.push(Stamp::new(changed));
    for stamp in stamps {
        assert!(!is_current(&two, &key, &stamp).await, "{stamp:?}");
        let filled = fill_with(&two, &key, "old", &stamp).await;
        assert!(filled.is_err(), "{stamp:?}");
        two.release(&key, &stamp);
    }
    assert_eq!(body(&two, &key).await.as_deref(), Some("page"));
}

/// "A stamp that is not current is never current again": not when other pages are
/// leased and stored in its place.
pub async fn what_is_dropped_is_never_current_again<S: Store>(one: S, two: S) {
    let (key, path) = (key("/flavors/"), path("/flavors/"));
    let all = [Reached::Path(&path), Reached::Tag("menu"), Reached::All];
    let mut dropped = Vec::new();
    for number in 0..30 {
        let reached = all[number % all.len()];
        dropped.push(put(&one, &key, "page", &["menu"]).await);
        let unused = lease(&two, &key).await;
        drop_pages(&two, reached).await;
        if !matches!(reached, Reached::Tag(_)) {
            dropped.push(unused);
        }
        for stamp in &dropped {
            assert!(!is_current(&one, &key, stamp).await, "{stamp:?}");
        }
    }
    put(&two, &key, "new", &["menu"]).await;
    for stamp in &dropped {
        assert!(!is_current(&one, &key, stamp).await, "{stamp:?}");
        assert!(fill_with(&one, &key, "old", stamp).await.is_err());
    }
    assert_eq!(body(&one, &key).await.as_deref(), Some("new"));
}

/// "Takes note that nobody is to wait for a lease": pages, fences and other leases stay.
pub async fn a_released_lease_leaves_pages_alone<S: Store>(one: S, two: S) {
    let key = key("/flavors/");
    let stored = put(&one, &key, "page", &[]).await;
    let (unused, other) = (lease(&one, &key).await, lease(&two, &key).await);
    one.release(&key, &unused);
    one.release(&key, &unused);
    one.release(&key, &stored);
    assert_eq!(body(&two, &key).await.as_deref(), Some("page"));
    assert!(fill_with(&two, &key, "other", &other).await.is_ok());
    let path = path("/flavors/");
    raise(&two, ANNA, Reached::Path(&path)).await;
    one.release(&key, &unused);
    assert_eq!(try_lease(&one, &key).await, None);
}

/// "All calls may come at the same time, and may be dropped at any point."
pub async fn calls_given_up_leave_nothing_wrong<S: Store>(one: S, two: S) {
    for polls in 0..12 {
        let key = key(&format!("/flavors/{polls}/"));
        let path = path(key.path().as_str());
        give_up(&one, &key, polls).await;
        // What was stored, if anything was, is what it should be.
        let found = body(&two, &key).await;
        assert!(found.is_none_or(|body| body == "page"), "{polls} polls");
        let (stamp, again) = (lease(&two, &key).await, lease(&one, &key).await);
        // The change may have been made, and is made again.
        let raised = [change(Reached::Path(&path), Fence::Stands)];
        after(polls, one.apply(&changes(&raised))).await;
        apply(&one, changes(&raised)).await;
        for (store, stamp) in [(&one, &again), (&two, &stamp)] {
            assert!(!is_current(store, &key, stamp).await, "{polls} polls");
            let filled = fill_with(store, &key, "old", stamp).await;
            assert!(filled.is_err(), "{polls} polls");
            assert_eq!(try_lease(store, &key).await, None, "{polls} polls");
        }
        let lifted = [change(Reached::Path(&path), Fence::Lifted)];
        let lifted = Changes {
            moved: true,
            ..changes(&lifted)
        };
        after(polls, one.apply(&lifted)).await;
        lift(&one, ANNA, Reached::Path(&path)).await;
        put(&two, &key, "new", &[]).await;
        assert_eq!(body(&one, &key).await.as_deref(), Some("new"));
    }
}

/// Gives up all calls that read or store, after so many polls of each.
async fn give_up<S: Store>(store: &S, key: &Key, polls: usize) {
    after(polls, store.look_up(key, &|_| None)).await;
    after(polls, store.lease(key, &|_| None, true)).await;
    let stamp = lease(store, key).await;
    after(polls, store.is_current(key, &stamp)).await;
    let page = Page::new(200, Vec::new(), "page".into());
    let rendered = Rendered {
        key,
        page: &page,
        filing: &Filing::at(key.path()),
        stamp: &stamp,
        max_variants: 64,
    };
    after(polls, store.fill(rendered)).await;
}

/// Drops a future after so many polls, if it is not ready by then.
async fn after<T>(polls: usize, future: impl Future<Output = T>) {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 || future.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        left -= 1;
        Poll::Pending
    })
    .await;
}
