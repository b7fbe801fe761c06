//! The one ledger of the process, and the caches that follow it.
//!
//! Everything that decides whether a page is true happens under one lock: a
//! fill checks its lease and inserts the page, an invalidation is recorded and
//! its pages are removed, and neither can come between the two steps of the
//! other. The lock is held for microseconds and never across an await. A hit
//! does not take it.

use std::convert::Infallible;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use log::debug;

use crate::cache::Memory;
use crate::ledger::{Dependents, LeaseId, Ledger, Moved, Owner, Refusal, Written};
use crate::reach::{EntityTag, Filing, Reach, RowId};

/// How long a fence stands whose write may still be on its way, if no cache
/// asks for more.
pub(crate) const FENCE_DEADLINE: Duration = Duration::from_secs(10);

static PROCESS: LazyLock<Process> = LazyLock::new(|| Process {
    started: Instant::now(),
    next_deadline: AtomicU64::new(u64::MAX),
    state: Mutex::new(State {
        ledger: Ledger::new(FENCE_DEADLINE),
        caches: Vec::new(),
    }),
});

struct Process {
    started: Instant,
    /// The ledger's next deadline, in milliseconds since the start, so that a
    /// hit need not ask the ledger.
    next_deadline: AtomicU64,
    state: Mutex<State>,
}

struct State {
    ledger: Ledger,
    caches: Vec<Weak<Memory>>,
}

/// What brought an invalidation about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cause<'a> {
    /// A write to a row, told by a hook.
    Row {
        entity: &'a str,
        key: &'a str,
        write: &'a str,
    },
    /// The end of a scope with writes in it.
    ScopeEnd,
    /// The deadline of a write whose end nobody saw.
    Deadline,
    /// A call of the API.
    Call,
}

impl fmt::Display for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row { entity, key, write } => write!(f, "instance #{key} of {entity}, {write}"),
            Self::ScopeEnd => f.write_str("the scope of the writes has ended"),
            Self::Deadline => f.write_str("the deadline of a write whose end was not seen"),
            Self::Call => f.write_str("called for, by hand or by an unsafe request to it"),
        }
    }
}

/// Lets a cache follow the ledger. Fences that stand, stand for it too.
pub(crate) fn follow(memory: &Arc<Memory>) {
    let mut state = PROCESS.lock();
    state.caches.retain(|cache| cache.strong_count() > 0);
    state.caches.push(Arc::downgrade(memory));
    let longest = state.caches().map(|cache| cache.fence_deadline()).max();
    state.ledger.set_deadline(longest.unwrap_or(FENCE_DEADLINE));
}

/// Drops pages from every cache of the process.
pub(crate) fn invalidate(reaches: Vec<Reach>, cause: Cause<'_>) {
    PROCESS.write(cause, |ledger, _| ledger.invalidate(reaches));
}

/// Drops pages from one cache. Leases are void in all of them.
pub(crate) fn invalidate_in(memory: &Memory, reaches: Vec<Reach>, cause: Cause<'_>) {
    let mut state = PROCESS.expired();
    let drops = state.ledger.invalidate(reaches);
    for reach in &drops {
        memory.remove(reach);
    }
    drop(state);
    log(&drops, cause);
}

pub(crate) fn raise(
    owner: Owner,
    entity: &EntityTag,
    key: Option<&str>,
    reaches: Vec<Reach>,
    cause: Cause<'_>,
) {
    PROCESS.write(cause, |ledger, now| {
        ledger.raise(owner, entity, key, reaches, now)
    });
}

/// Begins to watch for writes to the rows that are read from now on.
pub(crate) fn watch() -> Watch {
    Watch(PROCESS.expired().ledger.watch(Instant::now()))
}

/// A span in which rows are read.
#[derive(Debug)]
pub(crate) struct Watch(LeaseId);

impl Drop for Watch {
    fn drop(&mut self) {
        close(self.0);
    }
}

