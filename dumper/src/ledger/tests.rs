//! The schedules that the rules of the ledger are there for.

use std::any::TypeId;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use super::*;
use crate::Template;
use crate::path::Path;
use crate::template::Patterns;

#[cfg(feature = "observe")]
mod observed;

const DEADLINE: Duration = Duration::from_secs(10);
const ONE: Owner = Owner::Scope(1);
const TWO: Owner = Owner::Scope(2);

/// A ledger with a clock that stands unless it is moved.
struct Clocked {
    ledger: Ledger,
    now: Instant,
}

fn start() -> Clocked {
    Clocked {
        ledger: Ledger::new(DEADLINE),
        now: Instant::now(),
    }
}

impl Clocked {
    fn pass(&mut self, time: Duration) -> Vec<Reach> {
        self.now += time;
        pages(self.ledger.expire(self.now))
    }

    fn lease(&mut self, path: &str) -> Result<LeaseId, Refusal> {
        self.ledger.lease(&filing(path), self.now)
    }

    fn check(&self, lease: LeaseId, path: &str) -> Result<(), Refusal> {
        self.ledger.check(lease, &filing(path))
    }

    fn raise(&mut self, owner: Owner, key: Option<&str>, paths: &[&str]) -> Vec<Reach> {
        let raised = self
            .ledger
            .raise(owner, &flavor(), key, kin(paths), self.now);
        raised.1
    }

    fn settle(&mut self, owner: Owner, written: &Written, paths: &[&str]) -> Vec<Reach> {
        let (since, dependents) = (self.reading(), dependents(paths, &[]));
        let drops = self
            .ledger
            .settle(owner, written, dependents, since, self.now);
        pages(drops.unwrap())
    }

    fn reading(&self) -> Since {
        Since::Reading(self.ledger.tick())
    }

    fn end(&mut self, owner: Owner, well: bool) -> Vec<Reach> {
        pages(self.ledger.end(owner, well, self.now))
    }

    /// Whether a page rendered from now on could be stored.
    fn stores(&mut self, path: &str) -> bool {
        let Ok(lease) = self.lease(path) else {
            return false;
        };
        let stores = self.check(lease, path).is_ok();
        self.ledger.close(lease);
        stores
    }
}

static FLAVOR: LazyLock<EntityTag> = LazyLock::new(|| entity::<u8>("flavor"));
static VENDOR: LazyLock<EntityTag> = LazyLock::new(|| entity::<u16>("vendor"));

/// An entity with one template; `T` tells it from others.
fn entity<T: 'static>(name: &str) -> EntityTag {
    let template = Template::new(&format!("/{name}s/{{slug}}/")).unwrap();
    let patterns = Patterns::of([&template]);
    EntityTag::new(TypeId::of::<T>(), name.to_owned(), Some(patterns))
}

fn flavor() -> EntityTag {
    FLAVOR.clone()
}

fn row(entity: EntityTag, key: &str) -> RowId {
    RowId {
        entity,
        key: key.into(),
    }
}

/// A write to the flavor 1 that is done.
fn done() -> Written {
    Written {
        row: row(flavor(), "1"),
        inserted: false,
        committed: true,
    }
}

/// A write to the flavor 1 in a transaction.
fn in_transaction() -> Written {
    Written {
        committed: false,
        ..done()
    }
}

/// The fence of the flavor 1.
fn raised() -> Raised {
    Raised(Row::Key(row(flavor(), "1")))
}

fn dependents(paths: &[&str], rows: &[&RowId]) -> Dependents {
    Dependents {
        reaches: kin(paths),
        rows: rows.iter().map(|&row| row.clone()).collect(),
        has_read: !rows.is_empty(),
        shared: kin(&paths[..paths.len().min(1)]),
    }
}

fn pages(mut drops: Vec<Reach>) -> Vec<Reach> {
    drops.retain(|reach| !matches!(reach, Reach::Row(_) | Reach::Related(_)));
    drops
}

fn filing(path: &str) -> Filing {
    Filing::at(&Path::requested(path))
}

