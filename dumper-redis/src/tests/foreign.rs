//! Values that somebody else has written.

use super::*;

#[tokio::test]
async fn a_key_of_another_type_is_a_miss_and_is_cleared() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let key = key("/");
    let fences = format!("{}:fences", pages(&store, "/"));
    let marks = format!("{}:fences", generations(&store));
    for taken in [pages(&store, "/"), generations(&store), fences, marks] {
        let stamp = put(&store, &key, &["menu"]).await;
        server.command(&["DEL", &taken]);
        server.command(&["SET", &taken, "x"]);
        let is_hidden = taken.ends_with(":fences");
        assert_eq!(is_found(&store, &key).await, is_hidden, "{taken}");
        assert_eq!(store.is_current(&key, &stamp).await.unwrap(), is_hidden);
        put(&store, &key, &["menu"]).await;
        assert!(is_found(&store, &key).await, "{taken}");

        server.command(&["DEL", &taken]);
        server.command(&["LPUSH", &taken, "x"]);
        for fence in [Fence::Stands, Fence::Lifted, Fence::None] {
            for reached in [Reached::Path(&path("/")), Reached::Tag("menu")] {
                change(&store, reached, fence, true).await.unwrap();
            }
        }
        assert!(!is_found(&store, &key).await);
        put(&store, &key, &["menu"]).await;
        assert!(is_found(&store, &key).await, "{taken}");
    }
}

#[tokio::test]
async fn nonsense_in_a_field_is_a_miss_until_the_next_render() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let key = key("/");
    put(&store, &key, &[]).await;
    let place = store.names.place(&key);
    let (hash, generations) = (pages(&store, "/"), generations(&store));
    let frame = &place.unselected.page;
    let names = &place.selecting;
    let long = "f".repeat(1 << 16);
    for (at, field) in [
        (&hash, frame.as_str()),
        (&hash, "t"),
        (&hash, names),
        (&generations, "b"),
        (&generations, "s"),
        (&generations, "m"),
    ] {
        for nonsense in ["", "x", "7", "DP\u{1}\0", &"0".repeat(72), &long] {
            put(&store, &key, &["menu"]).await;
            server.command(&["HSET", at, field, nonsense]);
            let found = store.look_up(&key, &|_| None).await.unwrap();
            assert!(found.is_none_or(|found| found.page.body() == "page"));
            put(&store, &key, &["menu"]).await;
            assert!(is_found(&store, &key).await, "{field} {nonsense:.20}");
            drop_pages(&store, Reached::Tag("menu")).await;
            assert!(!is_found(&store, &key).await, "{field} {nonsense:.20}");
        }
    }
}

#[tokio::test]
async fn a_number_that_somebody_else_has_lowered_lets_no_older_render_be_stored() {
    for is_count in [true, false] {
        let server = Server::start(&[]);
        let store = connect(&server).await;
        let (key, generations) = (key("/"), generations(&store));
        let tag = store.names.tag("menu");
        let lower = |field: &str, from: &str, to: &str| {
            let value = server.command(&["HGET", &generations, field]);
            let value: String = redis::from_redis_value(value).unwrap();
            assert!(value.starts_with(from), "{value}");
            server.command(&["HSET", &generations, field, &value.replacen(from, to, 1)]);
        };
        for _ in 0..12 {
            drop_pages(&store, Reached::Tag("menu")).await;
        }
        let older = lease(&store, &key).await;
        if is_count {
            lower("s", "12", "11");
        }
        drop_pages(&store, Reached::Tag("menu")).await;
        if !is_count {
            lower(&tag, "13", "12");
        }
        let filled = fill_tagged(&store, &key, &page("old"), &["menu"], &older).await;
        assert_eq!(filled, Err(NotStored::Invalidated), "{is_count}");
        drop_pages(&store, Reached::Tag("menu")).await;
        put(&store, &key, &["menu"]).await;
        assert!(is_found(&store, &key).await, "{is_count}");
    }
}

#[tokio::test]
async fn a_registry_that_cannot_be_read_drops_everything() {
    let server = Server::start(&[]);
    let key = key("/sizes/small/");
    let entity = async |store: &Redis| drop_entity(store, "size", &["^/sizes/"], Fence::None).await;
    for nonsense in ["", "x", "e1:zz\n", "\n\n"] {
        let store = connect(&server).await;
        entity(&store).await;
        put(&store, &key, &[]).await;
        server.command(&["HSET", &generations(&store), "r", nonsense]);
        let other = connect(&server).await;
        put(&other, &key, &[]).await;
        entity(&store).await;
        assert!(!is_found(&store, &key).await, "{nonsense:?}");
        assert!(!is_found(&other, &key).await, "{nonsense:?}");
    }
}

#[tokio::test]
async fn marks_that_are_no_numbers_do_not_stand() {
    let server = Server::start(&[]);
    let store = connect(&server).await;
    let fences = [pages(&store, "/"), generations(&store)].map(|key| format!("{key}:fences"));
    for fences in fences {
        server.command(&["HSET", &fences, "x", "y", &"0".repeat(40), "-1"]);
        put(&store, &key("/"), &[]).await;
        assert!(is_found(&store, &key("/")).await);
    }
}
