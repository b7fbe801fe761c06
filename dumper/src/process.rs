//! The one ledger of the process, and the caches that follow it.
//!
//! Everything that decides whether a page is true happens under one lock: a
//! fill checks its lease and inserts the page, an invalidation is recorded and
//! its pages are removed, and neither can come between the two steps of the
//! other. The lock is never held across an await, and for microseconds unless very
//! many pages are dropped. A hit does not take it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, LazyLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use log::debug;

use crate::cache::{Dropped, Memory};
use crate::ledger::{
    Dependents, LeaseId, Ledger, Moved, Owner, Raised, Refusal, Since, Tick, Written,
};
#[cfg(feature = "observe")]
use crate::ledger::{Observed, Verb};
#[cfg(feature = "observe")]
use crate::observe::TableName;
use crate::reach::{EntityTag, Filing, Reach};
use crate::store::{Delivery, Moved as MovedRows, Outbox, Unavailable};
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering};

/// How long a fence stands whose write may still be on its way, if no cache
/// asks for more.
pub(crate) const FENCE_DEADLINE: Duration = Duration::from_secs(10);

static GLOBAL: LazyLock<Arc<Process>> = LazyLock::new(|| Arc::new(Process::new(Instant::now)));

/// What hooks tell, and caches follow.
pub(crate) fn global() -> &'static Arc<Process> {
    &GLOBAL
}

/// A ledger, and the caches that follow it.
pub(crate) struct Process {
    clock: fn() -> Instant,
    started: Instant,
    /// The ledger's next deadline, in milliseconds since the start, so that a
    /// hit need not ask the ledger.
    next_deadline: AtomicU64,
    /// The ledger's tick, or an earlier one.
    tick: AtomicU64,
    /// How often other processes were found to have moved rows.
    moved_by_others: AtomicU64,
    state: Mutex<State>,
}

struct State {
    ledger: Ledger,
    caches: Vec<Weak<Memory>>,
    outboxes: Vec<Weak<Outbox>>,
    /// The owners of writes that may move rows, with how often others had moved
    /// some before anything was read for them, if that is known.
    movers: HashMap<Owner, Option<u64>>,
}

/// How many owners of writes are remembered before those are looked for that have
/// ended otherwise.
const MOVERS: usize = 1_024;

/// What the shared stores of a process are being told.
#[derive(Debug, Default)]
#[must_use = "a write is done when it is delivered"]
pub(crate) struct Deliveries(Vec<Delivery>);

impl Deliveries {
    /// Waits for one attempt at raising fences.
    ///
    /// # Errors
    ///
    /// Returns why they do not stand in a store, if that is to keep a write from
    /// being made.
    pub(crate) async fn raised(self) -> Result<(), Unavailable> {
        for delivery in self.0 {
            // In a box, so that a write or a request without a store does not move it.
            Box::pin(delivery.raised()).await?;
        }
        Ok(())
    }

    /// Waits until all is delivered, though not for ever.
    pub(crate) async fn done(self) {
        for delivery in self.0 {
            Box::pin(delivery.done()).await;
        }
    }
}

/// What brings an invalidation about, as far as shared stores are concerned.
#[derive(Clone, Copy)]
enum Told {
    /// No write has ended by it.
    Change,
    /// Writes of an owner may have ended.
    End(Owner),
    /// Writes have ended that nobody saw the end of.
    Expired,
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
    /// A write that no hook told of.
    #[cfg(feature = "observe")]
    Statement {
        table: &'a TableName,
        verb: &'a str,
        how: &'a str,
    },
    /// A statement of which nobody knows what it writes.
    #[cfg(feature = "observe")]
    Unread,
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
            #[cfg(feature = "observe")]
            Self::Statement { table, verb, how } => write!(f, "{verb} {table}, {how}"),
            #[cfg(feature = "observe")]
            Self::Unread => f.write_str("a statement that may write anything"),
            Self::ScopeEnd => f.write_str("the scope of the writes has ended"),
            Self::Deadline => f.write_str("the deadline of a write whose end was not seen"),
            Self::Call => f.write_str("called for, by hand or by an unsafe request to it"),
        }
    }
}

