//! A user of few rights.

use super::*;

#[tokio::test]
async fn the_rights_that_are_documented_suffice() {
    let documented = include_str!("../lib.rs")
        .lines()
        .find_map(|line| line.strip_prefix("//! ACL SETUSER dumper "))
        .unwrap();
    let server = Server::start(&[]);
    let rights: Vec<_> = documented.split(' ').collect();
    server.command(&[&["ACL", "SETUSER", "dumper", "on"], &rights[1..]].concat());
    let url = server.url().replace("redis://", "redis://dumper:password@");
    let store = Redis::builder(url)
        .release("test")
        .deadline(Duration::from_secs(5));
    let store = store.connect().await.unwrap();
    let key = key("/");
    for fence in [Fence::None, Fence::Stands, Fence::Lifted] {
        let leased = store.lease(&key, &|_| None, true).await.unwrap();
        let Leased::Granted(stamp) = leased else {
            panic!("{leased:?}");
        };
        let filled = fill_tagged(&store, &key, &page("page"), &["menu"], &stamp).await;
        assert!(store.is_current(&key, &filled.unwrap()).await.unwrap());
        assert!(is_found(&store, &key).await);
        store.release(&key, &stamp);
        drop_entity(&store, "size", &["^/sizes/"], Fence::None).await;
        for reached in [
            Reached::Path(&path("/")),
            Reached::Tag("menu"),
            Reached::All,
        ] {
            change(&store, reached, fence, true).await.unwrap();
        }
        for reached in [
            Reached::Path(&path("/")),
            Reached::Tag("menu"),
            Reached::All,
        ] {
            change(&store, reached, Fence::Lifted, true).await.unwrap();
        }
        assert!(!is_found(&store, &key).await);
    }
}
