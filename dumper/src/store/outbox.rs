//! What the store is still to be told of writes.
//!
//! Whatever the ledger drops is put here, under the lock of the process. One thread
//! takes all that is there and tells the store, in one order, until it is answered:
//! of each reach *that* it is dropped, and whether a fence stands on it *now*. So
//! nothing has to come in the order in which it happened, and to tell it twice does
//! no harm.
//!
//! Until it is told, this process serves and stores nothing of it.

mod delivery;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::mem;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::FutureExt;
use log::{debug, error, info};
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout_at};

pub(crate) use self::delivery::Delivery;
use self::delivery::Progress;
use super::{Change, Changes, Entity, ErasedStore, Fence, Moves, Reached, Unavailable};
use crate::ledger::Standing;
use crate::process::Process;
use crate::reach::{EntityTag, Filing, Reach};

/// How many reaches are kept apart; more become one of everything.
const KEPT: usize = 65_536;

/// How many changes the store is told at a time.
const AT_A_TIME: usize = 4_096;

/// How soon it is tried again, and how soon at the latest.
const AGAIN: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(250));

/// What the store is still to be told.
pub(crate) struct Outbox {
    store: Arc<dyn ErasedStore>,
    process: Arc<Process>,
    writer: u128,
    time_to_live: Duration,
    is_strict: bool,
    /// Whether nothing is held back, so that a hit need not ask.
    is_empty: AtomicBool,
    state: Mutex<State>,
    wake: Arc<Notify>,
    progress: watch::Sender<Progress>,
}

#[derive(Default)]
struct State {
    waiting: HashSet<Reach>,
    /// How many the store is being told.
    being_told: usize,
    /// If writes have ended that may have moved rows: what was written, with how often
    /// others were found to have moved rows before; `None` if nobody knows, or if that
    /// is not the same for all of them.
    moved: Option<HashMap<EntityTag, Option<u64>>>,
    /// What is waiting, and what is being told.
    held_back: Standing,
    tags_held_back: usize,
    pushed: u64,
    /// The fences that the store may know of, and when they are to be renewed.
    fences: HashMap<Reach, Instant>,
    /// How far the writes had come that move rows, when we heard last.
    moves: Option<Bytes>,
}

/// The end of writes that may have moved rows.
#[derive(Debug)]
pub(crate) struct Moved {
    /// How often others were found to have moved rows before anything was read for
    /// the writes; `None` if nobody knows.
    pub(crate) since: Option<u64>,
    /// What was written, and what it depends on.
    pub(crate) entities: HashSet<EntityTag>,
}

impl Outbox {
    /// Makes an outbox, and the thread that empties it.
    ///
    /// # Panics
    ///
    /// If there is no thread to be had.
    pub(crate) fn start(
        store: Arc<dyn ErasedStore>,
        process: Arc<Process>,
        time_to_live: Duration,
        is_strict: bool,
    ) -> Arc<Self> {
        let outbox = Arc::new(Self::new(store, process, time_to_live, is_strict));
        let (ours, wake) = (Arc::downgrade(&outbox), Arc::clone(&outbox.wake));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime without a driver of its own asks nothing of the system");
        thread::Builder::new()
            .name("dumper-outbox".to_owned())
            .spawn(move || runtime.block_on(empty(ours, wake)))
            .expect("a process that has no thread left cannot share its pages");
        outbox
    }

    fn new(
        store: Arc<dyn ErasedStore>,
        process: Arc<Process>,
        time_to_live: Duration,
        is_strict: bool,
    ) -> Self {
        Self {
            store,
            process,
            writer: writer(),
            time_to_live,
            is_strict,
            is_empty: AtomicBool::new(true),
            state: Mutex::default(),
            wake: Arc::new(Notify::new()),
            progress: watch::Sender::default(),
        }
    }

    /// Puts in what has been dropped. To be called under the lock of the process.
    pub(crate) fn push(self: &Arc<Self>, drops: &[Reach], moved: Option<&Moved>) -> Delivery {
        let mut state = self.state();
        for reach in drops.iter().filter(|reach| reach.is_of_pages()) {
            state.add(reach);
        }
        if let Some(Moved { since, entities }) = moved {
            state.add_moved(entities.iter().map(|entity| (entity.clone(), *since)));
        }
        state.pushed += 1;
        let number = state.pushed;
        self.is_empty.store(false, Ordering::Release);
        drop(state);
        self.wake.notify_one();
        Delivery {
            outbox: Arc::clone(self),
            number,
        }
    }

    /// Whether the store is still to be told of something that reaches a page, or
    /// may reach it.
    pub(crate) fn holds_back(&self, filing: impl FnOnce() -> Filing) -> bool {
        if self.is_empty.load(Ordering::Acquire) {
            return false;
        }
        let filing = filing();
        let state = self.state();
        // Which tags a page has is told by the page.
        state.tags_held_back > 0 || state.held_back.on(&filing)
    }

