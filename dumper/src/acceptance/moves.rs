//! The mark of writes that may have moved rows.

use super::acts::{ANNA, BOB, apply, change, changes, path};
use crate::store::{Changes, Fence, Moves, Reached, Store};

/// "A store keeps one such mark for all, and makes a new one … for every
/// `Changes::moved`."
pub async fn the_mark_changes_with_every_move<S: Store>(one: S, two: S) {
    let mut seen = Vec::new();
    for number in 0..20 {
        let (store, writer) = [(&one, ANNA), (&two, BOB)][number % 2];
        let Moves { found, left } = write(store, writer, true).await;
        if let Some(last) = seen.last() {
            assert_eq!(&found, last, "it is found as it was left");
        }
        assert!(!seen.contains(&left), "no mark comes twice");
        assert_ne!(found, left, "it is left as another one");
        seen.push(left);
    }
}

/// "Who finds them where he left them knows that nobody else has moved any."
pub async fn the_mark_stays_without_a_move<S: Store>(one: S, two: S) {
    let left = write(&one, ANNA, true).await.left;
    for _ in 0..3 {
        for (store, writer) in [(&one, ANNA), (&two, BOB)] {
            let moves = write(store, writer, false).await;
            assert_eq!(moves.found, left, "it is found as it was left");
            assert_eq!(moves.left, left, "it is left as it was found");
        }
    }
    let renewed = Changes {
        renew: true,
        ..changes(&[])
    };
    apply(&two, renewed).await;
    assert_eq!(write(&one, ANNA, false).await.found, left);
}

async fn write<S: Store>(store: &S, writer: u128, moved: bool) -> Moves {
    let path = path("/flavors/vanilla/");
    let mut mark = None;
    for fence in [Fence::Stands, Fence::Lifted] {
        let changed = [change(Reached::Path(&path), fence)];
        let told = Changes {
            writer,
            moved: moved && fence == Fence::Lifted,
            ..changes(&changed)
        };
        let told = apply(store, told).await;
        let found = mark.map_or(told.found, |before: Moves| before.found);
        mark = Some(Moves { found, ..told });
    }
    mark.expect("both have been made")
}
