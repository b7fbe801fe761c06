//! Tags, kin, entities: what reaches pages of several paths.

use super::acts::{
    ANNA, body, drop_pages, entity, fill, fill_with, is_current, key, lease, lift, of, page, path,
    put, put_page, raise, tagged,
};
use crate::NotStored;
use crate::store::{Filing, Reached, Store};

/// "The pages that are filed under a tag."
pub async fn a_tag_drops_its_pages_and_no_others<S: Store>(one: S, two: S) {
    let menu = [key("/"), key("/flavors/"), key("/flavors/vanilla/")];
    let others = [key("/vendors/"), key("/sizes/")];
    for round in 0..2 {
        for key in &menu {
            put(&one, key, "page", &["menu"]).await;
        }
        put(&two, &others[0], "page", &["shops"]).await;
        put(&two, &others[1], "page", &[]).await;
        drop_pages(&two, Reached::Tag("menu")).await;
        for key in &menu {
            assert_eq!(body(&one, key).await, None, "{key} in round {round}");
        }
        for key in &others {
            let body = body(&one, key).await;
            assert_eq!(body.as_deref(), Some("page"), "{key} in round {round}");
        }
    }
}

/// "The pages that are filed under a tag", each by any of its own.
pub async fn any_of_its_tags_drops_a_page<S: Store>(one: S, two: S) {
    let (key, tags) = (key("/flavors/"), ["menu", "shops", "summer"]);
    for tag in tags {
        let stamp = put(&one, &key, "page", &tags).await;
        assert!(is_current(&two, &key, &stamp).await, "{tag}");
        drop_pages(&two, Reached::Tag(tag)).await;
        assert_eq!(body(&one, &key).await, None, "{tag}");
        assert!(!is_current(&one, &key, &stamp).await, "{tag}");
    }
}

/// "A page that is filed under more than the lease knew, by its tags …, is stored only
/// if none of that can have been invalidated since": whether the tag was known to the
/// store or not.
pub async fn a_tag_named_by_the_response_is_checked_since_the_lease<S: Store>(one: S, two: S) {
    let key = key("/flavors/");
    let filing = tagged("/flavors/", &["menu", "new"]);
    put(&one, &self::key("/"), "page", &["menu"]).await;
    for tag in ["menu", "new", "menu", "new"] {
        for fenced in [false, true] {
            let leased = lease(&one, &key).await;
            if fenced {
                raise(&two, ANNA, Reached::Tag(tag)).await;
                lift(&two, ANNA, Reached::Tag(tag)).await;
            } else {
                drop_pages(&two, Reached::Tag(tag)).await;
            }
            let filled = fill(&one, &key, &filing, &page("old"), &leased).await;
            assert!(filled.is_err(), "{tag}");
            assert_eq!(body(&two, &key).await, None, "{tag}");
            put(&one, &key, "new", &["menu", "new"]).await;
            drop_pages(&two, Reached::Tag(tag)).await;
            assert_eq!(body(&one, &key).await, None, "{tag}");
        }
    }
}

/// A tag is "a user's name for a group of pages": any text, and as long as it is.
pub async fn a_tag_may_be_any_text<S: Store>(one: S, two: S) {
    let long = "long ".repeat(1_000);
    let tags = [
        "",
        " ",
        "t",
        "b",
        "{generations}",
        "*",
        "a\0b",
        "a\nb",
        "Gläser 🍨",
        &long,
    ];
    let keys: Vec<_> = (0..tags.len()).map(|n| key(&format!("/{n}/"))).collect();
    for (key, tag) in keys.iter().zip(tags) {
        put(&one, key, "page", &[tag]).await;
    }
    for (dropped, tag) in tags.iter().enumerate() {
        drop_pages(&two, Reached::Tag(tag)).await;
        for (number, key) in keys.iter().enumerate() {
            let is_there = body(&one, key).await.is_some();
            assert_eq!(is_there, number > dropped, "{key} after {tag:?}");
        }
    }
}

/// "The pages of all paths that are kin."
pub async fn kin_drop_together<S: Store>(one: S, two: S) {
    let spellings = ["/flavors/7/", "/flavors/007/", "/Flavors/7", "/flavors/7"];
    for spelling in spellings {
        let mut leases = Vec::new();
        for at in spellings {
            put(&one, &key(at), "page", &[]).await;
            leases.push((key(at), lease(&one, &key(at)).await));
        }
        drop_pages(&two, Reached::Kin(&path(spelling).kin())).await;
        for (key, leased) in leases {
            assert_eq!(body(&one, &key).await, None, "{key} by {spelling}");
            let filled = fill_with(&one, &key, "old", &leased).await;
            assert!(filled.is_err(), "{key} by {spelling}");
        }
    }
}

