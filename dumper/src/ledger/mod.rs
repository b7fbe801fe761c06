//! What makes a page true: leases, invalidations and fences in one order.
//!
//! The ledger is a plain state machine, without a clock, a thread or a runtime
//! of its own: every call takes `now` as a value. It knows no pages. Each call
//! that invalidates returns what it reaches, and whoever drives the ledger drops
//! those pages before anybody else may call it.

mod fences;
mod invalidations;
mod standing;
mod write;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use self::fences::Fences;
use self::invalidations::Invalidations;
pub(crate) use self::write::{Dependents, Owner, Written};
use crate::reach::{EntityTag, Filing, Reach, RowId};

/// How long a lease is good for.
const LEASE: Duration = Duration::from_mins(1);

/// A moment in the order of all invalidations.
type Tick = u64;

/// The name of a lease, never used twice.
pub(crate) type LeaseId = u64;

/// Why a page was not stored, or a lease not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A write to what it shows is under way.
    Fenced,
    /// It was invalidated since the lease was taken.
    Invalidated,
    /// The lease has ended.
    Ended,
}

/// A row that was read has been written since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moved;

#[derive(Debug)]
pub(crate) struct Ledger {
    tick: Tick,
    leases: BTreeMap<LeaseId, Lease>,
    next_lease: LeaseId,
    invalidations: Invalidations,
    fences: Fences,
    /// How long a fence stands whose write may still be on its way.
    deadline: Duration,
}

#[derive(Debug)]
struct Lease {
    tick: Tick,
    ends: Instant,
}

impl Ledger {
    pub(crate) fn new(deadline: Duration) -> Self {
        Self {
            tick: 0,
            leases: BTreeMap::new(),
            next_lease: 0,
            invalidations: Invalidations::default(),
            fences: Fences::default(),
            deadline,
        }
    }

    pub(crate) fn set_deadline(&mut self, deadline: Duration) {
        self.deadline = deadline;
    }

    /// Takes a lease for a page that is to be rendered.
    pub(crate) fn lease(&mut self, filing: &Filing, now: Instant) -> Result<LeaseId, Refusal> {
        if self.fences.stand_on(filing) {
            return Err(Refusal::Fenced);
        }
        Ok(self.open(now))
    }

    /// Whether a page rendered under the lease may be stored.
    pub(crate) fn check(&self, id: LeaseId, filing: &Filing) -> Result<(), Refusal> {
        let lease = self.leases.get(&id).ok_or(Refusal::Ended)?;
        if self.invalidations.reached_since(lease.tick, filing) {
            return Err(Refusal::Invalidated);
        }
        if self.fences.stand_on(filing) {
            return Err(Refusal::Fenced);
        }
        Ok(())
    }

    /// Gives a lease back.
    pub(crate) fn close(&mut self, id: LeaseId) {
        self.leases.remove(&id);
        self.forget();
    }

    pub(crate) fn invalidate(&mut self, reaches: Vec<Reach>) -> Vec<Reach> {
        self.record(reaches)
    }

    /// Raises a fence before a statement that writes a row; `key` is `None` for
    /// a row that has none yet.
    pub(crate) fn raise(
        &mut self,
        owner: Owner,
        entity: &EntityTag,
        key: Option<&str>,
        reaches: Vec<Reach>,
        now: Instant,
    ) -> Vec<Reach> {
        let mut drops = Vec::new();
        self.fences.raise(owner, entity, key, reaches, &mut drops);
        self.keep_until_deadline(owner, now, &mut drops);
        self.record(drops)
    }

    /// Takes a lease to no page, which tells what is written while rows are read.
    pub(crate) fn watch(&mut self, now: Instant) -> LeaseId {
        self.open(now)
    }

    /// Lets the fence of a row that was raised reach what depends on the row as
    /// it was.
    ///
    /// # Errors
    ///
    /// Returns [`Moved`] if a row that was read to know that has been written
    /// since the watch began.
    pub(crate) fn reach_further(
        &mut self,
        owner: Owner,
        row: &RowId,
        dependents: Dependents,
        watch: LeaseId,
    ) -> Result<Vec<Reach>, Moved> {
        self.check_rows(&dependents.rows, watch)?;
        let mut drops = Vec::new();
        self.fences
            .reach_further(owner, row, dependents, &mut drops);
        Ok(self.record(drops))
    }

    /// Whether one fence of the owner stands for all rows of the entity, so that
    /// nobody need know which are written.
    pub(crate) fn holds_many(&self, owner: Owner, entity: &EntityTag) -> bool {
        self.fences.holds_many(owner, entity)
    }

    /// Takes note that a statement has ended.
    ///
    /// # Errors
    ///
    /// Returns [`Moved`] if a row that was read to know what depends on the one
    /// written has been written itself since the watch began.
    pub(crate) fn settle(
        &mut self,
        owner: Owner,
        written: &Written,
        dependents: Dependents,
        watch: LeaseId,
        now: Instant,
    ) -> Result<Vec<Reach>, Moved> {
        self.check_rows(&dependents.rows, watch)?;
        let mut drops = Vec::new();
        self.fences.settle(owner, written, dependents, &mut drops);
        self.keep_until_deadline(owner, now, &mut drops);
        Ok(self.record(drops))
    }

    /// Ends a scope, well or not.
    pub(crate) fn end(&mut self, owner: Owner, well: bool, now: Instant) -> Vec<Reach> {
        let mut drops = Vec::new();
        self.fences
            .end(owner, well, now + self.deadline, &mut drops);
        self.record(drops)
    }

    /// Does what is due: ends old leases, and fences whose deadline has passed.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<Reach> {
        while let Some(lease) = self.leases.first_entry()
            && lease.get().ends <= now
        {
            lease.remove();
        }
        let mut drops = Vec::new();
        self.fences.expire(now, &mut drops);
        self.record(drops)
    }

    /// When the next fence lifts by itself.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.fences.next_deadline()
    }

    /// A scope ends its fences; those of a task stand until the deadline after
    /// its last hook.
    fn keep_until_deadline(&mut self, owner: Owner, now: Instant, drops: &mut Vec<Reach>) {
        if matches!(owner, Owner::Task(_)) {
            self.fences.stand_until(owner, now + self.deadline, drops);
        }
    }

    fn open(&mut self, now: Instant) -> LeaseId {
        let id = self.next_lease;
        self.next_lease += 1;
        let lease = Lease {
            tick: self.tick,
            ends: now + LEASE,
        };
        self.leases.insert(id, lease);
        id
    }

    fn check_rows(&self, rows: &[RowId], watch: LeaseId) -> Result<(), Moved> {
        if rows.is_empty() {
            return Ok(());
        }
        let watch = self.leases.get(&watch).ok_or(Moved)?;
        let moved = |row| self.invalidations.written_since(watch.tick, row);
        if rows.iter().any(moved) {
            Err(Moved)
        } else {
            Ok(())
        }
    }

    fn record(&mut self, mut reaches: Vec<Reach>) -> Vec<Reach> {
        let mut seen = std::collections::HashSet::with_capacity(reaches.len());
        reaches.retain(|reach| seen.insert(reach.clone()));
        for reach in &reaches {
            self.tick += 1;
            self.invalidations.record(reach, self.tick);
        }
        self.forget();
        reaches
    }

    fn forget(&mut self) {
        let oldest = self.leases.first_key_value().map(|(_, lease)| lease.tick);
        self.invalidations.forget_until(oldest);
    }
}

#[cfg(test)]
mod tests;
