//! Rows whose paths are found by others.

use super::*;

/// Flavor 1 belongs to vendor 1, and its transaction is the last to end.
#[test]
fn a_rename_of_a_related_row_is_dropped_by_the_write_that_read_it() {
    let mut it = start();
    let vendor = row(VENDOR.clone(), "1");
    it.raise(ONE, Some("1"), &[A]);
    let since = it.reading();
    let read = dependents(&[A, "/vendors/north/"], &[&vendor]);
    it.ledger
        .settle(ONE, &in_transaction(), read, since, it.now)
        .unwrap();
    // Renames the vendor, and is done.
    it.ledger.raise(
        TWO,
        &vendor.entity,
        Some("1"),
        kin(&["/vendors/north/"]),
        it.now,
    );
    let renamed = Written {
        row: vendor,
        ..done()
    };
    it.settle(TWO, &renamed, &["/vendors/nord/"]);
    assert!(
        !it.stores("/vendors/nord/"),
        "it shows the flavor as it was"
    );
    let drops = it.end(ONE, true);
    assert!(drops.contains(&kin(&["/vendors/nord/"])[0]));
    assert!(it.stores("/vendors/nord/"));
    assert!(it.ledger.fences.is_empty());
}

#[test]
fn a_row_that_comes_to_show_another_is_dropped_by_the_write_to_that() {
    let mut it = start();
    let vendor = row(VENDOR.clone(), "1");
    // Renames the vendor, but has not committed.
    let raised = kin(&["/vendors/north/"]);
    it.ledger
        .raise(ONE, &vendor.entity, Some("1"), raised, it.now);
    let renamed = Written {
        row: vendor.clone(),
        ..in_transaction()
    };
    it.settle(ONE, &renamed, &["/vendors/north/"]);
    // Gives it a flavor, and is done.
    it.raise(TWO, Some("1"), &[A]);
    let since = it.reading();
    let read = dependents(&[A, "/vendors/north/"], &[&vendor]);
    it.ledger.settle(TWO, &done(), read, since, it.now).unwrap();
    assert!(!it.stores(A), "it would show the vendor as it was");
    assert!(it.end(ONE, true).contains(&kin(&[A])[0]));
    assert!(it.stores(A));
    assert!(it.ledger.fences.is_empty());
}

#[test]
fn a_related_row_written_after_it_was_read_is_to_be_read_again() {
    let mut it = start();
    let vendor = row(VENDOR.clone(), "1");
    it.raise(ONE, Some("1"), &[A]);
    let since = it.reading();
    it.ledger.raise(
        TWO,
        &vendor.entity,
        Some("1"),
        kin(&["/vendors/north/"]),
        it.now,
    );
    let renamed = Written {
        row: vendor.clone(),
        ..done()
    };
    it.settle(TWO, &renamed, &["/vendors/nord/"]);
    let read = || dependents(&["/vendors/north/"], &[&vendor]);
    let reached = it
        .ledger
        .reach_further(ONE, &raised(), read(), since, it.now);
    assert_eq!(reached, Err(Moved));
    let settled = it.ledger.settle(ONE, &done(), read(), since, it.now);
    assert_eq!(settled, Err(Moved));
    let since = it.reading();
    let reached = it
        .ledger
        .reach_further(ONE, &raised(), read(), since, it.now);
    assert!(reached.is_ok());
}

/// The vendor is renamed after the transaction that writes its flavor began.
#[test]
fn what_a_transaction_reads_may_be_as_old_as_its_scope() {
    let mut it = start();
    let vendor = row(VENDOR.clone(), "1");
    let began = it.ledger.tick();
    it.ledger
        .raise(TWO, &vendor.entity, Some("1"), Vec::new(), it.now);
    let renamed = Written {
        row: vendor.clone(),
        ..done()
    };
    it.settle(TWO, &renamed, &["/vendors/nord/"]);
    it.raise(ONE, Some("1"), &[A]);
    let read = || dependents(&[A, "/vendors/north/"], &[&vendor]);
    let mut reached = |since| {
        it.ledger
            .reach_further(ONE, &raised(), read(), since, it.now)
    };
    assert_eq!(reached(Since::Snapshot(Some(began))), Err(Moved));
    // Outside any scope nobody knows when it began.
    assert_eq!(reached(Since::Snapshot(None)), Err(Moved));
    assert!(reached(Since::Reading(began + 100)).is_ok());
}

