//! What a cache counts.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What a cache has done since it was made, and what it holds now.
///
/// See [`Cache::stats`](crate::Cache::stats).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Requests answered from the cache.
    pub hits: u64,
    /// Requests for a page that was not in the cache.
    pub misses: u64,
    /// Pages stored.
    pub stored: u64,
    /// Pages rendered but not stored, because a write came between or was under
    /// way.
    pub refused: u64,
    /// Pages dropped by an invalidation.
    pub invalidated: u64,
    /// Pages dropped to make room.
    pub evicted: u64,
    /// Paths with a page in the cache now.
    pub paths: usize,
    /// The bytes they take in memory, as the cache reckons.
    pub bytes: u64,
    /// The bytes they may take at most.
    pub max_bytes: u64,
    /// Invalidations that the [store](crate::CacheBuilder::store) has not been told of.
    pub undelivered: usize,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    hits: Striped,
    misses: AtomicU64,
    stored: AtomicU64,
    refused: AtomicU64,
    invalidated: AtomicU64,
    evicted: AtomicU64,
}

/// A count that threads add to all the time: each to a stripe that it shares with few,
/// so that it does not have to be fetched from the cache of another core.
#[derive(Debug, Default)]
struct Striped([Stripe; STRIPES]);

const STRIPES: usize = 16;

/// As long as what two adjacent lines of a processor's cache have.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe(AtomicU64);

impl Striped {
    fn add_one(&self) {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static STRIPE: usize = THREADS.fetch_add(1, Ordering::Relaxed) % STRIPES;
        }
        STRIPE.with(|&stripe| self.0[stripe].0.fetch_add(1, Ordering::Relaxed));
    }

    fn sum(&self) -> u64 {
        let stripes = self.0.iter();
        stripes
            .map(|Stripe(count)| count.load(Ordering::Relaxed))
            .sum()
    }
}

impl Counters {
    pub(super) fn hit(&self) {
        self.hits.add_one();
    }

    pub(super) fn missed(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn stored(&self) {
        self.stored.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn invalidated(&self, pages: usize) {
        self.invalidated.fetch_add(pages as u64, Ordering::Relaxed);
    }

    pub(super) fn evicted(&self, pages: usize) {
        self.evicted.fetch_add(pages as u64, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Stats {
        Stats {
            hits: self.hits.sum(),
            misses: self.misses.load(Ordering::Relaxed),
            stored: self.stored.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            invalidated: self.invalidated.load(Ordering::Relaxed),
            evicted: self.evicted.load(Ordering::Relaxed),
            ..Stats::default()
        }
    }
}
