//! Pages, and the way to them.

mod builder;
mod dropped;
mod flight;
mod group;
mod headers;
mod index;
mod key;
mod lease;
mod memory;
mod names;
mod origins;
mod page;
mod place;
mod shared;
mod stats;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

pub use self::builder::{AlreadyInstalled, CacheBuilder};
pub(crate) use self::dropped::Dropped;
pub(crate) use self::flight::Sought;
use self::flight::{Flights, Leading, Outcome, Turn};
pub use self::headers::Headers;
pub use self::key::{Key, KeyRef};
pub use self::lease::{Lease, NotStored};
pub(crate) use self::memory::Memory;
pub use self::page::{Page, RequestHeaders, Times};
use self::shared::{Shared, Turn as StoreTurn};
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
    shared: Option<Arc<Shared>>,
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
    /// Nothing: the store that is shared with other processes cannot be reached, so
    /// it is to be rendered and not to be stored.
    Unavailable,
}

/// Why there is neither a page nor a lease.
#[derive(Clone, Copy, Debug)]
enum Barred {
    Fenced,
    Unavailable,
}

impl From<Refusal> for Barred {
    fn from(_: Refusal) -> Self {
        Self::Fenced
    }
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
    pub async fn look_up_if(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
        accepts: impl FnOnce(&Page) -> bool,
    ) -> Lookup {
        let lookup = match self.select(key, headers).await {
            Ok(Some(page)) if accepts(&page) => Ok(Lookup::Hit(page)),
            Ok(_) => {
                let sought = Arc::new(self.sought(key, headers));
                self.lease_alone(&sought, headers).await
            }
            Err(barred) => Err(barred),
        };
        self.counted(lookup)
    }

    /// Looks a page up that can be served at once: it is in memory, and known to be
    /// true without that anybody is asked. With a [store](CacheBuilder::store) there is
    /// none.
    ///
    /// If there is one, and the caller accepts it, it is a hit. Otherwise nothing is
    /// counted, and the request is for [`look_up`](Self::look_up). It allocates
    /// nothing, unless `headers` does.
    #[must_use]
    pub fn hit(
        &self,
        key: &KeyRef<'_>,
        headers: &RequestHeaders<'_>,
        accepts: impl FnOnce(&Page) -> bool,
    ) -> Option<Arc<Page>> {
        if self.shared.is_some() {
            return None;
        }
        self.process.expire();
        let page = self.memory.select(key, headers)?;
        if !accepts(&page) {
            return None;
        }
        self.memory.counters().hit();
        Some(page)
    }

    fn counted(&self, lookup: Result<Lookup, Barred>) -> Lookup {
        let counters = self.memory.counters();
        match lookup {
            Ok(lookup) => {
                match lookup {
                    Lookup::Hit(_) => counters.hit(),
                    _ => counters.missed(),
                }
                lookup
            }
            Err(Barred::Fenced) => {
                counters.missed();
                counters.refused();
                Lookup::Fenced
            }
            Err(Barred::Unavailable) => {
                counters.missed();
                Lookup::Unavailable
            }
        }
    }

    /// Returns the page for a request if it is stored, and leaves it at that if it
    /// is not: waits for nobody, and gives no lease.
    pub async fn stored(&self, key: &Key, headers: &RequestHeaders<'_>) -> Option<Arc<Page>> {
        let page = self.select(key, headers).await.ok().flatten();
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
    ///
    /// With a [store](CacheBuilder::store) the same holds for all processes that
    /// share it, and the kin of a path go as well. If the store is in trouble, this
    /// does not wait for it for longer than two seconds: see [`delivered`](Self::delivered).
    pub async fn invalidate_paths<I>(&self, paths: I)
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        self.drop_pages(reaches(paths)).await;
    }

    /// Drops the pages filed under a tag.
    ///
    /// When it returns, no request that starts later sees them, and no page
    /// under this tag whose render began earlier will be stored. With a
    /// [store](CacheBuilder::store), as for [paths](Self::invalidate_paths).
    pub async fn invalidate_tag(&self, tag: &str) {
        self.drop_pages(vec![Reach::Tag(tag.into())]).await;
    }

    /// Drops all pages, and stores none whose render began earlier. With a
    /// [store](CacheBuilder::store), as for [paths](Self::invalidate_paths).
    pub async fn invalidate_all(&self) {
        self.drop_pages(vec![Reach::All]).await;
    }

    /// Waits until the [store](CacheBuilder::store) has been told of everything that
    /// was invalidated up to now, however long that takes.
    ///
    /// A write whose invalidation could not be delivered is done for this process,
    /// which serves none of its pages meanwhile, but others may serve them. How many
    /// there are is told by [`Stats::undelivered`]. Without a store it returns at once.
    pub async fn delivered(&self) {
        if let Some(shared) = &self.shared {
            shared.outbox.delivered().await;
        }
    }

