//! The schedules that the rules of the ledger are there for.

use std::any::TypeId;
use std::time::{Duration, Instant};

use super::*;
use crate::Template;
use crate::path::Path;
use crate::template::Patterns;

const DEADLINE: Duration = Duration::from_secs(10);
const ONE: Owner = Owner::Scope(1);
const TWO: Owner = Owner::Scope(2);
const DONE: Written<'_> = Written {
    key: "1",
    inserted: false,
    committed: true,
};
const IN_TRANSACTION: Written<'_> = Written {
    committed: false,
    ..DONE
};

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
        self.ledger.expire(self.now)
    }

    fn lease(&mut self, path: &str) -> Result<LeaseId, Refusal> {
        self.ledger.lease(&filing(path), self.now)
    }

    fn check(&self, lease: LeaseId, path: &str) -> Result<(), Refusal> {
        self.ledger.check(lease, &filing(path))
    }

    fn raise(&mut self, owner: Owner, key: Option<&str>, paths: &[&str]) -> Vec<Reach> {
        self.ledger
            .raise(owner, &flavor(), key, kin(paths), self.now)
    }

    fn settle(&mut self, owner: Owner, written: Written<'_>, paths: &[&str]) -> Vec<Reach> {
        self.ledger
            .settle(owner, &flavor(), &written, kin(paths), self.now)
    }

    fn end(&mut self, owner: Owner, well: bool) -> Vec<Reach> {
        self.ledger.end(owner, well, self.now)
    }

    /// Whether a page rendered from now on could be stored.
    fn stores(&mut self, path: &str) -> bool {
        let stores = self.lease(path).is_ok_and(|lease| {
            let stores = self.check(lease, path).is_ok();
            self.ledger.close(lease);
            stores
        });
        stores
    }
}

fn flavor() -> EntityTag {
    let template = Template::new("/flavors/{slug}/").unwrap();
    let patterns = Patterns::of([&template]);
    EntityTag::new(TypeId::of::<Clocked>(), "flavor".to_owned(), Some(patterns))
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
    it.ledger.invalidate(kin(&[A]));
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
    it.settle(ONE, DONE, &[A]);
    assert_eq!(it.check(early, A), Err(Refusal::Invalidated));
    assert!(it.stores(A));
}

#[test]
fn a_write_in_a_transaction_is_done_when_its_scope_ends() {
    let mut it = start();
    it.raise(ONE, Some("1"), &[A]);
    it.settle(ONE, IN_TRANSACTION, &[B]);
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
    it.settle(ONE, DONE, &[B]);
    assert!(!it.stores(B), "the second rename may take it away");
    let drops = it.settle(TWO, DONE, &[C]);
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
    it.settle(ONE, DONE, &[B]);
    assert!(!it.stores(B));
    it.ledger.reach_further(TWO, &flavor(), "1", kin(&[A]));
    it.settle(TWO, DONE, &[C]);
    assert!(it.stores(B));
}

#[test]
fn a_delete_that_overlaps_a_rename_drops_the_new_name() {
    let mut it = start();
    it.raise(ONE, Some("1"), &[A]);
    it.raise(TWO, Some("1"), &[A]);
    it.settle(ONE, DONE, &[B]);
    assert!(!it.stores(B));
    let drops = it.settle(TWO, DONE, &[]);
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
    assert!(it.pass(DEADLINE - Duration::from_millis(1)).is_empty());
    assert!(!it.stores(A));
    let drops = it.pass(Duration::from_millis(1));
    assert!(drops.contains(&flavor().reach()));
    assert_eq!(it.check(early, B), Err(Refusal::Invalidated));
    assert!(it.stores(A));
}

#[test]
fn a_scope_that_fails_lifts_nothing_before_the_deadline() {
    let mut it = start();
    it.raise(ONE, Some("1"), &[A]);
    it.settle(ONE, IN_TRANSACTION, &[A]);
    it.end(ONE, false);
    assert!(!it.stores(A));
    assert_eq!(it.pass(DEADLINE), kin(&[A]));
    assert!(it.stores(A));
}

#[test]
fn a_scope_may_outlive_the_deadline() {
    let mut it = start();
    it.raise(ONE, Some("1"), &[A]);
    it.settle(ONE, IN_TRANSACTION, &[A]);
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
    it.settle(task, IN_TRANSACTION, &[A]);
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
    assert!(it.settle(ONE, DONE, &[A]).contains(&flavor().reach()));
    assert!(it.stores(A));
    it.settle(ONE, IN_TRANSACTION, &[A]);
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
        key,
        inserted: true,
        committed: true,
    };
    it.settle(ONE, inserted("2"), &[B, C]);
    assert!(it.stores(B));
    assert!(!it.stores(A));
    it.settle(ONE, inserted("1"), &[A]);
    assert!(it.stores(A));
}

#[test]
fn an_update_does_not_settle_an_insert_that_failed() {
    let mut it = start();
    it.raise(ONE, None, &[A]);
    it.settle(ONE, DONE, &[B]);
    assert!(!it.stores(A));
}

#[test]
fn very_many_rows_of_one_owner_become_one_fence_on_the_entity() {
    let mut it = start();
    for row in 0..5_000 {
        let (key, path) = (row.to_string(), format!("/flavors/{row}/"));
        it.raise(ONE, Some(&key), &[&path]);
        let written = Written {
            key: &key,
            ..IN_TRANSACTION
        };
        it.settle(ONE, written, &[&path]);
    }
    assert!(it.ledger.holds_many(ONE, &flavor()));
    assert!(!it.stores("/flavors/never/"));
    assert!(it.stores("/elsewhere/"));
    assert!(it.end(ONE, true).contains(&flavor().reach()));
    assert!(it.stores("/flavors/0/"));
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
        it.ledger.invalidate(kin(&[&format!("/pages/{number}/")]));
    }
    assert_eq!(it.check(early, A), Ok(()));
    for number in 0..40_000 {
        it.ledger.invalidate(kin(&[&format!("/more/{number}/")]));
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
    it.ledger.invalidate(kin(&[A]));
    it.ledger.close(lease);
    it.raise(ONE, Some("1"), &[A]);
    it.settle(ONE, DONE, &[A]);
    assert!(it.ledger.invalidations.is_empty());
    assert!(it.ledger.fences.is_empty());
}