pub(crate) fn reach_further(
    owner: Owner,
    row: &RowId,
    dependents: Dependents,
    watch: &Watch,
    cause: Cause<'_>,
) -> Result<(), Moved> {
    PROCESS.try_write(cause, |ledger, _| {
        ledger.reach_further(owner, row, dependents, watch.0)
    })
}

pub(crate) fn holds_many(owner: Owner, entity: &EntityTag) -> bool {
    PROCESS.lock().ledger.holds_many(owner, entity)
}

pub(crate) fn settle(
    owner: Owner,
    written: &Written,
    dependents: Dependents,
    watch: &Watch,
    cause: Cause<'_>,
) -> Result<(), Moved> {
    PROCESS.try_write(cause, |ledger, now| {
        ledger.settle(owner, written, dependents, watch.0, now)
    })
}

pub(crate) fn end(owner: Owner, well: bool) {
    PROCESS.write(Cause::ScopeEnd, |ledger, now| ledger.end(owner, well, now));
}

pub(crate) fn lease(filing: &Filing) -> Result<LeaseId, Refusal> {
    PROCESS.expired().ledger.lease(filing, Instant::now())
}

pub(crate) fn check(lease: LeaseId, filing: &Filing) -> Result<(), Refusal> {
    PROCESS.expired().ledger.check(lease, filing)
}

pub(crate) fn close(lease: LeaseId) {
    PROCESS.lock().ledger.close(lease);
}

/// Stores a page if its lease still allows.
pub(crate) fn fill(lease: LeaseId, filing: &Filing, insert: impl FnOnce()) -> Result<(), Refusal> {
    let state = PROCESS.expired();
    state.ledger.check(lease, filing)?;
    insert();
    Ok(())
}

/// Applies the deadlines that have passed. To be called before a page is looked
/// up; costs one load while no fence has a deadline.
pub(crate) fn expire() {
    let next = PROCESS.next_deadline.load(Ordering::Acquire);
    if next != u64::MAX && PROCESS.millis(Instant::now()) >= next {
        drop(PROCESS.expired());
    }
}

impl Process {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the state with all deadlines applied.
    fn expired(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        let drops = state.ledger.expire(Instant::now());
        if drops.is_empty() {
            return state;
        }
        state.remove(&drops);
        self.note_deadline(&state);
        drop(state);
        log(&drops, Cause::Deadline);
        self.lock()
    }

    fn write(&self, cause: Cause<'_>, operation: impl FnOnce(&mut Ledger, Instant) -> Vec<Reach>) {
        let written: Result<(), Infallible> =
            self.try_write(cause, |ledger, now| Ok(operation(ledger, now)));
        let Ok(()) = written;
    }

    fn try_write<E>(
        &self,
        cause: Cause<'_>,
        operation: impl FnOnce(&mut Ledger, Instant) -> Result<Vec<Reach>, E>,
    ) -> Result<(), E> {
        let mut state = self.expired();
        let drops = operation(&mut state.ledger, Instant::now())?;
        state.remove(&drops);
        self.note_deadline(&state);
        // A logger may be slow, or use a cache itself.
        drop(state);
        log(&drops, cause);
        Ok(())
    }

    fn note_deadline(&self, state: &State) {
        let next = state.ledger.next_deadline();
        let next = next.map_or(u64::MAX, |deadline| self.millis(deadline));
        self.next_deadline.store(next, Ordering::Release);
    }

    fn millis(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.started);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

impl State {
    fn caches(&self) -> impl Iterator<Item = Arc<Memory>> {
        self.caches.iter().filter_map(Weak::upgrade)
    }

    fn remove(&self, reaches: &[Reach]) {
        if reaches.is_empty() {
            return;
        }
        for cache in self.caches() {
            for reach in reaches {
                cache.remove(reach);
            }
        }
    }
}

fn log(drops: &[Reach], cause: Cause<'_>) {
    let pages = drops.iter().filter(|reach| !matches!(reach, Reach::Row(_)));
    for reach in pages {
        debug!(target: "dumper::invalidation", "invalidated {reach}: {cause}");
    }
}