fn kin(paths: &[&str]) -> Vec<Reach> {
    let paths = paths
        .iter()
        .map(|path| Reach::Kin(Path::requested(path).kin()));
    paths.collect()
}

const A: &str = "/flavors/a/";
const B: &str = "/flavors/b/";
const C: &str = "/flavors/c/";

#[test]
fn a_lease_is_void_once_its_page_is_invalidated() {
    let mut it = start();
    let early = it.lease(A).unwrap();
    let other = it.lease(B).unwrap();
    it.ledger.invalidate(kin(&[A]), it.now);
    assert_eq!(it.check(early, A), Err(Refusal::Invalidated));
    assert_eq!(it.check(other, B), Ok(()));
    assert!(it.stores(A));
}

#[test]
fn a_fence_refuses_until_the_write_is_done_and_voids_the_leases_before() {
    let mut it = start();
    let early = it.lease(A).unwrap();
    it.raise(ONE, Some("1"), &[A]);
    assert_eq!(it.check(early, A), Err(Refusal::Invalidated));
    assert_eq!(it.lease(A), Err(Refusal::Fenced));
    it.settle(ONE, &done(), &[A]);
    assert_eq!(it.check(early, A), Err(Refusal::Invalidated));
    assert!(it.stores(A));
}

#[test]
fn a_write_in_a_transaction_is_done_when_its_scope_ends() {
    let mut it = start();
    it.raise(ONE, Some("1"), &[A]);
    it.settle(ONE, &in_transaction(), &[B]);
    assert!(!it.stores(A));
    assert!(!it.stores(B));
    assert_eq!(it.end(ONE, true).len(), 2);
    assert!(it.stores(A));
    assert!(it.stores(B));
}

#[test]
fn of_two_overlapping_renames_the_last_drops_the_name_between() {
    let mut it = start();
    it.raise(ONE, Some("1"), &[A]);
    it.raise(TWO, Some("1"), &[A]);
    it.settle(ONE, &done(), &[B]);
    assert!(!it.stores(B), "the second rename may take it away");
    let drops = it.settle(TWO, &done(), &[C]);
    for path in [A, B, C] {
        assert!(drops.contains(&kin(&[path])[0]), "{path}");
        assert!(it.stores(path));
    }
}

#[test]
fn a_rename_that_is_done_while_another_waits_for_its_row_is_dropped_by_that() {
    let mut it = start();
    // The second raises its fence before it reads the row.
    it.raise(TWO, Some("1"), &[]);
    it.raise(ONE, Some("1"), &[A]);
    it.settle(ONE, &done(), &[B]);
    assert!(!it.stores(B));
    let since = it.reading();
    let dependents = dependents(&[A], &[]);
    let reached = it
        .ledger
        .reach_further(TWO, &raised(), dependents, since, it.now);
    assert!(reached.is_ok());
    it.settle(TWO, &done(), &[C]);
    assert!(it.stores(B));
}

#[test]
fn a_delete_that_overlaps_a_rename_drops_the_new_name() {
    let mut it = start();
    it.raise(ONE, Some("1"), &[A]);
    it.raise(TWO, Some("1"), &[A]);
    it.settle(ONE, &done(), &[B]);
    assert!(!it.stores(B));
    let drops = it.settle(TWO, &done(), &[]);
    assert!(drops.contains(&kin(&[B])[0]));
}

#[test]
fn a_statement_whose_end_nobody_saw_is_dropped_at_the_end_and_at_the_deadline() {
    let mut it = start();
    it.raise(ONE, Some("1"), &[A]);
    let drops = it.end(ONE, true);
    assert!(drops.contains(&flavor().reach()));
    assert!(!it.stores(A));
    assert!(it.stores(B));
    let early = it.lease(B).unwrap();
    assert!(it.pass(DEADLINE / 2).is_empty());
    assert!(!it.stores(A));
    let drops = it.pass(DEADLINE / 2);
    assert!(drops.contains(&flavor().reach()));
    assert_eq!(it.check(early, B), Err(Refusal::Invalidated));
    assert!(it.stores(A));
}