    /// How many invalidations the store has not been told of.
    pub(crate) fn undelivered(&self) -> usize {
        let state = self.state();
        state.waiting.len() + state.being_told
    }

    /// Waits until the store has been told of everything up to now.
    pub(crate) async fn delivered(&self) {
        let pushed = self.state().pushed;
        let mut progress = self.progress.subscribe();
        // The sender is our own.
        let _ = progress.wait_for(|it| it.delivered >= pushed).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the store everything that is there.
    async fn tell(&self) -> Result<(), Unavailable> {
        let (batch, moved, upto) = {
            let mut state = self.state();
            let batch: Vec<Reach> = state.waiting.drain().collect();
            state.being_told = batch.len();
            (batch, mem::take(&mut state.moved), state.pushed)
        };
        // The moves first: whoever finds a fence lifted is to find that rows were moved.
        let mut told = self.apply(&batch, moved.is_some()).await;
        if told.is_ok() {
            told = self.tell_of_fences(&batch).await;
        }
        if let (Ok(()), Some(moved)) = (&told, &moved) {
            told = self.tell_of_overlaps(moved).await;
        }
        let mut state = self.state();
        if told.is_err() {
            // What has come meanwhile is there already.
            for reach in &batch {
                state.add(reach);
            }
            if let Some(moved) = moved {
                state.add_moved(moved);
            }
        }
        for reach in &batch {
            state.subtract(reach);
        }
        state.being_told = 0;
        let is_empty = state.waiting.is_empty();
        self.is_empty.store(is_empty, Ordering::Release);
        drop(state);
        self.report(upto, &told);
        told
    }

    /// Tells of all fences if everything is dropped: that stands for what was not
    /// put in beside it, though fences may have been raised or lifted there.
    async fn tell_of_fences(&self, batch: &[Reach]) -> Result<(), Unavailable> {
        if !batch.contains(&Reach::All) {
            return Ok(());
        }
        let mut fences: HashSet<Reach> = self.process.standing().into_iter().collect();
        fences.retain(Reach::is_of_pages);
        fences.extend(self.state().fences.keys().cloned());
        let fences: Vec<Reach> = fences.into_iter().collect();
        self.apply(&fences, false).await
    }

    /// Drops whole entities where others have moved rows while ours were written:
    /// who moved which row to which page first, nobody knows.
    async fn tell_of_overlaps(
        &self,
        moved: &HashMap<EntityTag, Option<u64>>,
    ) -> Result<(), Unavailable> {
        let now = self.process.moved_by_others();
        let overlaps = moved.iter().filter(|(_, since)| **since != Some(now));
        let reaches: Vec<Reach> = overlaps.map(|(entity, _)| entity.reach()).collect();
        for reach in &reaches {
            debug!(target: "dumper::invalidation", "invalidated {reach}: rows were moved by another process meanwhile");
        }
        self.apply(&reaches, false).await
    }

    async fn apply(&self, reaches: &[Reach], moved: bool) -> Result<(), Unavailable> {
        let (first, others) = reaches.split_at(reaches.len().min(AT_A_TIME));
        if moved || !first.is_empty() {
            self.apply_chunk(first, moved, false).await?;
        }
        for chunk in others.chunks(AT_A_TIME) {
            self.apply_chunk(chunk, false, false).await?;
        }
        Ok(())
    }

    async fn apply_chunk(
        &self,
        reaches: &[Reach],
        moved: bool,
        renew: bool,
    ) -> Result<(), Unavailable> {
        let stand = self.process.stand(reaches);
        let changes: Vec<Change<'_>> = {
            let mut state = self.state();
            let fences = reaches.iter().zip(stand);
            let changes = fences.filter_map(|(reach, stands)| {
                // Noted before, since it may be done even if we do not hear of it.
                let known = if stands {
                    let renewal = Instant::now() + self.renewal();
                    state.fences.insert(reach.clone(), renewal).is_some()
                } else {
                    state.fences.contains_key(reach)
                };
                let fence = match (stands, known) {
                    (true, _) => Fence::Stands,
                    (false, true) => Fence::Lifted,
                    (false, false) => Fence::None,
                };
                reached(reach).map(|reached| Change { reached, fence })
            });
            changes.collect()
        };
        let changes = Changes {
            writer: self.writer,
            changes: &changes,
            time_to_live: self.time_to_live,
            moved,
            renew,
        };
        // A panic must not end the thread: every write waits for it.
        let applied = AssertUnwindSafe(async { self.store.apply(&changes).await });
        let applied = applied.catch_unwind().await;
        let Moves { found, left } =
            applied.unwrap_or_else(|_| Err(Unavailable::new("it panicked")))?;
        let mut state = self.state();
        if state.moves.replace(left) != Some(found) {
            self.process.others_moved();
        }
        for (reach, change) in reaches.iter().zip(changes.changes) {
            if change.fence == Fence::Lifted {
                state.fences.remove(reach);
            }
        }
        Ok(())
    }

