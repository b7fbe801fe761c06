//! Pages, and the way to them.

mod builder;
mod flight;
mod group;
mod key;
mod lease;
mod memory;
mod page;
mod stats;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

pub use self::builder::{AlreadyInstalled, CacheBuilder};
use self::flight::{Flights, Leading, Outcome, Sought, Turn};
pub use self::key::Key;
pub use self::lease::{Lease, NotStored};
pub(crate) use self::memory::Memory;
pub use self::page::{Page, RequestHeaders, Times};
pub use self::stats::Stats;
use crate::ledger::{LeaseId, Refusal};
use crate::process::{self, Cause, Process};
use crate::reach::{Filing, Reach};

static GLOBAL: OnceLock<Cache> = OnceLock::new();

/// A cache of pages.
///
/// Cloning is shallow: the clones are one cache.
///
/// # Examples
///
/// ```
/// use dumper::Cache;
///
/// # fn main() -> Result<(), dumper::AlreadyInstalled> {
/// Cache::builder().max_bytes(64 << 20).install()?;
/// assert_eq!(Cache::global().stats().max_bytes, 64 << 20);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Cache {
    process: Arc<Process>,
    memory: Arc<Memory>,
    flights: Arc<Flights>,
    wait: Duration,
}

/// What a cache has for a request.
#[derive(Debug)]
pub enum Lookup {
    /// The page.
    Hit(Arc<Page>),
    /// The right to store the page, once it is rendered.
    Miss(Lease),
    /// Nothing: a write to what the page shows is under way, so it is to be
    /// rendered and not to be stored.
    Fenced,
}

impl Cache {
    /// Returns the settings of a new cache.
    pub fn builder() -> CacheBuilder {
        CacheBuilder::new()
    }

