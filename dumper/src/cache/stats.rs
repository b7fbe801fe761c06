//! What a cache counts.

use std::sync::atomic::{AtomicU64, Ordering};

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
    hits: AtomicU64,
    misses: AtomicU64,
    stored: AtomicU64,
    refused: AtomicU64,
    invalidated: AtomicU64,
    evicted: AtomicU64,
}

impl Counters {
    pub(super) fn hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
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
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            stored: self.stored.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            invalidated: self.invalidated.load(Ordering::Relaxed),
            evicted: self.evicted.load(Ordering::Relaxed),
            ..Stats::default()
        }
    }
}