impl Process {
    /// A process of its own, by a clock of its own.
    pub(crate) fn new(clock: fn() -> Instant) -> Self {
        Self {
            clock,
            started: clock(),
            next_deadline: AtomicU64::new(u64::MAX),
            tick: AtomicU64::new(0),
            moved_by_others: AtomicU64::new(0),
            state: Mutex::new(State {
                ledger: Ledger::new(FENCE_DEADLINE),
                caches: Vec::new(),
                outboxes: Vec::new(),
                movers: HashMap::new(),
            }),
        }
    }

    /// Lets a cache follow the ledger. Fences that stand, stand for it too.
    pub(crate) fn follow(&self, memory: &Arc<Memory>) {
        let mut state = self.lock();
        state.caches.retain(|cache| cache.strong_count() > 0);
        state.caches.push(Arc::downgrade(memory));
        let longest = state.caches().map(|cache| cache.fence_deadline()).max();
        state.ledger.set_deadline(longest.unwrap_or(FENCE_DEADLINE));
    }

    /// Lets a shared store follow it too.
    pub(crate) fn tell(&self, outbox: &Arc<Outbox>) {
        let mut state = self.lock();
        state.outboxes.retain(|outbox| outbox.strong_count() > 0);
        state.outboxes.push(Arc::downgrade(outbox));
        outbox.push(&state.ledger.standing(), None);
    }

    /// Drops pages from every cache of the process.
    pub(crate) fn invalidate(&self, reaches: Vec<Reach>, cause: Cause<'_>) -> Deliveries {
        let change = |ledger: &mut Ledger, now| ((), ledger.invalidate(reaches, now));
        self.write(Told::Change, cause, change).1
    }

    /// Drops pages from one cache. Leases are void in all of them.
    pub(crate) fn invalidate_in(
        &self,
        memory: &Memory,
        outbox: Option<&Arc<Outbox>>,
        reaches: Vec<Reach>,
        cause: Cause<'_>,
    ) -> Deliveries {
        let mut state = self.expired();
        let drops = state.ledger.invalidate(reaches, (self.clock)());
        let dropped = memory.remove(&drops);
        let delivery = outbox.map(|outbox| outbox.push(&drops, None));
        self.note(&state);
        drop(state);
        drop(dropped);
        log(&drops, cause);
        Deliveries(delivery.into_iter().collect())
    }

    /// Whether a fence stands on just each of these.
    pub(crate) fn stand(&self, reaches: &[Reach]) -> Vec<bool> {
        let state = self.lock();
        let stand = reaches.iter().map(|reach| state.ledger.stands_on(reach));
        stand.collect()
    }

    /// Everything that fences stand on.
    pub(crate) fn standing(&self) -> Vec<Reach> {
        self.lock().ledger.standing()
    }

    /// Takes note that another process has moved rows.
    pub(crate) fn others_moved(&self) {
        self.moved_by_others.fetch_add(1, Ordering::AcqRel);
    }

    /// How often others were found to have moved rows.
    pub(crate) fn moved_by_others(&self) -> u64 {
        self.moved_by_others.load(Ordering::Acquire)
    }

    /// Takes note that an owner is about to write what may move rows, by what is
    /// read after others had moved rows so often; `None` if nobody knows.
    ///
    /// Another process that moves rows meanwhile does not share its fences with
    /// ours, so whoever ends last drops more.
    pub(crate) fn moves(&self, owner: Owner, moved_by_others: Option<u64>) {
        let mut state = self.lock();
        if state.outboxes.is_empty() {
            return;
        }
        let State { movers, ledger, .. } = &mut *state;
        if movers.len() >= MOVERS {
            movers.retain(|&owner, _| ledger.has_writes(owner));
        }
        let since = movers.entry(owner).or_insert(moved_by_others);
        *since = (*since).min(moved_by_others);
    }