    /// The process's own cache: the one that was
    /// [installed](CacheBuilder::install), or one with default settings.
    pub fn global() -> &'static Self {
        GLOBAL.get_or_init(|| Self::builder().build())
    }

    /// Looks a page up for a request.
    ///
    /// At a miss the caller renders the page and fills the lease. If somebody
    /// renders it already, this waits for that, but not longer than the builder's
    /// [`wait`](CacheBuilder::wait), and for one render at most; for another if the
    /// first tells by its `Vary` that this request has a page of its own.
    pub async fn look_up(&self, key: &Key, headers: &RequestHeaders<'_>) -> Lookup {
        let lookup = self.find(key, headers).await;
        self.counted(lookup)
    }

    /// Looks a page up that the caller may refuse, though it is fresh.
    ///
    /// What is not stored, or not accepted, is leased at once. Nobody else's render
    /// is waited for, since it may have begun before the request, and nobody waits
    /// for this one.
    #[allow(
        clippy::unused_async,
        reason = "a shared store is asked over the network"
    )]
    pub async fn look_up_if(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
        accepts: impl FnOnce(&Page) -> bool,
    ) -> Lookup {
        let page = self.select(key, headers);
        let lookup = match page.filter(|page| accepts(page)) {
            Some(page) => Ok(Lookup::Hit(page)),
            None => self.lease_alone(&Arc::new(self.sought(key, headers))),
        };
        self.counted(lookup)
    }

    fn counted(&self, lookup: Result<Lookup, Refusal>) -> Lookup {
        let lookup = lookup.unwrap_or(Lookup::Fenced);
        let counters = self.memory.counters();
        match lookup {
            Lookup::Hit(_) => counters.hit(),
            Lookup::Miss(_) => counters.missed(),
            Lookup::Fenced => {
                counters.missed();
                counters.refused();
            }
        }
        lookup
    }

    /// Returns the page for a request if it is stored, and leaves it at that if it
    /// is not: waits for nobody, and gives no lease.
    #[must_use]
    pub fn stored(&self, key: &Key, headers: &RequestHeaders<'_>) -> Option<Arc<Page>> {
        let page = self.select(key, headers);
        if page.is_some() {
            self.memory.counters().hit();
        }
        page
    }

    /// Drops the pages of some paths, all variants of each.
    ///
    /// When it returns, no request that starts later sees them, and no page
    /// whose render began earlier will be stored. A query or a fragment is cut
    /// off. What is no path at all drops all pages, and is logged at `error`.
    #[allow(
        clippy::unused_async,
        reason = "a shared store is asked over the network"
    )]
    pub async fn invalidate_paths<I>(&self, paths: I)
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        self.process
            .invalidate_in(&self.memory, reaches(paths), Cause::Call);
    }

    /// Drops the pages filed under a tag.
    ///
    /// When it returns, no request that starts later sees them, and no page
    /// under this tag whose render began earlier will be stored.
    #[allow(
        clippy::unused_async,
        reason = "a shared store is asked over the network"
    )]
    pub async fn invalidate_tag(&self, tag: &str) {
        self.process
            .invalidate_in(&self.memory, vec![Reach::Tag(tag.into())], Cause::Call);
    }

    /// Drops all pages, and stores none whose render began earlier.
    #[allow(
        clippy::unused_async,
        reason = "a shared store is asked over the network"
    )]
    pub async fn invalidate_all(&self) {
        self.process
            .invalidate_in(&self.memory, vec![Reach::All], Cause::Call);
    }

    /// Reckons with so many more bytes that were made of a stored page, such as its
    /// body in another coding.
    ///
    /// Returns whether the page is still stored and there is room for them, so
    /// that they may be kept for as long as the page is.
    #[must_use]
    pub fn add_weight(&self, key: &Key, page: &Arc<Page>, bytes: usize) -> bool {
        self.process
            .change(|| self.memory.add_weight(key, page, bytes))
    }

    /// What the cache has done so far, and what it holds.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            paths: self.memory.paths(),
            bytes: self.memory.bytes(),
            max_bytes: self.memory.max_bytes(),
            ..self.memory.counters().read()
        }
    }

    async fn find(&self, key: &Key, headers: &RequestHeaders<'_>) -> Result<Lookup, Refusal> {
        if let Some(page) = self.select(key, headers) {
            return Ok(Lookup::Hit(page));
        }
        let give_up = Instant::now() + self.wait;
        let mut sought = Arc::new(self.sought(key, headers));
        loop {
            let waiting = match self.flights.join(&sought)? {
                Turn::Alone => return self.lease_alone(&sought),
                Turn::Wait(waiting) => waiting,
                Turn::Lead(id, filing, leading) => {
                    let lease = self.lease(&sought, id, filing, Some(leading));
                    // The page may have been stored since it was looked for.
                    return Ok(match self.select(key, headers) {
                        Some(page) => Lookup::Hit(page),
                        None => Lookup::Miss(lease),
                    });
                }
            };
            let outcome = waiting.outcome(give_up).await;
            if outcome == Outcome::Vanished && Instant::now() < give_up {
                continue;
            }
            if let Some(page) = self.select(key, headers) {
                return Ok(Lookup::Hit(page));
            }
            // The page that was waited for may tell that this request is not one of
            // those it is for. They wait for each other then.
            let closer = Arc::new(self.sought(key, headers));
            if outcome == Outcome::Stored && closer.is_closer_than(&sought) {
                sought = closer;
                continue;
            }
            return self.lease_alone(&sought);
        }
    }

    fn sought(&self, key: &Key, headers: &RequestHeaders<'_>) -> Sought {
        Sought::new(key, self.memory.selecting(key), headers)
    }

    fn select(&self, key: &Key, headers: &RequestHeaders<'_>) -> Option<Arc<Page>> {
        self.process.expire();
        self.memory.select(key, headers)
    }

    /// A lease for whose render nobody waits.
    fn lease_alone(&self, sought: &Arc<Sought>) -> Result<Lookup, Refusal> {
        let filing = Filing::at(sought.key().path());
        let id = self.process.lease(&filing)?;
        Ok(Lookup::Miss(self.lease(sought, id, filing, None)))
    }

    fn lease(
        &self,
        sought: &Arc<Sought>,
        id: LeaseId,
        filing: Filing,
        leading: Option<Leading>,
    ) -> Lease {
        Lease::new(self.clone(), Arc::clone(sought), id, filing, leading)
    }
}

/// Drops the pages of some paths from every cache of the process.
///
/// See [`Cache::invalidate_paths`].
#[allow(
    clippy::unused_async,
    reason = "a shared store is asked over the network"
)]
pub async fn invalidate_paths<I>(paths: I)
where
    I: IntoIterator<Item: AsRef<str>>,
{
    process::global().invalidate(reaches(paths), Cause::Call);
}

fn reaches<I>(paths: I) -> Vec<Reach>
where
    I: IntoIterator<Item: AsRef<str>>,
{
    let paths = paths.into_iter().map(|path| {
        crate::path::Path::declared(path.as_ref()).map_or_else(
            |err| {
                log::error!(target: "dumper::invalidation", "all pages are dropped: {err}");
                Reach::All
            },
            Reach::Path,
        )
    });
    paths.collect()
}

#[cfg(test)]
mod interleavings;
