//! What visitors and writers may make grow.

use std::borrow::Cow;

use super::*;

async fn put_of(store: &Redis, key: &Key, vary: &str) -> Result<Stamp, NotStored> {
    let value = |name: &str| (name == "accept").then_some(Cow::Borrowed(vary.as_bytes()));
    let page = page("page").vary(vec![(
        "accept".to_owned(),
        value("accept").map(Cow::into_owned),
    )]);
    let Ok(Leased::Granted(stamp)) = store.lease(key, &value, false).await else {
        panic!("no lease");
    };
    fill(store, key, &page, &stamp).await
}

fn fields(server: &Server, key: &str) -> i64 {
    match server.command(&["HLEN", key]) {
        redis::Value::Int(fields) => fields,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_path_does_not_grow_by_its_visitors() {
    let server = Server::start(&[]);
    let stores = [
        connect(&server).await,
        builder(&server).release("next").connect().await.unwrap(),
        builder(&server).release("last").connect().await.unwrap(),
    ];
    put(&stores[0], &key("/"), &[]).await;
    for number in 0..100 {
        for store in &stores {
            let key = key_of("/", Some(&number.to_string()));
            put_of(store, &key, &number.to_string()).await.unwrap();
        }
    }
    // A token, of this and of other formats at most 8 pages each, and notes.
    let most = 1 + 2 * 8 + 8 * 8 + 2;
    let fields = fields(&server, &pages(&stores[0], "/"));
    assert!(fields <= most, "{fields}");
    let mut found = 0;
    for number in 0..100 {
        let value = |name: &str| (name == "accept").then(|| number.to_string().into_bytes().into());
        let key = key_of("/", Some(&number.to_string()));
        let page = stores[0].look_up(&key, &value).await.unwrap();
        found += usize::from(page.is_some());
    }
    assert!(found < 8, "{found}");
    assert!(is_found(&stores[0], &key("/")).await);
}

#[tokio::test]
async fn plain_pages_make_room_for_each_other_in_the_end() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let key = |host: usize| Key::new("https", &format!("{host}.example"), "/", None).unwrap();
    for host in 0..8 {
        put(&store, &key(host), &[]).await;
    }
    put(&store, &key(8), &[]).await;
    assert!(is_found(&store, &key(8)).await);
    let mut found = 0;
    for host in 0..8 {
        found += usize::from(is_found(&store, &key(host)).await);
    }
    assert_eq!(found, 7);
    let variant = key_of("/", Some("page=2"));
    let stamp = lease(&store, &variant).await;
    let filled = fill(&store, &variant, &page("page"), &stamp).await;
    assert_eq!(
        filled,
        Err(NotStored::TooLarge),
        "it takes the place of no plain page"
    );
}

#[tokio::test]
async fn generations_do_not_grow_without_end() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    put(&store, &key("/"), &[]).await;
    let tags: Vec<_> = (0..10_100).map(|tag| tag.to_string()).collect();
    let change = |tag| Change {
        reached: Reached::Tag(tag),
        fence: Fence::None,
    };
    let changes: Vec<_> = tags.iter().map(|tag| change(tag)).collect();
    let changes = Changes {
        writer: WRITER,
        changes: &changes,
        time_to_live: Duration::from_mins(1),
        moved: false,
        renew: false,
    };
    let before = moves(&store).await;
    store.apply(&changes).await.unwrap();
    assert!(fields(&server, &generations(&store)) <= 10_000);
    assert!(!is_found(&store, &key("/")).await);
    assert_eq!(moves(&store).await, before);
    put(&store, &key("/"), &["1"]).await;
    drop_pages(&store, Reached::Tag("1")).await;
    assert!(!is_found(&store, &key("/")).await);
}

#[tokio::test]
async fn the_registry_does_not_grow_without_end() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let long = "x".repeat(10_000);
    for number in 0..20 {
        let pattern = format!("^/{number}/{long}");
        drop_entity(&store, "long", &[&pattern], Fence::None).await;
        let length = server.command(&["HSTRLEN", &generations(&store), "r"]);
        let redis::Value::Int(length) = length else {
            panic!("{length:?}");
        };
        assert!((20_000..=262_144).contains(&length), "{length}");
    }
    drop_entity(&store, "size", &["^/sizes/"], Fence::None).await;
    put(&store, &key("/sizes/"), &[]).await;
    put(&store, &key("/"), &[]).await;
    drop_entity(&store, "size", &["^/sizes/"], Fence::None).await;
    assert!(!is_found(&store, &key("/sizes/")).await);
    assert!(is_found(&store, &key("/")).await);
}
