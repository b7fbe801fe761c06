//! What happened.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

/// Of how much that is wrong there is evidence.
const TOLD: usize = 6;

/// What happened to the requests of a row.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) requests: Cell<u64>,
    pub(crate) hits: Cell<u64>,
    pub(crate) stale: Cell<u64>,
    pub(crate) corrupt: Cell<u64>,
    pub(crate) failed: Cell<u64>,
    /// Requests that bypass, by which the checker is checked.
    pub(crate) uncached: Cell<u64>,
    pub(crate) uncached_stale: Cell<u64>,
    pub(crate) kills: Cell<u64>,
    pub(crate) slowest_delivery: Cell<Duration>,
    /// How many answers had which `Cache-Status`, and how long they took.
    statuses: RefCell<BTreeMap<String, (u32, Duration)>>,
    evidence: RefCell<Vec<String>>,
}

/// Counts one more.
pub(crate) fn count(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}

impl Counts {
    /// Takes note of an answer.
    pub(crate) fn answered(&self, status: &str, after: Duration) {
        let mut statuses = self.statuses.borrow_mut();
        let (count, took) = statuses.entry(status.to_owned()).or_default();
        *count += 1;
        *took += after;
    }

    /// How many answers had which `Cache-Status`, and how long they took on average.
    pub(crate) fn statuses(&self) -> Vec<(String, u32, Duration)> {
        let statuses = self.statuses.borrow();
        let statuses = statuses.iter();
        let each = statuses.map(|(status, (count, took))| (status.clone(), *count, *took / *count));
        each.collect()
    }

    /// Takes note that what a request wrote has been delivered so late.
    pub(crate) fn delivered(&self, after: Duration) {
        self.slowest_delivery
            .set(self.slowest_delivery.get().max(after));
    }

    /// Tells of what is wrong, the first few times.
    pub(crate) fn tell(&self, evidence: impl FnOnce() -> String) {
        let mut told = self.evidence.borrow_mut();
        if told.len() < TOLD {
            told.push(evidence());
        }
    }

    /// What is wrong.
    pub(crate) fn evidence(&self) -> Vec<String> {
        self.evidence.take()
    }
}
