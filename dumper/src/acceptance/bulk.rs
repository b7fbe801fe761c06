//! Many changes at a time.

use futures::{StreamExt, stream};

use super::acts::{
    apply, body, change, changes, fill_with, is_current, key, lease, path, put, try_lease,
};
use crate::path::Path;
use crate::store::{Change, Changes, Fence, Reached, Store};

/// How many calls are under way at a time.
const AT_ONCE: usize = 32;

/// "All pages that one of its changes reaches", of ten thousand paths.
pub async fn ten_thousand_paths_drop_at_once<S: Store>(one: S, two: S) {
    let paths: Vec<Path> = (0..10_000)
        .map(|n| path(&format!("/flavors/{n}/")))
        .collect();
    let keys: Vec<_> = paths.iter().map(|path| key(path.as_str())).collect();
    let few = || keys.iter().step_by(20);
    let stored: Vec<_> = stream::iter(few())
        .map(|key| put(&one, key, "page", &[]))
        .buffered(AT_ONCE)
        .collect()
        .await;
    let leased: Vec<_> = stream::iter(few())
        .map(|key| lease(&two, key))
        .buffered(AT_ONCE)
        .collect()
        .await;
    let dropped: Vec<Change<'_>> = paths
        .iter()
        .map(|path| change(Reached::Path(path), Fence::None))
        .collect();
    apply(&two, changes(&dropped)).await;
    for ((key, stored), leased) in few().zip(&stored).zip(&leased) {
        assert_eq!(body(&one, key).await, None, "{key}");
        assert!(!is_current(&one, key, stored).await, "{key}");
        let filled = fill_with(&two, key, "old", leased).await;
        assert!(filled.is_err(), "{key}");
    }
}

/// "The pages that are filed under a tag", a thousand of them.
pub async fn a_thousand_pages_of_a_tag_drop_at_once<S: Store>(one: S, two: S) {
    let keys: Vec<_> = (0..1_000).map(|n| key(&format!("/flavors/{n}/"))).collect();
    stream::iter(&keys)
        .map(|key| put(&one, key, "page", &["menu"]))
        .buffered(AT_ONCE)
        .for_each(async |_| {})
        .await;
    assert_eq!(body(&two, &keys[999]).await.as_deref(), Some("page"));
    apply(&two, changes(&[change(Reached::Tag("menu"), Fence::None)])).await;
    for key in &keys {
        assert_eq!(body(&one, key).await, None, "{key}");
    }
}

/// "Makes changes: drops what they reach, and raises and lifts fences", all of them.
pub async fn a_thousand_fences_rise_and_are_lifted_at_once<S: Store>(one: S, two: S) {
    let paths: Vec<Path> = (0..1_000)
        .map(|n| path(&format!("/flavors/{n}/")))
        .collect();
    for fence in [Fence::Stands, Fence::Lifted] {
        let made: Vec<Change<'_>> = paths
            .iter()
            .map(|path| change(Reached::Path(path), fence))
            .collect();
        apply(&one, changes(&made)).await;
        for path in paths.iter().step_by(10) {
            let leased = try_lease(&two, &key(path.as_str())).await;
            assert_eq!(leased.is_none(), fence == Fence::Stands, "{path}");
        }
    }
}

/// A writer may have nothing to tell.
pub async fn nothing_to_change_changes_nothing<S: Store>(one: S, two: S) {
    let key = key("/flavors/");
    let stamp = put(&one, &key, "page", &["menu"]).await;
    apply(&two, changes(&[])).await;
    let renewed = Changes {
        renew: true,
        ..changes(&[])
    };
    apply(&two, renewed).await;
    assert!(is_current(&one, &key, &stamp).await);
}

/// "After an error any of them may have been made; they are made again, and so to make
/// them twice is to make them once."
pub async fn changes_made_twice_are_made_once<S: Store>(one: S, two: S) {
    let (vanilla, lemon) = (path("/flavors/vanilla/"), path("/flavors/lemon/"));
    let keys = [key("/flavors/vanilla/"), key("/flavors/lemon/")];
    for key in &keys {
        put(&one, key, "old", &["menu"]).await;
    }
    let raised = [
        change(Reached::Path(&vanilla), Fence::Stands),
        change(Reached::Tag("menu"), Fence::None),
    ];
    let lifted = [
        change(Reached::Path(&vanilla), Fence::Lifted),
        change(Reached::Path(&lemon), Fence::None),
    ];
    for made in [raised, lifted] {
        let first = changes(&made[..1]);
        apply(&one, first).await;
        apply(&one, changes(&made)).await;
        apply(&one, changes(&made)).await;
        let is_fenced = made[0].fence == Fence::Stands;
        let leased = try_lease(&two, &keys[0]).await;
        assert_eq!(leased.is_none(), is_fenced);
        for key in &keys {
            assert_eq!(body(&two, key).await, None, "{key}");
        }
    }
    put(&two, &keys[0], "new", &["menu"]).await;
    assert_eq!(body(&one, &keys[0]).await.as_deref(), Some("new"));
}