    pub(crate) fn raise(
        &self,
        owner: Owner,
        entity: &EntityTag,
        key: Option<&str>,
        reaches: Vec<Reach>,
        cause: Cause<'_>,
    ) -> (Raised, Deliveries) {
        self.write(Told::Change, cause, |ledger, now| {
            ledger.raise(owner, entity, key, reaches, now)
        })
    }

    /// A moment before which nothing is invalidated any more.
    pub(crate) fn tick(&self) -> Tick {
        self.tick.load(Ordering::Acquire)
    }

    pub(crate) fn reach_further(
        &self,
        owner: Owner,
        raised: &Raised,
        dependents: Dependents,
        since: Since,
        cause: Cause<'_>,
    ) -> Result<Deliveries, Moved> {
        let ((), deliveries) = self.try_write(Told::Change, cause, |ledger, now| {
            let drops = ledger.reach_further(owner, raised, dependents, since, now)?;
            Ok(((), drops))
        })?;
        Ok(deliveries)
    }

    pub(crate) fn holds_many(&self, owner: Owner, entity: &EntityTag) -> bool {
        self.lock().ledger.holds_many(owner, entity)
    }

    pub(crate) fn settle(
        &self,
        owner: Owner,
        written: &Written,
        dependents: Dependents,
        since: Since,
        cause: Cause<'_>,
    ) -> Result<Deliveries, Moved> {
        let ((), deliveries) = self.try_write(Told::End(owner), cause, |ledger, now| {
            let drops = ledger.settle(owner, written, dependents, since, now)?;
            Ok(((), drops))
        })?;
        Ok(deliveries)
    }

    /// Announces the statement that comes with a fence that was raised, so that it is
    /// not taken for one without a hook.
    #[cfg(feature = "observe")]
    pub(crate) fn announce(
        &self,
        owner: Owner,
        entity: &EntityTag,
        verb: Verb,
        key: Option<&Arc<str>>,
    ) {
        self.lock().ledger.announce(owner, entity, verb, key);
    }

    /// Whether hooks have told of a statement that was observed.
    #[cfg(feature = "observe")]
    pub(crate) fn excuse(
        &self,
        owner: Owner,
        entity: &EntityTag,
        verb: Verb,
        keys: &[Option<Arc<str>>],
    ) -> bool {
        self.lock().ledger.excuse(owner, entity, verb, keys)
    }

    /// Takes note of a write that no hook told of.
    #[cfg(feature = "observe")]
    pub(crate) fn observe(&self, owner: Owner, observed: Observed, cause: Cause<'_>) {
        // All its pages are dropped at its end, whatever others do.
        self.moves(owner, Some(self.moved_by_others()));
        let ((), deliveries) = self.write(Told::Change, cause, |ledger, now| {
            ((), ledger.observe(owner, observed, now))
        });
        drop(deliveries);
    }

    pub(crate) fn end(&self, owner: Owner, well: bool) -> Deliveries {
        let ((), deliveries) = self.write(Told::End(owner), Cause::ScopeEnd, |ledger, now| {
            ((), ledger.end(owner, well, now))
        });
        deliveries
    }

    pub(crate) fn lease(&self, filing: &Filing) -> Result<LeaseId, Refusal> {
        self.expired().ledger.lease(filing, (self.clock)())
    }

    pub(crate) fn check(&self, lease: LeaseId, filing: &Filing) -> Result<(), Refusal> {
        self.expired().ledger.check(lease, filing)
    }

    pub(crate) fn close(&self, lease: LeaseId) {
        self.lock().ledger.close(lease);
    }

    /// Stores a page if its lease still allows.
    pub(crate) fn fill(
        &self,
        lease: LeaseId,
        filing: &Filing,
        insert: impl FnOnce() -> Dropped,
    ) -> Result<Dropped, Refusal> {
        let state = self.expired();
        state.ledger.check(lease, filing)?;
        Ok(insert())
    }

