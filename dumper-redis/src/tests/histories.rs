//! What a server forgets, or remembers wrongly.

use super::*;
use crate::line::tests::server::eventually;

/// Pages by path, tag and entity, and one that nothing is done to.
async fn put_all(store: &Redis) {
    drop_entity(store, "size", &["^/sizes/"], Fence::None).await;
    put(store, &key("/"), &[]).await;
    put(store, &key("/flavors/"), &["menu"]).await;
    put(store, &key("/sizes/"), &[]).await;
    put(store, &key("/about/"), &[]).await;
}

async fn drop_all_but_about(store: &Redis) {
    drop_pages(store, Reached::Path(&path("/"))).await;
    drop_pages(store, Reached::Tag("menu")).await;
    drop_entity(store, "size", &["^/sizes/"], Fence::None).await;
}

async fn found(store: &Redis) -> [bool; 4] {
    let mut found = [false; 4];
    for (found, path) in found
        .iter_mut()
        .zip(["/", "/flavors/", "/sizes/", "/about/"])
    {
        *found = is_found(store, &key(path)).await;
    }
    found
}

/// Waits until a server that has come back is used again.
async fn reconnected(store: &Redis) {
    for _ in 0..2000 {
        if store.look_up(&key("/nowhere/"), &|_| None).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the server is not used again");
}

#[tokio::test]
async fn generations_that_are_lost_drop_pages() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let tag = store.names.tag("menu");
    for lose in [
        vec!["DEL", &generations(&store)],
        vec!["FLUSHALL"],
        vec!["HDEL", &generations(&store), "b"],
        vec!["HSET", &generations(&store), "b", "x"],
    ] {
        put_all(&store).await;
        assert_eq!(found(&store).await, [true; 4]);
        let before = moves(&store).await;
        server.command(&lose);
        assert_eq!(found(&store).await, [false; 4], "{lose:?}");
        put_all(&store).await;
        assert_eq!(found(&store).await, [true; 4], "{lose:?}");
        assert_ne!(moves(&store).await.found, before.left, "{lose:?}");
    }
    drop_pages(&store, Reached::Tag("menu")).await;
    put_all(&store).await;
    server.command(&["HDEL", &generations(&store), &tag]);
    assert_eq!(found(&store).await, [true, false, true, true]);
}

#[tokio::test]
async fn a_lease_ends_with_what_it_was_given_under() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let key = key("/");
    for lose in [
        vec!["FLUSHALL".to_owned()],
        vec!["DEL".to_owned(), generations(&store)],
        vec!["DEL".to_owned(), pages(&store, "/")],
    ] {
        let stamp = lease(&store, &key).await;
        assert!(store.is_current(&key, &stamp).await.unwrap());
        server.command(&lose.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(!store.is_current(&key, &stamp).await.unwrap(), "{lose:?}");
        let filled = fill(&store, &key, &page("old"), &stamp).await;
        assert_eq!(filled, Err(NotStored::Invalidated), "{lose:?}");
        lease(&store, &key).await;
        let filled = fill(&store, &key, &page("old"), &stamp).await;
        assert_eq!(filled, Err(NotStored::Invalidated), "{lose:?}");
    }
}

#[tokio::test]
async fn a_server_that_comes_back_with_old_data_has_no_pages() {
    let mut server = Server::start(&[]);
    let store = connect(&server).await;
    put_all(&store).await;
    let about = put(&store, &key("/about/"), &[]).await;
    let unused = lease(&store, &key("/")).await;
    let before = moves(&store).await;
    server.command(&["SAVE"]);
    drop_all_but_about(&store).await;
    let moved = change(&store, Reached::Path(&path("/")), Fence::None, true).await;
    assert_eq!(moved.unwrap().found, before.left);
    server.kill();
    server.restart(&[]);
    eventually("the old data is there", || {
        server.command(&["EXISTS", &pages(&store, "/")]) == redis::Value::Int(1)
    });
    reconnected(&store).await;
    assert_eq!(found(&store).await, [false; 4]);
    assert!(!store.is_current(&key("/about/"), &about).await.unwrap());
    let filled = fill(&store, &key("/"), &page("old"), &unused).await;
    assert_eq!(filled, Err(NotStored::Invalidated));
    assert_ne!(moves(&store).await.found, before.left);
    put_all(&store).await;
    assert_eq!(found(&store).await, [true; 4]);
}

#[tokio::test]
async fn a_replica_is_not_believed_until_it_is_promoted_and_then_begins_anew() {
    let primary = Server::start(&["--repl-diskless-sync-delay", "0"]);
    let replica = Server::start(&[]);
    let port = primary.port.to_string();
    replica.command(&["REPLICAOF", "127.0.0.1", &port]);
    // The first replica changes the history of its primary.
    eventually("the replica follows", || {
        let info = replica.command(&["INFO", "replication"]);
        format!("{info:?}").contains("master_link_status:up")
    });
    let store = connect(&primary).await;
    put_all(&store).await;
    let pages = pages(&store, "/about/");
    eventually("the pages are on the replica", || {
        replica.command(&["EXISTS", &pages]) == redis::Value::Int(1)
    });
    let other = connect(&replica).await;
    assert!(other.look_up(&key("/"), &|_| None).await.is_err());
    assert!(other.lease(&key("/"), &|_| None, false).await.is_err());
    let unlinked = change(&other, Reached::Path(&path("/")), Fence::None, false).await;
    assert!(unlinked.is_err());

    replica.command(&["REPLICAOF", "127.0.0.1", "1"]);
    drop_all_but_about(&store).await;
    replica.command(&["REPLICAOF", "NO", "ONE"]);
    reconnected(&other).await;
    assert_eq!(replica.command(&["EXISTS", &pages]), redis::Value::Int(1));
    assert_eq!(found(&other).await, [false; 4]);
    put_all(&other).await;
    assert_eq!(found(&other).await, [true; 4]);
}

#[tokio::test]
async fn scripts_that_are_lost_are_sent_again() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    put(&store, &key("/"), &[]).await;
    server.command(&["SCRIPT", "FLUSH"]);
    put(&store, &key("/"), &[]).await;
    server.command(&["SCRIPT", "FLUSH"]);
    change(&store, Reached::All, Fence::Stands, true)
        .await
        .unwrap();
    assert!(!is_found(&store, &key("/")).await);
}

#[tokio::test]
async fn the_mark_of_moves_is_another_after_each_of_them() {
    let server = Server::start(&[]);
    let (one, two) = (connect(&server).await, connect(&server).await);
    let mut left = moves(&one).await.left;
    for store in [&one, &two, &two] {
        assert_eq!(moves(&two).await.found, left);
        drop_pages(&two, Reached::All).await;
        let moved = change(store, Reached::Tag("menu"), Fence::None, true)
            .await
            .unwrap();
        assert_eq!(moved.found, left);
        assert_ne!(moved.left, left);
        left = moved.left;
    }
    assert_eq!(moves(&one).await.left, left);
}
