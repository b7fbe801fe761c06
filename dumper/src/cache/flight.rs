//! One render at a time for a page: the others wait for it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ahash::RandomState;
use tokio::sync::watch;

use super::key::Key;
use super::page::RequestHeaders;
use crate::ledger::{LeaseId, Refusal};
use crate::process::Process;
use crate::reach::Filing;
use crate::sync::{AtomicUsize, Mutex, MutexGuard, Ordering};

/// How long nobody waits for a page that turned out not to be cacheable.
const UNCACHEABLE: Duration = Duration::from_secs(2);

/// How many such pages are remembered.
const MARKS: usize = 4_096;

/// The renders under way.
pub(super) struct Flights {
    process: Arc<Process>,
    under_way: Mutex<Renders>,
    waiting: AtomicUsize,
    max_waiting: usize,
    /// By hash: to mistake a page for another costs a wait, no more.
    uncacheable: Mutex<HashMap<u64, Instant>>,
    hasher: RandomState,
}

type Renders = HashMap<Arc<Sought>, Arc<Flight>, RandomState>;

/// The page that a request seeks: its key, and the request headers that select
/// one among the pages of this key, as far as those in the cache tell.
///
/// Requests that seek the same may wait for one render.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Sought {
    key: Key,
    selecting: Vec<(String, Option<Vec<u8>>)>,
}

impl Sought {
    pub(crate) fn new(key: &Key, selecting: Vec<String>, headers: &RequestHeaders<'_>) -> Self {
        let selecting = selecting.into_iter().map(|name| {
            let value = headers(&name).map(Cow::into_owned);
            (name, value)
        });
        Self {
            key: key.clone(),
            selecting: selecting.collect(),
        }
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// Whether more headers select the page than were known.
    pub(super) fn is_closer_than(&self, earlier: &Self) -> bool {
        self.selecting.len() > earlier.selecting.len()
    }
}

/// A render under way.
#[derive(Debug)]
struct Flight {
    lease: LeaseId,
    filing: Filing,
    /// Tells those who wait how it ended, if anybody does. Nobody begins to who does not
    /// find it among those under way.
    outcome: OnceLock<watch::Sender<Outcome>>,
}

/// How a render ended for those who wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Outcome {
    #[default]
    Rendering,
    Stored,
    NotStored,
    /// The render was cancelled, or it panicked: somebody else is to try.
    Vanished,
}

/// What a request that found no page is to do.
pub(super) enum Turn {
    /// Render, and let the others know.
    Lead(LeaseId, Filing, Leading),
    /// Wait for the render under way.
    Wait(Waiting),
    /// Render, without anybody waiting for it.
    Alone,
}

impl Flights {
    pub(super) fn new(process: Arc<Process>, max_waiting: usize) -> Self {
        Self {
            process,
            under_way: Mutex::default(),
            waiting: AtomicUsize::new(0),
            max_waiting,
            uncacheable: Mutex::default(),
            hasher: RandomState::new(),
        }
    }

    pub(super) fn join(self: &Arc<Self>, sought: &Arc<Sought>) -> Result<Turn, Refusal> {
        // What is due is logged here rather than with the renders locked.
        self.process.expire();
        if self.is_uncacheable(&sought.key) {
            return Ok(Turn::Alone);
        }
        let mut under_way = self.under_way();
        let mut entry = match under_way.entry(Arc::clone(sought)) {
            Entry::Occupied(entry) => entry,
            Entry::Vacant(entry) => {
                let (flight, turn) = self.lead(sought)?;
                entry.insert(flight);
                return Ok(turn);
            }
        };
        // What a void lease renders is not for a request that starts now.
        let flight = entry.get();
        if self.process.check(flight.lease, &flight.filing).is_err() {
            let (flight, turn) = self.lead(sought)?;
            entry.insert(flight);
            return Ok(turn);
        }
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.max_waiting {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Ok(Turn::Alone);
        }
        let outcome = flight.outcome.get_or_init(watch::Sender::default);
        Ok(Turn::Wait(Waiting {
            flights: Arc::clone(self),
            outcome: outcome.subscribe(),
        }))
    }

    fn lead(self: &Arc<Self>, sought: &Arc<Sought>) -> Result<(Arc<Flight>, Turn), Refusal> {
        let filing = Filing::at(sought.key.path());
        let lease = self.process.lease(&filing)?;
        let flight = Arc::new(Flight {
            lease,
            filing: filing.clone(),
            outcome: OnceLock::new(),
        });
        let leading = Leading {
            flights: Arc::clone(self),
            sought: Arc::clone(sought),
            flight: Arc::clone(&flight),
        };
        Ok((flight, Turn::Lead(lease, filing, leading)))
    }

    fn under_way(&self) -> MutexGuard<'_, Renders> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets nobody wait for this page for a short while.
    pub(super) fn mark_uncacheable(&self, key: &Key) {
        let now = Instant::now();
        let mut marks = self
            .uncacheable
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if marks.len() >= MARKS {
            marks.retain(|_, until| now < *until);
        }
        if marks.len() < MARKS {
            marks.insert(self.hasher.hash_one(key), now + UNCACHEABLE);
        }
    }

    fn is_uncacheable(&self, key: &Key) -> bool {
        let mut marks = self
            .uncacheable
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mark = self.hasher.hash_one(key);
        match marks.get(&mark) {
            Some(until) if Instant::now() < *until => true,
            Some(_) => marks.remove(&mark).is_none(),
            None => false,
        }
    }
}

impl fmt::Debug for Flights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights")
            .field("renders", &self.under_way().len())
            .finish_non_exhaustive()
    }
}

/// The guard of a render for which others may wait. Dropped, it lets one of them
/// try.
#[derive(Debug)]
pub(super) struct Leading {
    flights: Arc<Flights>,
    sought: Arc<Sought>,
    flight: Arc<Flight>,
}

impl Leading {
    pub(super) fn end(self, outcome: Outcome) {
        self.leave();
        if let Some(sender) = self.flight.outcome.get() {
            sender.send_replace(outcome);
        }
    }

    /// Takes the render from those under way, unless another has taken its place.
    fn leave(&self) {
        let mut under_way = self.flights.under_way();
        let flight = under_way.get(&self.sought);
        if flight.is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
            under_way.remove(&self.sought);
        }
    }
}

impl Drop for Leading {
    fn drop(&mut self) {
        self.leave();
    }
}

/// A request that waits for a render.
pub(super) struct Waiting {
    flights: Arc<Flights>,
    outcome: watch::Receiver<Outcome>,
}

impl Waiting {
    /// Waits for the end of the render, or until `give_up`.
    pub(super) async fn outcome(mut self, give_up: Instant) -> Outcome {
        let ended = self
            .outcome
            .wait_for(|outcome| *outcome != Outcome::Rendering);
        match tokio::time::timeout_at(give_up.into(), ended).await {
            Ok(Ok(outcome)) => *outcome,
            Ok(Err(_)) => Outcome::Vanished,
            Err(_) => Outcome::NotStored,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.flights.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
