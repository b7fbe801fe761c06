//! Fences as marks.

use super::*;

async fn is_fenced(store: &Redis, key: &Key) -> bool {
    let leased = store.lease(key, &|_| None, false).await.unwrap();
    leased == Leased::Fenced
}

#[tokio::test]
async fn fences_on_paths_of_one_kin_stand_each_by_itself() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let key = key("/items/7/");
    let paths = ["/items/7/", "/items/007/"].map(path);
    let kin = paths[0].kin();
    let all = [
        Reached::Path(&paths[0]),
        Reached::Path(&paths[1]),
        Reached::Kin(&kin),
    ];
    for reached in all {
        change(&store, reached, Fence::Stands, false).await.unwrap();
    }
    for reached in all {
        assert!(is_fenced(&store, &key).await);
        change(&store, reached, Fence::Lifted, false).await.unwrap();
    }
    assert!(!is_fenced(&store, &key).await);
}

#[tokio::test]
async fn a_fence_that_was_lost_is_raised_by_its_renewal() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let key = key("/");
    let path = path("/");
    for reached in [Reached::Path(&path), Reached::Tag("menu"), Reached::All] {
        change(&store, reached, Fence::Stands, false).await.unwrap();
        server.command(&["FLUSHALL"]);
        put(&store, &key, &["menu"]).await;
        renew(&store, reached).await;
        assert!(!is_found(&store, &key).await, "{reached:?}");
        // The tag is known to be that of the page by now.
        assert!(is_fenced(&store, &key).await, "{reached:?}");
        change(&store, reached, Fence::Lifted, false).await.unwrap();
        assert!(!is_fenced(&store, &key).await, "{reached:?}");
    }
}

#[tokio::test]
async fn a_renewal_drops_nothing() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let stamp = lease(&store, &key("/sizes/")).await;
    for reached in [Reached::Tag("menu"), Reached::Path(&path("/"))] {
        change(&store, reached, Fence::Stands, false).await.unwrap();
        put(&store, &key("/about/"), &[]).await;
        renew(&store, reached).await;
        assert!(is_found(&store, &key("/about/")).await);
    }
    let state = server.command(&["HGETALL", &generations(&store)]);
    renew(&store, Reached::Tag("menu")).await;
    assert_eq!(server.command(&["HGETALL", &generations(&store)]), state);
    fill(&store, &key("/sizes/"), &page("page"), &stamp)
        .await
        .unwrap();
}

#[tokio::test]
async fn marks_of_writers_that_died_do_not_pile_up() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let marks = [pages(&store, "/"), generations(&store)].map(|key| format!("{key}:fences"));
    for marks in &marks {
        for writer in 0..50 {
            let mark = format!("{writer:032x}{}", store.names.tag("menu"));
            server.command(&["HSET", marks, &mark, "1"]);
        }
    }
    for reached in [Reached::Path(&path("/")), Reached::Tag("menu")] {
        change(&store, reached, Fence::Stands, false).await.unwrap();
    }
    for marks in &marks {
        assert_eq!(server.command(&["HLEN", marks]), redis::Value::Int(1));
        let redis::Value::Int(left) = server.command(&["PTTL", marks]) else {
            panic!("no time to live");
        };
        assert!((50_000..=60_000 + 90_000).contains(&left), "{left}");
    }
}
