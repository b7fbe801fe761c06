//! Mistakes in the shell, each of which the tests of the right one find.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::deadlines::a_deadline_passes;
use super::evictions::replaced_and_evicted;
use super::invalidations::fills_race_invalidations;
use super::*;
use crate::cache::Memory;
use crate::ledger::{LeaseId, Ledger};
use crate::process::FENCE_DEADLINE;
use crate::reach::Filing;
use crate::sync::{Mutex, MutexGuard};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    None,
    /// A page is inserted after the lock is released under which its lease was
    /// checked.
    InsertsUnlocked,
    /// Pages are removed before the invalidation is recorded, under two locks.
    RemovesFirst,
    /// A hit does not look at deadlines.
    IgnoresDeadlines,
    /// The page that another one replaces takes that one's names with it.
    ForgetsReplacement,
}

/// A small shell with a mistake.
struct Mistaken {
    mistake: Mistake,
    ledger: Mutex<Ledger>,
    memory: Memory,
}

fn mistaken(mistake: Mistake) -> Mistaken {
    Mistaken {
        mistake,
        ledger: Mutex::new(Ledger::new(FENCE_DEADLINE)),
        memory: Memory::new(1 << 15, 64, FENCE_DEADLINE),
    }
}

impl Mistaken {
    fn makes(&self, mistake: Mistake) -> bool {
        self.mistake == mistake
    }

    /// Locks the ledger with all deadlines applied.
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        let mut ledger = self.ledger.lock().unwrap();
        let drops = ledger.expire(clock());
        self.remove(&drops);
        ledger
    }

    fn remove(&self, drops: &[Reach]) {
        drop(self.memory.remove(drops));
    }
}

impl Shell for Mistaken {
    type Lease = (LeaseId, Key, Filing);

    fn select(&self, key: &Key) -> Option<Arc<Page>> {
        if !self.makes(Mistake::IgnoresDeadlines) {
            drop(self.ledger());
        }
        self.memory.select(&key.borrowed(), &|_| None)
    }

    fn lease(&self, key: &Key) -> Option<Self::Lease> {
        let mut filing = Filing::at(key.path());
        let lease = self.ledger().lease(&filing, clock()).ok()?;
        filing.add_tags([TAG.into()]);
        Some((lease, key.clone(), filing))
    }

    fn fill(&self, (lease, key, filing): Self::Lease, page: Page) {
        let ledger = self.ledger();
        if ledger.check(lease, &filing).is_err() {
            return;
        }
        let _held = (!self.makes(Mistake::InsertsUnlocked)).then_some(ledger);
        let replaces = self.memory.select(&key.borrowed(), &|_| None).is_some();
        let page = self.memory.place(&key, page, &filing);
        drop(self.memory.insert(&page));
        if replaces && self.makes(Mistake::ForgetsReplacement) {
            self.memory.lose_names(&page);
        }
    }

    fn invalidate(&self, reach: Reach) {
        if self.makes(Mistake::RemovesFirst) {
            self.remove(std::slice::from_ref(&reach));
            self.ledger().invalidate(vec![reach], clock());
            return;
        }
        let mut ledger = self.ledger();
        let drops = ledger.invalidate(vec![reach], clock());
        self.remove(&drops);
    }

    fn raise(&self, owner: Owner, reaches: Vec<Reach>) {
        let mut ledger = self.ledger();
        let (_, drops) = ledger.raise(owner, &ENTITY, Some("1"), reaches, clock());
        self.remove(&drops);
    }

    fn paths(&self) -> usize {
        self.memory.paths()
    }

    fn names(&self) -> usize {
        self.memory.names()
    }
}

fn invalidations(mistake: Mistake) {
    fills_race_invalidations(mistaken(mistake), |shell| shell.invalidate(kin("/a/")));
}

fn deadlines(mistake: Mistake) {
    a_deadline_passes(mistaken(mistake));
}

fn evictions(mistake: Mistake) {
    replaced_and_evicted(mistaken(mistake));
}

/// What is said of a mistake by the test that finds it.
fn found(mistake: Mistake, test: fn(Mistake)) -> String {
    let tried = catch_unwind(AssertUnwindSafe(|| explore(move || test(mistake))));
    let panic = tried.expect_err("no schedule was found that fails");
    let message = panic.downcast_ref::<String>();
    message.expect("a message with values in it").clone()
}

#[test]
fn without_a_mistake_the_small_shell_is_right() {
    explore(|| invalidations(Mistake::None));
    explore(|| deadlines(Mistake::None));
    explore(|| evictions(Mistake::None));
}

#[test]
fn an_insert_outside_the_lock_of_its_check_is_found() {
    let message = found(Mistake::InsertsUnlocked, invalidations);
    assert!(message.contains("stale"), "{message}");
}

#[test]
fn a_removal_before_its_record_is_found() {
    let message = found(Mistake::RemovesFirst, invalidations);
    assert!(message.contains("stale"), "{message}");
}

#[test]
fn a_hit_that_ignores_deadlines_is_found() {
    let message = found(Mistake::IgnoresDeadlines, deadlines);
    assert!(message.contains("stale"), "{message}");
}

#[test]
fn a_replaced_page_that_takes_the_names_of_the_new_one_is_found() {
    let message = found(Mistake::ForgetsReplacement, evictions);
    assert!(message.contains("names of"), "{message}");
}
