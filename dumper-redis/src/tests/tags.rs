//! Tags that only the response names.

use super::*;

#[tokio::test]
async fn a_tag_that_the_lease_did_not_know_is_checked_since_then() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let key = key("/");
    drop_pages(&store, Reached::Tag("menu")).await;
    drop_pages(&store, Reached::Tag("other")).await;
    let stamp = lease(&store, &key).await;
    drop_pages(&store, Reached::Tag("other")).await;
    let fill = async |tags: &[&str]| fill_tagged(&store, &key, &page("page"), tags, &stamp).await;
    assert!(fill(&["menu", "unknown"]).await.is_ok());
    assert_eq!(fill(&["menu", "other"]).await, Err(NotStored::Invalidated));
    assert!(fill(&["menu"]).await.is_ok());
    drop_pages(&store, Reached::Tag("menu")).await;
    assert_eq!(fill(&["menu"]).await, Err(NotStored::Invalidated));
    assert!(!is_found(&store, &key).await);
    assert!(fill(&[]).await.is_ok());
}

#[tokio::test]
async fn a_fence_that_has_ended_is_an_invalidation() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let key = key("/");
    change(&store, Reached::Tag("menu"), Fence::Stands, false)
        .await
        .unwrap();
    let stamp = lease(&store, &key).await;
    let fill = async |tags: &[&str]| fill_tagged(&store, &key, &page("page"), tags, &stamp).await;
    assert_eq!(fill(&["menu"]).await, Err(NotStored::Fenced));
    let mark = format!("{WRITER:032x}{}", store.names.tag("menu"));
    let marks = format!("{}:fences", generations(&store));
    server.command(&["HSET", &marks, &mark, "1"]);
    assert_eq!(fill(&["menu"]).await, Err(NotStored::Invalidated));
    put(&store, &key, &["menu"]).await;
    assert!(is_found(&store, &key).await);
}
