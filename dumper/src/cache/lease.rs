//! The right to store a page.

use std::fmt;
use std::sync::Arc;

use super::Cache;
use super::flight::{Leading, Outcome, Sought};
use super::page::Page;
use super::shared::{Shared, StoreLease};
use crate::ledger::{LeaseId, Refusal};
use crate::path::Path;
use crate::reach::Filing;

/// The right to store a page, taken at a miss before the page is rendered.
///
/// It is void once the page's path or one of its tags is invalidated, and after
/// 60 seconds. Dropping it unfilled lets a request that waits for the page
/// render it.
#[derive(Debug)]
#[must_use = "a lease is given back when it is dropped"]
pub struct Lease {
    cache: Cache,
    sought: Arc<Sought>,
    id: LeaseId,
    filing: Filing,
    leading: Option<Leading>,
    /// The right to store it in the shared store, if there is one.
    shared: Option<Box<StoreLease>>,
    /// The bytes of its body that are kept outside the cache.
    copied: u64,
}

/// Why a page was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotStored {
    /// A write to what the page shows is under way.
    Fenced,
    /// A write to what the page shows came while it was rendered.
    Invalidated,
    /// It took too long to render.
    TooSlow,
    /// It does not fit into the cache.
    TooLarge,
    /// The store that it shares with other processes cannot be reached, or takes no
    /// pages.
    Unavailable,
    /// An inner service answered it by another path, which the store that it shares
    /// with other processes cannot file it under.
    Elsewhere,
}

impl Lease {
    pub(super) fn new(
        cache: Cache,
        sought: Arc<Sought>,
        id: LeaseId,
        filing: Filing,
        leading: Option<Leading>,
    ) -> Self {
        Self {
            cache,
            sought,
            id,
            filing,
            leading,
            shared: None,
            copied: 0,
        }
    }

    pub(super) fn sought(&self) -> &Arc<Sought> {
        &self.sought
    }

    pub(super) fn complete(&mut self, shared: StoreLease) {
        self.shared = Some(Box::new(shared));
    }

    /// Makes room for so many more bytes of a body of which a copy is kept while it
    /// streams.
    ///
    /// Returns whether there is any: all such copies may take an eighth of what
    /// the cache may, and none is worth keeping once its lease has ended.
    pub fn copy(&mut self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        self.copied += bytes;
        self.cache.memory.copy(bytes) && self.cache.process.check(self.id, &self.filing).is_ok()
    }

    /// Files the page under a further path, such as the one that an inner
    /// service made of the path asked for.
    pub fn also_at(&mut self, path: &str) {
        // Mostly it is the same.
        if path != self.sought.key().path().as_str() {
            self.filing.add_path(&Path::requested(path));
        }
    }

    /// Files the page under tags.
    pub fn tag(&mut self, tags: impl IntoIterator<Item = Arc<str>>) {
        self.filing.add_tags(tags);
    }

    /// Lets all who wait for this render go on by themselves, since its end
    /// depends on how fast a client reads.
    pub fn stream(&mut self) {
        if let Some(shared) = &mut self.shared {
            shared.release();
        }
        self.end(Outcome::NotStored);
    }

    /// Lets all who wait for this render know how it ended.
    pub(super) fn end(&mut self, outcome: Outcome) {
        if let Some(leading) = self.leading.take() {
            leading.end(outcome);
        }
    }

    /// Gives the lease back because the response may not be stored. For two
    /// seconds nobody waits for a render of this page.
    pub fn decline(mut self) {
        self.cache.flights.mark_uncacheable(self.sought.key());
        self.stream();
    }

    /// Stores the page.
    ///
    /// In memory alone this is done at the first poll; a store is asked over the
    /// network.
    ///
    /// # Errors
    ///
    /// Returns [`NotStored`] if the lease is void, the page is too large, or the
    /// store does not take it.
    pub async fn fill(mut self, page: Page) -> Result<Arc<Page>, NotStored> {
        let filled = match &self.cache.shared {
            None => self.fill_memory(page),
            Some(shared) => {
                let shared = Arc::clone(shared);
                // In a box, so that what has no store does not move all of it.
                Box::pin(self.fill_shared(&shared, page)).await
            }
        };
        let counters = self.cache.memory.counters();
        match filled {
            Ok(_) => counters.stored(),
            Err(NotStored::Invalidated | NotStored::Fenced | NotStored::TooSlow) => {
                counters.refused();
            }
            Err(_) => {}
        }
        self.end(match filled {
            Ok(_) => Outcome::Stored,
            Err(_) => Outcome::NotStored,
        });
        filled
    }

    /// Stores the page in the shared store, and then in memory.
    async fn fill_shared(&mut self, shared: &Shared, page: Page) -> Result<Arc<Page>, NotStored> {
        self.cache.process.check(self.id, &self.filing)?;
        let lease = self.shared.take().ok_or(NotStored::Unavailable)?;
        let page = shared.fill(*lease, page, &self.filing).await?;
        if !shared.keeps_near {
            self.cache.process.check(self.id, &self.filing)?;
            return Ok(Arc::new(page));
        }
        let page = self.place(page);
        if self.cache.memory.has_room_for(&page) {
            self.insert(&page)?;
        } else {
            self.cache.process.check(self.id, &self.filing)?;
        }
        Ok(page)
    }

    /// Stores the page in memory alone.
    fn fill_memory(&self, page: Page) -> Result<Arc<Page>, NotStored> {
        let page = self.place(page);
        if !self.cache.memory.has_room_for(&page) {
            return Err(NotStored::TooLarge);
        }
        self.insert(&page)?;
        Ok(page)
    }

    fn place(&self, page: Page) -> Arc<Page> {
        let memory = &self.cache.memory;
        memory.place(self.sought.key(), page, &self.filing)
    }

    fn insert(&self, page: &Arc<Page>) -> Result<(), NotStored> {
        let Cache {
            process, memory, ..
        } = &self.cache;
        drop(process.fill(self.id, &self.filing, || memory.insert(page))?);
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.cache.process.close(self.id);
        self.cache.memory.forget_copy(self.copied);
    }
}

impl From<Refusal> for NotStored {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Fenced => Self::Fenced,
            Refusal::Invalidated => Self::Invalidated,
            Refusal::Ended => Self::TooSlow,
        }
    }
}

impl fmt::Display for NotStored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fenced => "fenced",
            Self::Invalidated => "invalidated",
            Self::TooSlow => "too-slow",
            Self::TooLarge => "too-large",
            Self::Unavailable => "store-unavailable",
            Self::Elsewhere => "another-path",
        })
    }
}

impl std::error::Error for NotStored {}
