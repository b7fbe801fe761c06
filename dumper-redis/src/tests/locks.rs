//! Who waits for another's render, and how long leases are.

use std::time::Duration;

use super::*;

async fn try_lock(store: &Redis, key: &Key) -> Leased {
    store.lease(key, &|_| None, true).await.unwrap()
}

#[track_caller]
fn granted(leased: Leased) -> Stamp {
    match leased {
        Leased::Granted(stamp) => stamp,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_renders_and_others_wait_until_it_is_stored_or_released() {
    let server = Server::start(&[]);
    let (one, two) = (connect(&server).await, connect(&server).await);
    let key = key("/");
    for is_stored in [true, false, true] {
        let stamp = granted(try_lock(&one, &key).await);
        match try_lock(&two, &key).await {
            Leased::Awaited(left) => assert!(left <= Duration::from_secs(2), "{left:?}"),
            other => panic!("{other:?}"),
        }
        // Who may not wait does not keep others waiting either.
        let second = granted(two.lease(&key, &|_| None, false).await.unwrap());
        two.release(&key, &second);
        assert!(matches!(try_lock(&two, &key).await, Leased::Awaited(_)));
        let other = key_of("/", Some("page=2"));
        two.release(&other, &granted(try_lock(&two, &other).await));
        if is_stored {
            fill(&one, &key, &page("page"), &stamp).await.unwrap();
        } else {
            one.release(&key, &stamp);
            // The line keeps the order of what it is given.
            lease(&one, &key).await;
        }
        let stamp = granted(try_lock(&two, &key).await);
        fill(&two, &key, &page("page"), &stamp).await.unwrap();
    }
}

#[tokio::test]
async fn the_lock_of_a_later_render_is_not_released_by_an_earlier_one() {
    let server = Server::start(&[]);
    let (one, two) = (connect(&server).await, connect(&server).await);
    let key = key("/");
    let first = granted(try_lock(&one, &key).await);
    drop_pages(&two, Reached::Path(&path("/"))).await;
    let second = granted(try_lock(&two, &key).await);
    one.release(&key, &first);
    lease(&one, &key).await;
    assert!(matches!(try_lock(&one, &key).await, Leased::Awaited(_)));
    assert_eq!(
        fill(&one, &key, &page("old"), &first).await,
        Err(NotStored::Invalidated)
    );
    assert!(matches!(try_lock(&one, &key).await, Leased::Awaited(_)));
    fill(&two, &key, &page("new"), &second).await.unwrap();
    granted(try_lock(&one, &key).await);
}

#[tokio::test]
async fn a_lock_ends_by_its_time() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let key = key("/");
    granted(try_lock(&store, &key).await);
    let place = store.names.place(&key);
    let lock = place.unselected.lock;
    for held in ["1:x", "x", "", ":", "99999999999999999:x"] {
        server.command(&["HSET", &pages(&store, "/"), &lock, held]);
        granted(try_lock(&store, &key).await);
    }
}

#[tokio::test]
async fn a_token_ends_a_minute_after_the_last_lease_unless_a_page_is_stored() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let key = key("/");
    let pages = pages(&store, "/");
    let left = || match server.command(&["PTTL", &pages]) {
        redis::Value::Int(left) => left,
        other => panic!("{other:?}"),
    };
    let first = lease(&store, &key).await;
    assert!((50_000..=60_000).contains(&left()));
    server.command(&["PEXPIRE", &pages, "20000"]);
    let second = lease(&store, &key).await;
    assert!((50_000..=60_000).contains(&left()));
    fill(&store, &key, &page("one"), &first).await.unwrap();
    assert_eq!(left(), -1);
    fill(&store, &key, &page("two"), &second).await.unwrap();
    lease(&store, &key).await;
    assert_eq!(left(), -1);
}

#[tokio::test]
async fn who_is_refused_for_a_fence_keeps_nobody_waiting() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let key = key("/");
    put(&store, &key, &["menu"]).await;
    for reached in [Reached::Tag("menu"), Reached::All] {
        change(&store, reached, Fence::Stands, false).await.unwrap();
        assert_eq!(try_lock(&store, &key).await, Leased::Fenced);
        change(&store, reached, Fence::Lifted, false).await.unwrap();
        let stamp = granted(try_lock(&store, &key).await);
        store.release(&key, &stamp);
    }
}
