//! What is bounded, and what is given back.

use super::*;

#[test]
fn very_many_rows_of_one_owner_become_one_fence_on_the_entity() {
    let mut it = start();
    for number in 0..5_000 {
        let (key, path) = (number.to_string(), format!("/flavors/{number}/"));
        it.raise(ONE, Some(&key), &[&path]);
        let written = Written {
            row: row(flavor(), &key),
            ..in_transaction()
        };
        it.settle(ONE, &written, &[&path]);
    }
    assert!(it.ledger.holds_many(ONE, &flavor()));
    assert!(!it.stores("/flavors/never/"));
    assert!(it.stores("/elsewhere/"));
    assert!(it.end(ONE, true).contains(&flavor().reach()));
    assert!(it.stores("/flavors/0/"));
}

#[test]
fn an_import_of_100_000_rows_in_one_scope_holds_one_fence() {
    let mut it = start();
    let early = it.lease("/flavors/99999/").unwrap();
    for number in 0..100_000 {
        let path = format!("/flavors/{number}/");
        it.raise(ONE, None, &[&path]);
        let written = Written {
            row: row(flavor(), &number.to_string()),
            inserted: true,
            ..in_transaction()
        };
        it.settle(ONE, &written, &[&path]);
        assert!(it.ledger.fences.rows.len() <= 2_002, "{number}");
    }
    assert_eq!(
        it.check(early, "/flavors/99999/"),
        Err(Refusal::Invalidated)
    );
    assert!(!it.stores("/flavors/0/"));
    assert!(it.stores("/elsewhere/"));
    assert!(it.end(ONE, true).contains(&flavor().reach()));
    assert!(it.stores("/flavors/99999/"));
    it.ledger.close(early);
    assert!(it.ledger.fences.is_empty());
}

#[test]
fn rows_that_share_a_row_are_not_dropped_once_for_each_other() {
    let mut it = start();
    let vendor = row(VENDOR.clone(), "1");
    let mut dropped = 0;
    for number in 0..500 {
        let (key, path) = (number.to_string(), format!("/flavors/{number}/"));
        dropped += it.raise(ONE, Some(&key), &[&path]).len();
        let written = Written {
            row: row(flavor(), &key),
            ..in_transaction()
        };
        let since = it.reading();
        let read = dependents(&[&path, "/vendors/north/"], &[&vendor]);
        let drops = it.ledger.settle(ONE, &written, read, since, it.now);
        dropped += drops.unwrap().len();
    }
    assert!(dropped <= 500 * 3, "{dropped}");
    assert_eq!(it.end(ONE, true).len(), 501);
}

#[test]
fn too_many_fences_outside_scopes_become_one_on_everything() {
    let mut it = start();
    for task in 0..70_000 {
        let path = format!("/flavors/{task}/");
        it.raise(Owner::Task(task), None, &[&path]);
    }
    assert!(!it.stores("/elsewhere/"));
    assert!(it.pass(DEADLINE).contains(&Reach::All));
    assert!(it.stores("/elsewhere/"));
    assert!(it.stores("/flavors/0/"));
    assert_eq!(it.ledger.next_deadline(), None);
}

#[test]
fn a_lease_older_than_what_is_remembered_may_not_fill() {
    let mut it = start();
    let early = it.lease(A).unwrap();
    for number in 0..40_000 {
        it.ledger
            .invalidate(kin(&[&format!("/pages/{number}/")]), it.now);
    }
    assert_eq!(it.check(early, A), Ok(()));
    for number in 0..40_000 {
        it.ledger
            .invalidate(kin(&[&format!("/more/{number}/")]), it.now);
    }
    assert_eq!(it.check(early, A), Err(Refusal::Invalidated));
    assert!(it.stores(A));
}

#[test]
fn a_lease_ends_after_a_minute() {
    let mut it = start();
    let early = it.lease(A).unwrap();
    it.pass(LEASE);
    assert_eq!(it.check(early, A), Err(Refusal::Ended));
}

#[test]
fn nothing_is_remembered_when_no_lease_is_open() {
    let mut it = start();
    let lease = it.lease(A).unwrap();
    it.ledger.invalidate(kin(&[A]), it.now);
    it.ledger.close(lease);
    it.raise(ONE, Some("1"), &[A]);
    it.settle(ONE, &done(), &[A]);
    assert!(it.ledger.invalidations.is_empty());
    assert!(it.ledger.fences.is_empty());
}

#[test]
fn writes_to_rows_are_remembered_for_a_minute() {
    let mut it = start();
    let began = it.ledger.tick();
    it.raise(ONE, Some("1"), &[A]);
    it.settle(ONE, &done(), &[A]);
    let flavor = row(flavor(), "1");
    assert!(it.ledger.rows.written_since(began, &flavor));
    it.pass(Duration::from_mins(1));
    assert!(it.ledger.rows.is_empty());
    assert!(
        it.ledger.rows.written_since(began, &flavor),
        "nobody knows any more"
    );
    assert!(!it.ledger.rows.written_since(it.ledger.tick(), &flavor));
}

#[test]
fn very_many_related_rows_of_one_owner_become_one_fence_too() {
    let mut it = start();
    let vendors: Vec<RowId> = (0..900)
        .map(|number| row(VENDOR.clone(), &number.to_string()))
        .collect();
    let vendors: Vec<&RowId> = vendors.iter().collect();
    for number in 0..100 {
        let key = number.to_string();
        it.raise(ONE, Some(&key), &[A]);
        let written = Written {
            row: row(flavor(), &key),
            ..in_transaction()
        };
        let since = it.reading();
        let read = dependents(&[A], &vendors);
        let settled = it.ledger.settle(ONE, &written, read, since, it.now);
        assert!(settled.is_ok());
    }
    assert!(it.ledger.holds_many(ONE, &flavor()));
    assert!(!it.stores("/flavors/never/"));
    it.end(ONE, true);
    assert!(it.ledger.fences.is_empty());
}