/// "Where it is filed: its path, those that an inner service made of it": each of
/// them drops the page. A store may refuse what it cannot file.
pub async fn a_page_is_dropped_by_each_path_it_is_filed_under<S: Store>(one: S, two: S) {
    let key = key("/flavors");
    for other in ["/flavors/", "/menu/"] {
        for dropped in ["/flavors", other] {
            let mut filing = Filing::at(key.path());
            filing.add_path(&path(other));
            let before = lease(&one, &key).await;
            match fill(&one, &key, &filing, &page("page"), &before).await {
                Ok(_) => {}
                Err(NotStored::Elsewhere) => continue,
                Err(err) => panic!("a page at {other} too is not stored: {err}"),
            }
            let leased = lease(&one, &key).await;
            drop_pages(&two, Reached::Path(&path(dropped))).await;
            assert_eq!(body(&one, &key).await, None, "{dropped}");
            let filled = fill(&one, &key, &filing, &page("old"), &leased).await;
            assert!(filled.is_err(), "{dropped}");
        }
    }
}

/// "The pages that a row of an entity may have, wherever they were stored from":
/// nobody has told the store of the entity when they are.
pub async fn an_entity_drops_pages_stored_before_it_was_known<S: Store>(one: S, two: S) {
    let (vanilla, sizes) = (key("/flavors/vanilla/"), key("/sizes/large/"));
    for round in 0..2 {
        put(&one, &vanilla, "page", &[]).await;
        put(&one, &sizes, "page", &[]).await;
        drop_pages(&two, of(&entity::<u8>("flavor", "/flavors/{slug}/"))).await;
        assert_eq!(body(&one, &vanilla).await, None, "round {round}");
        put(&two, &vanilla, "page", &[]).await;
        drop_pages(&one, of(&entity::<u16>("size", "/sizes/{slug}/"))).await;
        assert_eq!(body(&two, &sizes).await, None, "round {round}");
    }
}

/// "Nor will such a lease ever store one": nobody has told the store of the entity
/// when it is given.
pub async fn an_entity_voids_leases_given_before_it_was_known<S: Store>(one: S, two: S) {
    let vanilla = key("/flavors/vanilla/");
    for (name, round) in [("flavor", 1), ("flavor", 2)] {
        let leased = lease(&one, &vanilla).await;
        drop_pages(&two, of(&entity::<u8>(name, "/flavors/{slug}/"))).await;
        assert!(!is_current(&one, &vanilla, &leased).await, "round {round}");
        let filled = fill_with(&one, &vanilla, "old", &leased).await;
        assert!(filled.is_err(), "round {round}");
    }
}

/// "Regular expressions … that match the canonical paths of its pages": where none
/// does, pages stay, once the store knows the entity.
pub async fn an_entity_leaves_pages_that_it_cannot_have<S: Store>(one: S, two: S) {
    let flavors = entity::<u8>("flavor", "/flavors/{slug}/");
    drop_pages(&two, of(&flavors)).await;
    let leaves = [key("/vendors/"), key("/sizes/large/"), key("/")];
    for key in &leaves {
        put(&one, key, "page", &[]).await;
    }
    put_page(
        &one,
        &key("/flavors/vanilla/"),
        &tagged("/flavors/vanilla/", &[]),
        &page("page"),
    )
    .await;
    drop_pages(&two, of(&flavors)).await;
    assert_eq!(body(&one, &key("/flavors/vanilla/")).await, None);
    for key in &leaves {
        assert_eq!(body(&one, key).await.as_deref(), Some("page"), "{key}");
    }
}

/// "All pages."
pub async fn all_drops_all<S: Store>(one: S, two: S) {
    let keys = [key("/"), key("/flavors/"), key("/flavors/vanilla/")];
    for round in 0..2 {
        let mut leases = Vec::new();
        for key in &keys {
            put(&one, key, "page", &["menu"]).await;
            leases.push(lease(&two, key).await);
        }
        drop_pages(&two, Reached::All).await;
        for (key, leased) in keys.iter().zip(&leases) {
            assert_eq!(body(&one, key).await, None, "{key} in round {round}");
            let filled = fill_with(&two, key, "old", leased).await;
            assert!(filled.is_err(), "{key} in round {round}");
        }
    }
}