    /// Renews the fences that are due, and lifts those that were forgotten.
    async fn renew(&self) -> Result<(), Unavailable> {
        let now = Instant::now();
        let due: Vec<Reach> = {
            let state = self.state();
            let due = state.fences.iter().filter(|(_, renewal)| **renewal <= now);
            due.map(|(reach, _)| reach.clone()).collect()
        };
        for chunk in due.chunks(AT_A_TIME) {
            self.apply_chunk(chunk, false, true).await?;
        }
        Ok(())
    }

    async fn tell_and_renew(&self) -> Result<(), Unavailable> {
        // Perhaps nobody asks for a page here, who would see what is due.
        self.process.expire();
        let delivered = self.progress.borrow().delivered;
        if self.state().pushed > delivered {
            self.tell().await?;
        }
        self.renew().await
    }

    fn renewal(&self) -> Duration {
        (self.time_to_live / 3).max(AGAIN.0)
    }

    fn next_renewal(&self) -> Option<Instant> {
        self.state().fences.values().min().copied()
    }

    fn report(&self, upto: u64, told: &Result<(), Unavailable>) {
        let mut has_changed = false;
        self.progress.send_modify(|progress| match told {
            Ok(()) => {
                progress.delivered = upto;
                has_changed = progress.failed.take().is_some();
            }
            Err(err) => {
                let since = progress.failed.as_ref().map(|(_, _, since)| *since);
                has_changed = since.is_none();
                let since = since.unwrap_or_else(Instant::now);
                progress.failed = Some((upto, err.clone(), since));
            }
        });
        // A logger may be slow, or use a cache itself.
        match told {
            _ if !has_changed => {}
            Ok(()) => info!(target: "dumper::store", "all invalidations are delivered again"),
            Err(err) => error!(
                target: "dumper::store",
                "invalidations are not delivered: {err}; their pages are not served here until \
                 they are"
            ),
        }
    }
}

impl State {
    fn add(&mut self, reach: &Reach) {
        if self.waiting.contains(&Reach::All) || self.waiting.contains(reach) {
            return;
        }
        if self.waiting.len() >= KEPT {
            for reach in mem::take(&mut self.waiting) {
                self.subtract(&reach);
            }
            return self.add(&Reach::All);
        }
        self.waiting.insert(reach.clone());
        self.held_back.add(reach.clone());
        self.tags_held_back += usize::from(matches!(reach, Reach::Tag(_)));
    }

    fn add_moved(&mut self, ends: impl IntoIterator<Item = (EntityTag, Option<u64>)>) {
        let moved = self.moved.get_or_insert_default();
        for (entity, since) in ends {
            let known = moved.entry(entity).or_insert(since);
            if *known != since {
                *known = None;
            }
        }
    }

    fn subtract(&mut self, reach: &Reach) {
        self.held_back.subtract(reach);
        self.tags_held_back -= usize::from(matches!(reach, Reach::Tag(_)));
    }
}

/// Empties an outbox for as long as anybody has it.
async fn empty(outbox: Weak<Outbox>, wake: Arc<Notify>) {
    if let Some(outbox) = outbox.upgrade() {
        // To hear of what others have moved before anything is written here.
        let _ = outbox.apply_chunk(&[], false, false).await;
    }
    let mut renewal = None;
    let mut again = AGAIN.0;
    loop {
        match renewal {
            Some(renewal) => {
                let _ = timeout_at(Instant::into(renewal), wake.notified()).await;
            }
            None => wake.notified().await,
        }
        let Some(outbox) = outbox.upgrade() else {
            return;
        };
        if outbox.tell_and_renew().await.is_ok() {
            again = AGAIN.0;
        } else {
            sleep(again).await;
            again = (again * 2).min(AGAIN.1);
            // What is there has woken us already.
            wake.notify_one();
        }
        renewal = outbox.next_renewal();
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("store", &self.store)
            .field("undelivered", &self.undelivered())
            .finish_non_exhaustive()
    }
}

fn reached(reach: &Reach) -> Option<Reached<'_>> {
    match reach {
        Reach::Path(path) => Some(Reached::Path(path)),
        Reach::Kin(kin) => Some(Reached::Kin(kin)),
        Reach::Tag(tag) => Some(Reached::Tag(tag)),
        Reach::Entity(entity) => Some(Reached::Entity(Entity(entity))),
        Reach::All => Some(Reached::All),
        Reach::Row(_) | Reach::Related(_) | Reach::Rows => None,
    }
}

/// A number that no other process has: 128 bits, from the keys that the system gives
/// to hash maps.
fn writer() -> u128 {
    use std::hash::{BuildHasher, RandomState};

    let half = || u128::from(RandomState::new().hash_one(Instant::now()));
    half() << 64 | half()
}

#[cfg(test)]
mod tests;