#[test]
fn a_scope_that_fails_lifts_nothing_before_the_deadline() {
    let mut it = start();
    it.raise(ONE, Some("1"), &[A]);
    it.settle(ONE, &in_transaction(), &[A]);
    it.end(ONE, false);
    assert!(!it.stores(A));
    assert_eq!(it.pass(DEADLINE), kin(&[A]));
    assert!(it.stores(A));
}

/// It is done after the request has given up, and before the deadline.
#[test]
fn a_commit_that_timed_out_is_seen_at_the_deadline() {
    let mut it = start();
    it.raise(ONE, Some("1"), &[A]);
    it.settle(ONE, &in_transaction(), &[B]);
    it.end(ONE, false);
    it.pass(DEADLINE / 2);
    assert!(!it.stores(A));
    assert!(!it.stores(B));
    // It has read the old row, under a name that only the response tells.
    let early = it.lease("/elsewhere/").unwrap();
    it.pass(DEADLINE / 2);
    assert_eq!(it.check(early, A), Err(Refusal::Invalidated));
    assert!(it.stores(A));
    assert!(it.stores(B));
}

#[test]
fn a_scope_may_outlive_the_deadline() {
    let mut it = start();
    it.raise(ONE, Some("1"), &[A]);
    it.settle(ONE, &in_transaction(), &[A]);
    assert!(it.pass(DEADLINE * 100).is_empty());
    assert!(!it.stores(A));
    it.end(ONE, true);
    assert!(it.stores(A));
}

#[test]
fn outside_a_scope_the_deadline_runs_from_the_last_hook() {
    let mut it = start();
    let task = Owner::Task(1);
    it.raise(task, Some("1"), &[A]);
    it.settle(task, &in_transaction(), &[A]);
    it.pass(DEADLINE / 2);
    it.raise(task, Some("2"), &[B]);
    it.pass(DEADLINE / 2);
    assert!(!it.stores(A));
    it.pass(DEADLINE / 2);
    assert!(it.stores(A));
    assert!(it.stores(B));
}

#[test]
fn a_hook_without_the_one_before_drops_all_pages_of_the_entity() {
    let mut it = start();
    assert!(it.settle(ONE, &done(), &[A]).contains(&flavor().reach()));
    assert!(it.stores(A));
    it.settle(ONE, &in_transaction(), &[A]);
    assert!(!it.stores(B), "its old name is not known");
    it.end(ONE, true);
    assert!(it.stores(B));
}

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

#[test]
fn each_insert_settles_its_own_fence() {
    let mut it = start();
    it.raise(ONE, None, &[A]);
    it.raise(ONE, None, &[B]);
    let inserted = |key| Written {
        row: row(flavor(), key),
        inserted: true,
        committed: true,
    };
    it.settle(ONE, &inserted("2"), &[B, C]);
    assert!(it.stores(B));
    assert!(!it.stores(A));
    it.settle(ONE, &inserted("1"), &[A]);
    assert!(it.stores(A));
}

#[test]
fn an_update_does_not_settle_an_insert_that_failed() {
    let mut it = start();
    it.raise(ONE, None, &[A]);
    it.settle(ONE, &done(), &[B]);
    assert!(!it.stores(A));
}

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

/// SQLite uses the key of a deleted row again, unless told not to.
#[test]
fn an_insert_leaves_its_pages_to_whoever_writes_the_row_that_had_its_key() {
    let mut it = start();
    // Deletes the flavor 1, which somebody else has just done.
    it.raise(ONE, Some("1"), &[]);
    it.raise(TWO, None, &[B]);
    let inserted = Written {
        inserted: true,
        ..done()
    };
    it.settle(TWO, &inserted, &[B]);
    assert!(!it.stores(B), "it may be deleted");
    assert!(it.settle(ONE, &done(), &[]).contains(&kin(&[B])[0]));
    assert!(it.stores(B));
    assert!(it.ledger.fences.is_empty());
}
