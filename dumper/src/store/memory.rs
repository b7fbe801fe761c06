//! A store within a process.

mod fences;
mod renders;

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use self::fences::Fences;
use self::renders::Renders;
use super::{
    Change, Changes, Fence, Leased, Moves, Reached, Rendered, Stamp, Store, Stored, Unavailable,
};
use crate::cache::{Memory, Sought};
use crate::ledger::{LeaseId, Ledger, Refusal};
use crate::reach::{Filing, Reach};
use crate::sync::{Mutex, MutexGuard};
use crate::{Key, NotStored, RequestHeaders};

/// Longer than any fence stands, and short enough to be added to any moment.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// A [`Store`] in the memory of a process, for several caches of it that are to
/// share their pages without a server.
///
/// Cloning is shallow: the clones are handles of one store.
///
/// # Examples
///
/// ```
/// use dumper::Key;
/// use dumper::store::{MemoryStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), dumper::store::Unavailable> {
/// let store = MemoryStore::new(64 << 20);
/// let key = Key::new("https", "parlour.example", "/flavors/", None).unwrap();
/// assert!(store.clone().look_up(&key, &|_| None).await?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryStore(Arc<Mutex<State>>);

/// Everything is done under one lock, so that nothing comes between the check of a
/// lease and the insertion of its page.
struct State {
    memory: Memory,
    ledger: Ledger,
    fences: Fences,
    renders: Renders,
    moves: u64,
}

impl MemoryStore {
    /// Makes an empty store, whose pages may take so many bytes all together.
    ///
    /// When they are reached, the pages asked for least go first.
    #[must_use]
    pub fn new(max_bytes: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            memory: Memory::new(max_bytes, usize::MAX, Duration::ZERO),
            ledger: Ledger::new(Duration::ZERO),
            fences: Fences::default(),
            renders: Renders::default(),
            moves: 0,
        })))
    }

    /// Locks the state, with all done that is due.
    fn state(&self, now: Instant) -> MutexGuard<'_, State> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.expire(now);
        state
    }
}

impl Store for MemoryStore {
    async fn look_up(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
    ) -> Result<Option<Stored>, Unavailable> {
        let page = self
            .state(Instant::now())
            .memory
            .select(&key.borrowed(), headers);
        Ok(page.and_then(|page| {
            let stamp = page.stamp()?.clone();
            let page = page.copy();
            Some(Stored { page, stamp })
        }))
    }

    async fn is_current(&self, key: &Key, stamp: &Stamp) -> Result<bool, Unavailable> {
        let state = self.state(Instant::now());
        let is_lease = lease_of(stamp)
            .is_some_and(|lease| state.ledger.check(lease, &Filing::at(key.path())).is_ok());
        Ok(is_lease || state.memory.has(key, |page| page.stamp() == Some(stamp)))
    }

    async fn lease(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
        may_wait: bool,
    ) -> Result<Leased, Unavailable> {
        let now = Instant::now();
        Ok(self.state(now).lease(key, headers, may_wait, now))
    }

    async fn fill(&self, rendered: Rendered<'_>) -> Result<Stamp, NotStored> {
        self.state(Instant::now()).fill(rendered)
    }

    fn release(&self, _key: &Key, stamp: &Stamp) {
        if let Some(lease) = lease_of(stamp) {
            self.state(Instant::now()).renders.end(lease);
        }
    }

    async fn apply(&self, changes: &Changes<'_>) -> Result<Moves, Unavailable> {
        let now = Instant::now();
        Ok(self.state(now).apply(changes, now))
    }
}

impl State {
    fn lease(
        &mut self,
        key: &Key,
        headers: &RequestHeaders<'_>,
        may_wait: bool,
        now: Instant,
    ) -> Leased {
        let filing = Filing::at(key.path());
        if self.fences.stand_on(&filing) {
            return Leased::Fenced;
        }
        let sought = Sought::new(key, self.memory.selecting(key), headers);
        if may_wait
            && let Some((lease, time)) = self.renders.of(&sought, now)
            && self.ledger.check(lease, &filing).is_ok()
        {
            return Leased::Awaited(time);
        }
        match self.ledger.lease(&filing, now) {
            Ok(lease) => {
                if may_wait {
                    self.renders.begin(sought, lease, now);
                }
                Leased::Granted(stamp(lease))
            }
            Err(_) => Leased::Fenced,
        }
    }

    fn fill(&mut self, rendered: Rendered<'_>) -> Result<Stamp, NotStored> {
        let Rendered {
            key, page, filing, ..
        } = rendered;
        let lease = lease_of(rendered.stamp).ok_or(NotStored::Invalidated)?;
        let checked = self.check(lease, filing);
        self.close(lease);
        checked?;
        let page = page.copy().stamped(rendered.stamp.clone());
        let page = self.memory.place(key, page, filing);
        if !self.memory.has_room_for(&page) {
            return Err(NotStored::TooLarge);
        }
        drop(self.memory.insert_among(&page, rendered.max_variants));
        Ok(rendered.stamp.clone())
    }

    fn check(&self, lease: LeaseId, filing: &Filing) -> Result<(), Refusal> {
        self.ledger.check(lease, filing)?;
        if self.fences.stand_on(filing) {
            return Err(Refusal::Fenced);
        }
        Ok(())
    }

    fn close(&mut self, lease: LeaseId) {
        self.ledger.close(lease);
        self.renders.end(lease);
    }

    fn apply(&mut self, changes: &Changes<'_>, now: Instant) -> Moves {
        for Change { reached, fence } in changes.changes {
            let reach = reach(reached);
            match fence {
                Fence::None => {}
                Fence::Stands => {
                    let end = now + changes.time_to_live.min(LONGEST);
                    self.fences.raise(changes.writer, reach.clone(), end);
                }
                Fence::Lifted => self.fences.lift(changes.writer, &reach),
            }
            if !changes.renew || *fence == Fence::Lifted {
                self.invalidate(vec![reach], now);
            }
        }
        let found = mark(self.moves);
        self.moves += u64::from(changes.moved);
        let left = mark(self.moves);
        Moves { found, left }
    }

    fn invalidate(&mut self, reaches: Vec<Reach>, now: Instant) {
        let reaches = self.ledger.invalidate(reaches, now);
        drop(self.memory.remove(&reaches));
    }

    fn expire(&mut self, now: Instant) {
        self.ledger.expire(now);
        // A page that turns out to have a tag may have been leased under its fence.
        let ended = self.fences.expire(now);
        self.invalidate(ended, now);
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

fn stamp(lease: LeaseId) -> Stamp {
    Stamp::new(lease.to_be_bytes().to_vec())
}

fn lease_of(stamp: &Stamp) -> Option<LeaseId> {
    let bytes = stamp.as_bytes().as_ref().try_into();
    bytes.ok().map(LeaseId::from_be_bytes)
}

fn mark(moves: u64) -> bytes::Bytes {
    moves.to_be_bytes().to_vec().into()
}

fn reach(reached: &Reached<'_>) -> Reach {
    match reached {
        Reached::Path(path) => Reach::Path((*path).clone()),
        Reached::Kin(kin) => Reach::Kin((*kin).clone()),
        Reached::Tag(tag) => Reach::Tag((*tag).into()),
        Reached::Entity(entity) => entity.0.reach(),
        Reached::All => Reach::All,
    }
}