/// A flavor comes to the vendor after the transaction that renames that began.
#[test]
fn what_comes_to_a_row_unseen_by_a_transaction_counts_as_a_write_to_it() {
    let mut it = start();
    let vendor = row(VENDOR.clone(), "1");
    let began = it.ledger.tick();
    it.raise(TWO, Some("1"), &[A]);
    let moved = dependents(&[A, "/vendors/north/"], &[&vendor]);
    let since = it.reading();
    it.ledger
        .settle(TWO, &done(), moved, since, it.now)
        .unwrap();
    let (raised, _) = it
        .ledger
        .raise(ONE, &vendor.entity, Some("1"), Vec::new(), it.now);
    let mut read = dependents(&["/vendors/north/"], &[]);
    read.has_read = true;
    let since = Since::Snapshot(Some(began));
    let reached = it.ledger.reach_further(ONE, &raised, read, since, it.now);
    assert_eq!(reached, Err(Moved));
}

/// A flavor belongs to one of the vendors that are renamed meanwhile.
#[test]
fn a_related_row_among_very_many_is_dropped_by_the_write_that_read_it() {
    for reads_before in [true, false] {
        let mut it = start();
        let vendor = row(VENDOR.clone(), "1");
        let settle = |it: &mut Clocked| {
            let since = it.reading();
            let read = dependents(&[A, "/vendors/north/"], &[&vendor]);
            let written = in_transaction();
            let settled = it.ledger.settle(ONE, &written, read, since, it.now);
            assert!(settled.is_ok());
        };
        it.raise(ONE, Some("1"), &[A]);
        if reads_before {
            settle(&mut it);
        }
        for number in 0..1_001 {
            let key = number.to_string();
            let entity = &vendor.entity;
            it.ledger.raise(TWO, entity, Some(&key), Vec::new(), it.now);
            let renamed = Written {
                row: row(vendor.entity.clone(), &key),
                ..in_transaction()
            };
            it.settle(TWO, &renamed, &[]);
        }
        if !reads_before {
            settle(&mut it);
        }
        it.end(TWO, true);
        assert!(
            !it.stores("/vendors/nord/"),
            "it shows the flavor as it was"
        );
        assert!(it.end(ONE, true).contains(&vendor.entity.reach()));
        assert!(it.stores("/vendors/nord/"));
        assert!(it.ledger.fences.is_empty());
    }
}

/// Reads no row that is related to the vendor 1, in a transaction that sees what was
/// committed at `began`.
pub(super) fn read_vendor(
    it: &mut Clocked,
    owner: Owner,
    began: Option<Tick>,
) -> Result<(), Moved> {
    let (raised, _) = it
        .ledger
        .raise(owner, &VENDOR, Some("1"), Vec::new(), it.now);
    let mut read = dependents(&["/vendors/north/"], &[]);
    read.has_read = true;
    let since = Since::Snapshot(began);
    it.ledger
        .reach_further(owner, &raised, read, since, it.now)
        .map(|_| ())
}

/// Flavors come to a vendor by a scope with a fence for many.
#[test]
fn what_comes_to_a_row_with_many_others_counts_as_a_write_to_it() {
    let mut it = start();
    let vendor = row(VENDOR.clone(), "1");
    for number in 0..=1_000 {
        it.raise(TWO, None, &[]);
        let written = Written {
            row: row(flavor(), &number.to_string()),
            inserted: true,
            committed: false,
        };
        let read = dependents(&[A, "/vendors/north/"], &[&vendor]);
        let since = it.reading();
        it.ledger
            .settle(TWO, &written, read, since, it.now)
            .unwrap();
    }
    assert!(it.ledger.holds_many(TWO, &flavor()));
    // Sees none of the flavors: the other has not committed.
    let began = it.ledger.tick();
    it.end(TWO, true);
    assert_eq!(read_vendor(&mut it, ONE, Some(began)), Err(Moved));
}

