//! Several versions of an application, or of this crate, at a time.

use super::*;

#[tokio::test]
async fn each_release_and_version_reads_its_own_and_drops_all() {
    let server = Server::start(&[]);
    let stores = [
        builder(&server),
        builder(&server).release("next"),
        builder(&server).version(2),
    ];
    let mut connected = Vec::new();
    for builder in stores {
        connected.push(builder.connect().await.unwrap());
    }
    let key = key("/");
    for writer in &connected {
        for (number, store) in connected.iter().enumerate() {
            assert!(!is_found(store, &key).await);
            let stamp = lease(store, &key).await;
            let page = page(&number.to_string());
            fill_tagged(store, &key, &page, &["menu"], &stamp)
                .await
                .unwrap();
        }
        for (number, store) in connected.iter().enumerate() {
            let found = store.look_up(&key, &|_| None).await.unwrap().unwrap();
            assert_eq!(found.page.body(), number.to_string().as_bytes());
        }
        drop_pages(writer, Reached::Path(&path("/"))).await;
        for store in &connected {
            assert!(!is_found(store, &key).await);
            put(store, &key, &["menu"]).await;
            assert!(is_found(store, &key).await);
        }
        drop_pages(writer, Reached::Tag("menu")).await;
        for store in &connected {
            assert!(!is_found(store, &key).await);
        }
    }
}

#[tokio::test]
async fn releases_may_declare_other_paths_of_an_entity() {
    let server = Server::start(&[]);
    let old = connect(&server).await;
    let new = builder(&server).release("next").connect().await.unwrap();
    let (old_paths, new_paths) = (["^/sizes/"], ["^/sizes/", "^/cups/"]);
    drop_entity(&old, "size", &old_paths, Fence::None).await;
    drop_entity(&new, "size", &new_paths, Fence::None).await;
    for store in [&old, &new] {
        put(store, &key("/sizes/"), &[]).await;
        put(store, &key("/cups/"), &[]).await;
    }
    drop_entity(&old, "size", &old_paths, Fence::None).await;
    for store in [&old, &new] {
        assert!(!is_found(store, &key("/sizes/")).await);
        assert!(is_found(store, &key("/cups/")).await);
    }
    drop_entity(&new, "size", &new_paths, Fence::None).await;
    for store in [&old, &new] {
        assert!(!is_found(store, &key("/cups/")).await);
    }
}

#[tokio::test]
async fn namespaces_share_nothing() {
    let server = Server::start(&[]);
    let one = connect(&server).await;
    let two = builder(&server)
        .namespace("other.")
        .connect()
        .await
        .unwrap();
    let key = key("/");
    put(&one, &key, &["menu"]).await;
    assert!(!is_found(&two, &key).await);
    put(&two, &key, &["menu"]).await;
    for reached in [
        Reached::Path(&path("/")),
        Reached::Tag("menu"),
        Reached::All,
    ] {
        drop_pages(&two, reached).await;
    }
    assert!(is_found(&one, &key).await);
    assert!(!is_found(&two, &key).await);
}
