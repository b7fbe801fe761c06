//! How a cache is made.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::flight::Flights;
use super::memory::Memory;
use super::shared::Shared;
use super::{Cache, GLOBAL};
use crate::process::{self, Process};
use crate::store::{ErasedStore, Outbox, Store};

/// Longer than anybody waits, and short enough to be added to any moment.
pub(super) const LONGEST: Duration = Duration::from_hours(24 * 365);

/// Settings of a cache; see [`Cache::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder makes nothing until `build` or `install`"]
pub struct CacheBuilder {
    max_bytes: u64,
    max_variants: usize,
    wait: Duration,
    max_waiting: usize,
    fence_deadline: Duration,
    store: Option<Arc<dyn ErasedStore>>,
    is_near: bool,
    is_strict: bool,
}

impl CacheBuilder {
    pub(super) fn new() -> Self {
        Self {
            max_bytes: 256 << 20,
            max_variants: 64,
            wait: Duration::from_secs(10),
            max_waiting: 4_096,
            fence_deadline: process::FENCE_DEADLINE,
            store: None,
            is_near: true,
            is_strict: false,
        }
    }

    /// Sets how many bytes all pages together may take. Default: 256 MiB.
    ///
    /// It counts bodies, headers and what it takes to find them again. When it
    /// is reached, the pages asked for least go first.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets how many pages a path may have: for each query, host, and value of
    /// the request headers that `Vary` names. Default: 64; at least 1.
    ///
    /// All of them together may also take half of what a shard of the cache may.
    /// Beyond that a new one replaces the one that was served least recently. The
    /// plain one, without a query and for requests without those headers, is the
    /// last to go, so that nobody can push it out by asking for others.
    pub fn max_variants(mut self, pages: usize) -> Self {
        self.max_variants = pages.max(1);
        self
    }

    /// Sets how long a request waits for another one that renders the same page,
    /// before it renders the page itself. Default: 10 seconds.
    pub fn wait(mut self, longest: Duration) -> Self {
        self.wait = longest.min(LONGEST);
        self
    }

    /// Sets how many requests may wait at the same time for others that render the
    /// same page. Default: 4096.
    ///
    /// Beyond that, requests render their pages themselves.
    pub fn max_waiting(mut self, requests: usize) -> Self {
        self.max_waiting = requests;
        self
    }

    /// Sets how long nothing is stored of what a write touches whose end was
    /// not seen, since its request was cancelled or failed. Default: 10 seconds.
    ///
    /// It should be longer than any statement or commit takes once nobody waits
    /// for it any more, a wait for a row lock included. Fences belong to the
    /// process: of several caches the longest deadline counts for all.
    pub fn fence_deadline(mut self, deadline: Duration) -> Self {
        self.fence_deadline = deadline.min(LONGEST);
        self
    }

    /// Shares the pages with other processes, by a store that all of them have.
    /// Default: none; pages are kept in the memory of this process alone.
    ///
    /// Every process that writes has to have a cache with the same store, or the
    /// others do not learn of what it writes. The store drops what a write makes
    /// stale in all of them: when the write is done, no process serves it any more.
    /// What a fence stands on is not stored by any, and if a process dies its fences
    /// end after [`fence_deadline`](Self::fence_deadline).
    ///
    /// While the store cannot be reached, pages are rendered and not stored. A write
    /// is made all the same, unless it is to be [`strict`](Self::strict); see
    /// [`Cache::delivered`] for when it is done then.
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Whether pages of a [store](Self::store) are kept in the memory of this process
    /// too, within [`max_bytes`](Self::max_bytes). Default: `true`.
    ///
    /// The store is asked before each of them is served whether it is true still,
    /// which is a small round trip rather than a large one.
    pub fn near(mut self, is_near: bool) -> Self {
        self.is_near = is_near;
        self
    }

    /// Whether a write fails, before it is made, if its fence cannot be raised in the
    /// [store](Self::store). Default: `false`: the write is made, and this process
    /// serves none of the pages it makes stale until the store has been told.
    ///
    /// With `true` a save returns [`DbErr::Custom`](sea_orm::DbErr::Custom), and
    /// nothing is written. Its pages are not stored until the
    /// [deadline](Self::fence_deadline).
    pub fn strict(mut self, is_strict: bool) -> Self {
        self.is_strict = is_strict;
        self
    }

    /// Makes the cache.
    ///
    /// # Panics
    ///
    /// With a [store](Self::store), if the system has no thread left for what the
    /// store is to be told.
    #[must_use]
    pub fn build(self) -> Cache {
        self.build_in(process::global())
    }

    /// Makes a cache that follows the ledger of a process.
    pub(super) fn build_in(self, process: &Arc<Process>) -> Cache {
        let memory = Memory::new(self.max_bytes, self.max_variants, self.fence_deadline);
        let memory = Arc::new(memory);
        process.follow(&memory);
        let shared = self.store.map(|store| {
            let (process, deadline) = (Arc::clone(process), self.fence_deadline);
            let outbox = Outbox::start(Arc::clone(&store), process, deadline, self.is_strict);
            Arc::new(Shared {
                store,
                outbox,
                keeps_near: self.is_near,
                max_variants: self.max_variants,
            })
        });
        if let Some(shared) = &shared {
            process.tell(&shared.outbox);
        }
        Cache {
            process: Arc::clone(process),
            memory,
            flights: Arc::new(Flights::new(Arc::clone(process), self.max_waiting)),
            wait: self.wait,
            shared,
        }
    }

    /// Makes the cache and installs it as the process's own.
    ///
    /// # Errors
    ///
    /// Returns [`AlreadyInstalled`] if the process has its cache already: one
    /// was installed before, or [`Cache::global`] was used.
    pub fn install(self) -> Result<(), AlreadyInstalled> {
        GLOBAL.set(self.build()).map_err(|_| AlreadyInstalled(()))
    }
}

/// The process has its cache already.
#[derive(Debug)]
pub struct AlreadyInstalled(());

impl fmt::Display for AlreadyInstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the process has its cache already: install one before the first use")
    }
}

impl std::error::Error for AlreadyInstalled {}
