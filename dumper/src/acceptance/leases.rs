//! Pages, leases, and changes that come to them.

use super::acts::{
    ANNA, body, drop_pages, entity, fill, fill_with, is_current, key, lease, lift, look_up, of,
    page, path, put, put_page, raise, tagged,
};
use crate::NotStored;
use crate::store::{Filing, Reached, Store};

/// "Returns the page for a request": there is none yet.
pub async fn nothing_is_found_in_an_empty_store<S: Store>(one: S, two: S) {
    assert!(look_up(&one, &key("/flavors/")).await.is_none());
    assert!(look_up(&two, &key("/")).await.is_none());
}

/// "Returns the page for a request, with the stamp under which it is true": whoever
/// has stored it.
pub async fn a_page_is_found_by_both_handles<S: Store>(one: S, two: S) {
    let key = key("/flavors/");
    let leased = lease(&one, &key).await;
    assert!(is_current(&one, &key, &leased).await, "the lease is true");
    let filled = fill_with(&one, &key, "vanilla", &leased).await;
    let filled = filled.expect("the page is stored");
    for (name, store) in [("who stored it", &one), ("the other", &two)] {
        let stored = look_up(store, &key).await;
        let stored = stored.unwrap_or_else(|| panic!("{name} finds the page"));
        assert_eq!(stored.page.body().as_ref(), b"vanilla");
        assert!(is_current(store, &key, &stored.stamp).await, "{name}");
        assert!(is_current(store, &key, &filled).await, "{name}");
    }
}

/// "When `apply` has returned `Ok`, no call that begins later, on any handle, returns
/// a page that one of its changes reaches and that was stored before."
pub async fn a_change_drops_the_pages_it_reaches<S: Store>(one: S, two: S) {
    for (number, writer) in [&one, &two].into_iter().enumerate() {
        for kind in Kind::ALL {
            for fenced in [false, true] {
                let at = format!("/flavors/{kind:?}-{number}-{fenced}/");
                let key = key(&at);
                let stamp = put_page(&one, &key, &kind.filing(&at), &page("old")).await;
                for store in [&one, &two] {
                    let found = body(store, &key).await;
                    assert_eq!(found.as_deref(), Some("old"), "a page is found");
                }
                kind.invalidate(writer, &at, fenced).await;
                for store in [&one, &two] {
                    let found = body(store, &key).await;
                    assert_eq!(found, None, "a page is dropped by its {kind:?}");
                    let is_current = is_current(store, &key, &stamp).await;
                    assert!(!is_current, "a stamp is void by its {kind:?}");
                }
            }
        }
    }
}

/// "Nor will such a lease ever store one."
pub async fn a_change_voids_the_leases_it_reaches<S: Store>(one: S, two: S) {
    for (number, writer) in [&one, &two].into_iter().enumerate() {
        for kind in Kind::ALL {
            for fenced in [false, true] {
                let at = format!("/flavors/{kind:?}-{number}-{fenced}/");
                let key = key(&at);
                let leased = lease(&one, &key).await;
                kind.invalidate(writer, &at, fenced).await;
                if kind != Kind::Tag {
                    let is_current = is_current(&one, &key, &leased).await;
                    assert!(!is_current, "a lease is void by its {kind:?}");
                }
                let filled = fill(&one, &key, &kind.filing(&at), &page("old"), &leased).await;
                assert!(filled.is_err(), "a lease is void by its {kind:?}");
                assert_eq!(body(&two, &key).await, None, "{kind:?}");
            }
        }
    }
}

/// "Gives the right to store a page of the key": a change is over when it is made.
pub async fn a_lease_stores_what_is_rendered_after_a_change<S: Store>(one: S, two: S) {
    for kind in Kind::ALL {
        let at = format!("/flavors/{kind:?}/");
        let key = key(&at);
        put_page(&one, &key, &kind.filing(&at), &page("old")).await;
        kind.invalidate(&two, &at, true).await;
        put_page(&one, &key, &kind.filing(&at), &page("new")).await;
        assert_eq!(body(&two, &key).await.as_deref(), Some("new"), "{kind:?}");
    }
}

/// "The pages of a path", and of its kin: those of others stay, and so do leases.
pub async fn a_change_leaves_other_paths_alone<S: Store>(one: S, two: S) {
    let (vanilla, lemon) = (key("/flavors/vanilla/"), key("/flavors/lemon/"));
    let stamp = put(&one, &vanilla, "vanilla", &[]).await;
    let leased = lease(&one, &lemon).await;
    drop_pages(&two, Reached::Path(&path("/flavors/mint/"))).await;
    drop_pages(&two, Reached::Kin(&path("/flavors/").kin())).await;
    assert!(is_current(&two, &vanilla, &stamp).await);
    assert_eq!(body(&two, &vanilla).await.as_deref(), Some("vanilla"));
    let filled = fill_with(&one, &lemon, "lemon", &leased).await;
    assert_eq!(filled.map(|_| ()), Ok::<_, NotStored>(()));
}

/// A page takes the place of the one before, of which "any will do" no more.
pub async fn a_page_that_is_replaced_is_the_new_one<S: Store>(one: S, two: S) {
    let key = key("/flavors/");
    put(&one, &key, "first", &[]).await;
    put(&two, &key, "second", &[]).await;
    for store in [&one, &two] {
        assert_eq!(body(store, &key).await.as_deref(), Some("second"));
    }
}

/// What reaches a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Path,
    Kin,
    Tag,
    Entity,
    All,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Path, Self::Kin, Self::Tag, Self::Entity, Self::All];

    fn filing(self, path: &str) -> Filing {
        tagged(path, if self == Self::Tag { &["menu"] } else { &[] })
    }

    /// Changes what a page is reached by, within a fence or not.
    async fn invalidate<S: Store>(self, store: &S, at: &str, fenced: bool) {
        let (path, flavors) = (path(at), entity::<u8>("flavor", "/flavors/{slug}/"));
        let kin = path.kin();
        let reached = match self {
            Self::Path => Reached::Path(&path),
            Self::Kin => Reached::Kin(&kin),
            Self::Tag => Reached::Tag("menu"),
            Self::Entity => of(&flavors),
            Self::All => Reached::All,
        };
        if fenced {
            raise(store, ANNA, reached).await;
            lift(store, ANNA, reached).await;
        } else {
            drop_pages(store, reached).await;
        }
    }
}