    /// Changes what is known of stored pages, while none comes or goes.
    pub(crate) fn change<T>(&self, change: impl FnOnce() -> T) -> T {
        let _state = self.expired();
        change()
    }

    /// Applies the deadlines that have passed. To be called before a page is looked
    /// up; costs one load while no fence has a deadline.
    pub(crate) fn expire(&self) {
        let next = self.next_deadline.load(Ordering::Acquire);
        if next != u64::MAX && self.millis((self.clock)()) >= next {
            drop(self.expired());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the state with all deadlines applied.
    fn expired(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        let drops = state.ledger.expire((self.clock)());
        if drops.is_empty() {
            return state;
        }
        let dropped = state.remove(&drops);
        drop(state.tell(&drops, Told::Expired));
        self.note(&state);
        drop(state);
        drop(dropped);
        log(&drops, Cause::Deadline);
        self.lock()
    }

    fn write<T>(
        &self,
        told: Told,
        cause: Cause<'_>,
        operation: impl FnOnce(&mut Ledger, Instant) -> (T, Vec<Reach>),
    ) -> (T, Deliveries) {
        let written: Result<(T, Deliveries), Infallible> =
            self.try_write(told, cause, |ledger, now| Ok(operation(ledger, now)));
        let Ok(output) = written;
        output
    }

    fn try_write<T, E>(
        &self,
        told: Told,
        cause: Cause<'_>,
        operation: impl FnOnce(&mut Ledger, Instant) -> Result<(T, Vec<Reach>), E>,
    ) -> Result<(T, Deliveries), E> {
        let mut state = self.expired();
        let (output, drops) = operation(&mut state.ledger, (self.clock)())?;
        let dropped = state.remove(&drops);
        let deliveries = state.tell(&drops, told);
        self.note(&state);
        // A logger may be slow, or use a cache itself.
        drop(state);
        drop(dropped);
        log(&drops, cause);
        Ok((output, deliveries))
    }

    /// Notes what is asked for without the lock.
    fn note(&self, state: &State) {
        let next = state.ledger.next_deadline();
        let next = next.map_or(u64::MAX, |deadline| self.millis(deadline));
        self.next_deadline.store(next, Ordering::Release);
        self.tick.store(state.ledger.tick(), Ordering::Release);
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

    fn remove(&self, reaches: &[Reach]) -> Vec<Dropped> {
        if reaches.is_empty() {
            return Vec::new();
        }
        self.caches().map(|cache| cache.remove(reaches)).collect()
    }

    /// Tells the shared stores what is dropped.
    fn tell(&mut self, drops: &[Reach], told: Told) -> Deliveries {
        if self.outboxes.is_empty() || drops.is_empty() {
            return Deliveries::default();
        }
        let outboxes = self.outboxes.iter().filter_map(Weak::upgrade);
        let outboxes: Vec<Arc<Outbox>> = outboxes.collect();
        let since = match told {
            Told::Change => None,
            Told::End(owner) => self.movers.get(&owner).copied(),
            Told::Expired => Some(None),
        };
        let has_ended = drops.iter().any(|reach| !reach.is_of_pages());
        let moved = since.filter(|_| has_ended).map(|since| MovedRows {
            since,
            entities: drops.iter().filter_map(Reach::row_of).collect(),
        });
        if let Told::End(owner) = told
            && !self.ledger.has_writes(owner)
        {
            self.movers.remove(&owner);
        }
        let deliveries = outboxes.iter();
        let deliveries = deliveries.map(|outbox| outbox.push(drops, moved.as_ref()));
        Deliveries(deliveries.collect())
    }
}

fn log(drops: &[Reach], cause: Cause<'_>) {
    for reach in drops.iter().filter(|reach| reach.is_of_pages()) {
        debug!(target: "dumper::invalidation", "invalidated {reach}: {cause}");
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").finish_non_exhaustive()
    }
}
