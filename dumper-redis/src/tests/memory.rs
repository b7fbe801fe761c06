//! A server without memory.

use super::*;

#[tokio::test]
async fn a_server_that_is_out_of_memory_drops_pages_all_the_same() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    drop_entity(&store, "size", &["^/sizes/"], Fence::None).await;
    let keys = ["/", "/flavors/", "/sizes/", "/about/"].map(key);
    let put_all = async || {
        for (key, tags) in keys.iter().zip([&[][..], &["menu"], &[], &[]]) {
            put(&store, key, tags).await;
        }
    };
    for fence in [Fence::None, Fence::Stands, Fence::Lifted] {
        put_all().await;
        server.command(&["CONFIG", "SET", "maxmemory", "1"]);
        change(&store, Reached::Path(&path("/")), fence, false)
            .await
            .unwrap();
        change(&store, Reached::Tag("menu"), fence, true)
            .await
            .unwrap();
        drop_entity(&store, "size", &["^/sizes/"], fence).await;
        assert!(!is_found(&store, &keys[0]).await, "{fence:?}");
        assert!(!is_found(&store, &keys[1]).await, "{fence:?}");
        assert!(!is_found(&store, &keys[2]).await, "{fence:?}");
        assert!(is_found(&store, &keys[3]).await, "{fence:?}");
        if fence == Fence::Stands {
            renew(&store, Reached::Path(&path("/"))).await;
            renew(&store, Reached::Tag("menu")).await;
            assert!(is_found(&store, &keys[3]).await, "nothing else is dropped");
            let leased = store.lease(&keys[0], &|_| None, false).await;
            assert_eq!(leased, Ok(Leased::Fenced));
            let leased = store.lease(&keys[2], &|_| None, false).await;
            assert_eq!(leased, Ok(Leased::Fenced));
        } else {
            assert!(store.lease(&keys[0], &|_| None, false).await.is_err());
        }
        change(&store, Reached::All, fence, false).await.unwrap();
        assert!(!is_found(&store, &keys[3]).await, "{fence:?}");
        // What was raised here is lifted before the next.
        for reached in [
            Reached::All,
            Reached::Tag("menu"),
            Reached::Path(&path("/")),
        ] {
            change(&store, reached, Fence::Lifted, false).await.unwrap();
        }
        drop_entity(&store, "size", &["^/sizes/"], Fence::Lifted).await;
        server.command(&["CONFIG", "SET", "maxmemory", "0"]);
    }
}

#[tokio::test]
async fn a_page_is_not_stored_where_there_is_no_memory_and_the_old_one_stays() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let key = key("/");
    let stamp = lease(&store, &key).await;
    fill(&store, &key, &page("one"), &stamp).await.unwrap();
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    let filled = fill(&store, &key, &page("two"), &stamp).await;
    assert_eq!(filled, Err(NotStored::Unavailable));
    let found = store.look_up(&key, &|_| None).await.unwrap().unwrap();
    assert_eq!(found.page.body(), "one");
}
