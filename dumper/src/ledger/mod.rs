//! What makes a page true: leases, invalidations and fences in one order.
//!
//! The ledger is a plain state machine, without a clock, a thread or a runtime
//! of its own: every call takes `now` as a value. It knows no pages. Each call
//! that invalidates returns what it reaches, and whoever drives the ledger drops
//! those pages before anybody else may call it.

#[cfg(feature = "observe")]
mod announced;
mod fences;
mod invalidations;
mod many;
mod rows;
mod standing;
mod write;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use self::fences::Fences;
use self::invalidations::Invalidations;
use self::rows::Rows;
pub(crate) use self::standing::Standing;
use self::write::Row;
pub(crate) use self::write::{Dependents, Owner, Raised, Since, Written};
#[cfg(feature = "observe")]
pub(crate) use self::write::{Observed, Verb};
use crate::reach::{EntityTag, Filing, Reach, RowId};

/// How long a lease is good for.
const LEASE: Duration = Duration::from_mins(1);

/// A moment in the order of all invalidations.
pub(crate) type Tick = u64;

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

#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    tick: Tick,
    leases: BTreeMap<LeaseId, Lease>,
    next_lease: LeaseId,
    invalidations: Invalidations,
    rows: Rows,
    fences: Fences,
    /// How long a fence stands whose write may still be on its way.
    deadline: Duration,
}

#[derive(Clone, Debug)]
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
            rows: Rows::default(),
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

    /// The moment of the last invalidation.
    pub(crate) fn tick(&self) -> Tick {
        self.tick
    }

    pub(crate) fn invalidate(&mut self, reaches: Vec<Reach>, now: Instant) -> Vec<Reach> {
        self.record(reaches, now)
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
    ) -> (Raised, Vec<Reach>) {
        let mut drops = Vec::new();
        let raised = self.fences.raise(owner, entity, key, reaches, &mut drops);
        self.keep_until_deadline(owner, now, &mut drops);
        (raised, self.record(drops, now))
    }

    /// Lets a fence that was raised reach what depends on the row as it was, or
    /// will be.
    ///
    /// # Errors
    ///
    /// Returns [`Moved`] if a row that was read to know that has been written
    /// since.
    pub(crate) fn reach_further(
        &mut self,
        owner: Owner,
        raised: &Raised,
        dependents: Dependents,
        since: Since,
        now: Instant,
    ) -> Result<Vec<Reach>, Moved> {
        let row = match &raised.0 {
            Row::Key(row) => Some(row),
            _ => None,
        };
        self.check_rows(row, &dependents, since)?;
        let mut drops = Vec::new();
        self.fences
            .reach_further(owner, raised, dependents, &mut drops);
        Ok(self.record(drops, now))
    }

    /// Whether one fence of the owner stands for all rows of the entity, so that
    /// nobody need know which are written.
    pub(crate) fn holds_many(&self, owner: Owner, entity: &EntityTag) -> bool {
        self.fences.holds_many(owner, entity)
    }

    /// Whether a fence stands on just this.
    pub(crate) fn stands_on(&self, reach: &Reach) -> bool {
        self.fences.stand_on_just(reach)
    }

    /// Whether the owner has writes that are not done.
    pub(crate) fn has_writes(&self, owner: Owner) -> bool {
        self.fences.writers.contains_key(&owner)
    }

    /// Everything that fences stand on.
    pub(crate) fn standing(&self) -> Vec<Reach> {
        self.fences.standing()
    }

    /// Takes note that a statement has ended.
    ///
    /// # Errors
    ///
    /// Returns [`Moved`] if a row that was read to know what depends on the one
    /// written has been written itself since.
    pub(crate) fn settle(
        &mut self,
        owner: Owner,
        written: &Written,
        dependents: Dependents,
        since: Since,
        now: Instant,
    ) -> Result<Vec<Reach>, Moved> {
        self.check_rows(Some(&written.row), &dependents, since)?;
        let mut drops = Vec::new();
        self.fences.settle(owner, written, dependents, &mut drops);
        self.keep_until_deadline(owner, now, &mut drops);
        Ok(self.record(drops, now))
    }

    /// Ends a scope, well or not.
    pub(crate) fn end(&mut self, owner: Owner, well: bool, now: Instant) -> Vec<Reach> {
        let mut drops = Vec::new();
        self.fences
            .end(owner, well, now + self.deadline, &mut drops);
        self.record(drops, now)
    }

    /// Does what is due: ends old leases, and fences whose deadline has passed.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<Reach> {
        while let Some(lease) = self.leases.first_entry()
            && lease.get().ends <= now
        {
            lease.remove();
        }
        self.rows.expire(now);
        let mut drops = Vec::new();
        self.fences.expire(now, &mut drops);
        self.record(drops, now)
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

    fn check_rows(
        &self,
        row: Option<&RowId>,
        dependents: &Dependents,
        since: Since,
    ) -> Result<(), Moved> {
        if !dependents.has_read {
            return Ok(());
        }
        let mut rows = dependents.rows.iter();
        let has_moved = match since {
            // What came to a row since has left its pages to the fence of that row.
            Since::Reading(tick) => rows.any(|row| self.rows.written_since(tick, row)),
            Since::Snapshot(tick) => {
                let tick = tick.unwrap_or(0);
                rows.chain(row).any(|row| {
                    self.rows.written_since(tick, row) || self.rows.related_since(tick, row)
                })
            }
        };
        if has_moved { Err(Moved) } else { Ok(()) }
    }

    fn record(&mut self, mut reaches: Vec<Reach>, now: Instant) -> Vec<Reach> {
        let mut seen = std::collections::HashSet::with_capacity(reaches.len());
        reaches.retain(|reach| seen.insert(reach.clone()));
        for reach in &reaches {
            self.tick += 1;
            if !reach.is_of_pages() {
                self.rows.record(reach, self.tick, now);
            } else if !self.leases.is_empty() {
                // Who takes a lease later renders what comes of it.
                self.invalidations.record(reach, self.tick);
            }
        }
        self.forget();
        reaches
    }

    fn forget(&mut self) {
        let oldest = self.leases.first_key_value().map(|(_, lease)| lease.tick);
        self.invalidations.forget_until(oldest);
    }
}

#[cfg(feature = "observe")]
mod observed;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