    /// Whether pages are kept in the memory of this process: all but a cache that is
    /// not to be [near](CacheBuilder::near).
    #[must_use]
    pub fn is_near(&self) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.keeps_near)
    }

    /// Reckons with so many more bytes that were made of a stored page, such as its
    /// body in another coding.
    ///
    /// Returns whether the page is still stored and there is room for them, so
    /// that they may be kept for as long as the page is.
    #[must_use]
    pub fn add_weight(&self, page: &Arc<Page>, bytes: usize) -> bool {
        let added = self.process.change(|| self.memory.add_weight(page, bytes));
        added.is_some()
    }

    /// What the cache has done so far, and what it holds.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            paths: self.memory.paths(),
            bytes: self.memory.bytes(),
            max_bytes: self.memory.max_bytes(),
            undelivered: self.shared.as_ref().map_or(0, |it| it.outbox.undelivered()),
            ..self.memory.counters().read()
        }
    }

    async fn drop_pages(&self, reaches: Vec<Reach>) {
        let outbox = self.shared.as_ref().map(|shared| &shared.outbox);
        let (process, memory) = (&self.process, &self.memory);
        let told = process.invalidate_in(memory, outbox, reaches, Cause::Call);
        told.done().await;
    }

    async fn find(&self, key: &Key, headers: &RequestHeaders<'_>) -> Result<Lookup, Barred> {
        if let Some(page) = self.select(key, headers).await? {
            return Ok(Lookup::Hit(page));
        }
        let give_up = Instant::now() + self.wait;
        let mut sought = Arc::new(self.sought(key, headers));
        loop {
            let waiting = match self.flights.join(&sought)? {
                Turn::Alone => return self.lease_alone(&sought, headers).await,
                Turn::Wait(waiting) => waiting,
                Turn::Lead(id, filing, leading) => {
                    let mut lease = self.lease(&sought, id, filing, Some(leading));
                    // The page may have been stored since it was looked for.
                    if self.memory.select(&key.borrowed(), headers).is_some()
                        && let Some(page) = self.select(key, headers).await?
                    {
                        lease.end(Outcome::Stored);
                        return Ok(Lookup::Hit(page));
                    }
                    return self.lead(lease, headers, Some(give_up)).await;
                }
            };
            // In a box, so that who renders at once does not move it.
            let outcome = Box::pin(waiting.outcome(give_up)).await;
            if outcome == Outcome::Vanished && Instant::now() < give_up {
                continue;
            }
            if let Some(page) = self.select(key, headers).await? {
                return Ok(Lookup::Hit(page));
            }
            // The page that was waited for may tell that this request is not one of
            // those it is for. They wait for each other then.
            let closer = Arc::new(self.sought(key, headers));
            if outcome == Outcome::Stored && closer.is_closer_than(&sought) {
                sought = closer;
                continue;
            }
            return self.lease_alone(&sought, headers).await;
        }
    }

    /// Completes a lease by that of the store.
    async fn lead(
        &self,
        mut lease: Lease,
        headers: &RequestHeaders<'_>,
        give_up: Option<Instant>,
    ) -> Result<Lookup, Barred> {
        let Some(shared) = &self.shared else {
            return Ok(Lookup::Miss(lease));
        };
        let sought = Arc::clone(lease.sought());
        let (process, memory) = (&self.process, &self.memory);
        let leasing = shared.lease(process, memory, &sought, headers, give_up);
        // In a box, so that what has no store does not move all of it.
        let turn = Box::pin(leasing).await;
        match turn {
            Ok(StoreTurn::Lead(store_lease)) => {
                lease.complete(store_lease);
                Ok(Lookup::Miss(lease))
            }
            Ok(StoreTurn::Stored(page)) => {
                lease.end(Outcome::Stored);
                Ok(Lookup::Hit(page))
            }
            // The others ask the store themselves, all at once.
            Err(barred) => {
                lease.end(Outcome::NotStored);
                Err(barred)
            }
        }
    }

    fn sought(&self, key: &Key, headers: &RequestHeaders<'_>) -> Sought {
        Sought::new(key, self.memory.selecting(key), headers)
    }

    async fn select(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
    ) -> Result<Option<Arc<Page>>, Barred> {
        let (process, memory) = (&self.process, &self.memory);
        process.expire();
        match &self.shared {
            None => Ok(memory.select(&key.borrowed(), headers)),
            Some(shared) => Box::pin(shared.page(process, memory, key, headers)).await,
        }
    }

    /// A lease for whose render nobody waits.
    async fn lease_alone(
        &self,
        sought: &Arc<Sought>,
        headers: &RequestHeaders<'_>,
    ) -> Result<Lookup, Barred> {
        let filing = Filing::at(sought.key().path());
        let id = self.process.lease(&filing)?;
        let lease = self.lease(sought, id, filing, None);
        self.lead(lease, headers, None).await
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
pub async fn invalidate_paths<I>(paths: I)
where
    I: IntoIterator<Item: AsRef<str>>,
{
    let told = process::global().invalidate(reaches(paths), Cause::Call);
    told.done().await;
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