/// Each transaction overlaps with the one before, and none writes a row that another
/// reads.
#[test]
fn falling_back_does_not_make_others_fall_back() {
    let mut it = start();
    let mut fell_back = 0;
    let key = |number: u64| number.to_string();
    // The first falls back for a reason.
    it.ledger
        .raise(Owner::Scope(0), &VENDOR, Some("0"), Vec::new(), it.now);
    let all = Dependents::reaching(vec![VENDOR.reach()]);
    let raised = Raised(Row::Key(row(VENDOR.clone(), "0")));
    let since = it.reading();
    it.ledger
        .reach_further(Owner::Scope(0), &raised, all, since, it.now)
        .unwrap();
    for number in 1..100 {
        let owner = Owner::Scope(number);
        let began = it.ledger.tick();
        // The one before ends while this one is under way.
        it.end(Owner::Scope(number - 1), true);
        let (raised, _) = it
            .ledger
            .raise(owner, &VENDOR, Some(&key(number)), Vec::new(), it.now);
        let mut read = dependents(&[], &[]);
        read.has_read = true;
        let since = Since::Snapshot(Some(began));
        if it
            .ledger
            .reach_further(owner, &raised, read, since, it.now)
            .is_err()
        {
            fell_back += 1;
            let all = Dependents::reaching(vec![VENDOR.reach()]);
            let since = it.reading();
            it.ledger
                .reach_further(owner, &raised, all, since, it.now)
                .unwrap();
        }
        let written = Written {
            row: row(VENDOR.clone(), &key(number)),
            inserted: false,
            committed: false,
        };
        let since = it.reading();
        it.ledger
            .settle(owner, &written, Dependents::default(), since, it.now)
            .unwrap();
    }
    assert_eq!(fell_back, 0);
}

/// A write that fell back has come to show a vendor that another one renames.
#[test]
fn who_falls_back_leaves_its_pages_to_the_rows_it_belongs_to() {
    let mut it = start();
    let vendor = row(VENDOR.clone(), "1");
    let began = it.ledger.tick();
    // The vendor is written, which is done.
    it.ledger
        .raise(Owner::Scope(3), &VENDOR, Some("1"), Vec::new(), it.now);
    let written = Written {
        row: vendor.clone(),
        inserted: false,
        committed: true,
    };
    let since = it.reading();
    it.ledger
        .settle(
            Owner::Scope(3),
            &written,
            Dependents::default(),
            since,
            it.now,
        )
        .unwrap();
    // A flavor of it is inserted, in a transaction that sees it as it was.
    let (raised, _) = it.ledger.raise(ONE, &flavor(), None, kin(&[A]), it.now);
    let since = Since::Snapshot(Some(began));
    let read = dependents(&[A, "/vendors/north/"], &[&vendor]);
    assert!(
        it.ledger
            .reach_further(ONE, &raised, read.clone(), since, it.now)
            .is_err()
    );
    let all = Dependents {
        reaches: vec![flavor().reach()],
        has_read: false,
        ..read.clone()
    };
    let now = it.reading();
    it.ledger
        .reach_further(ONE, &raised, all.clone(), now, it.now)
        .unwrap();
    let inserted = Written {
        inserted: true,
        ..in_transaction()
    };
    assert!(
        it.ledger
            .settle(ONE, &inserted, read, since, it.now)
            .is_err()
    );
    it.ledger.settle(ONE, &inserted, all, now, it.now).unwrap();
    // Another transaction, which does not see the flavor, writes the vendor.
    let began = it.ledger.tick();
    read_vendor(&mut it, TWO, Some(began)).unwrap();
    let written = Written {
        row: vendor,
        inserted: false,
        committed: false,
    };
    let mut read = dependents(&["/vendors/north/"], &[]);
    read.has_read = true;
    it.ledger
        .settle(TWO, &written, read, Since::Snapshot(Some(began)), it.now)
        .unwrap();
    it.end(ONE, true);
    // The flavor's page shows the vendor as it was.
    let stores = it.stores(A);
    let drops = it.end(TWO, true);
    assert!(!stores || drops.contains(&kin(&[A])[0]), "{drops:?}");
}
