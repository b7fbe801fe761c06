//! The schedules that the rules of the ledger are there for.

use std::any::TypeId;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use super::*;
use crate::Template;
use crate::path::Path;
use crate::template::Patterns;

mod bounds;
#[cfg(feature = "observe")]
mod observed;
mod related;

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
    drops.retain(Reach::is_of_pages);
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
