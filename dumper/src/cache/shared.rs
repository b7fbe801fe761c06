//! Pages that are shared with other processes: the way to the store, past the near
//! copies in memory.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use tokio::time::{Duration, sleep};

use super::flight::Sought;
use super::key::Key;
use super::memory::Memory;
use super::page::{Page, RequestHeaders};
use super::{Barred, NotStored};
use crate::process::Process;
use crate::reach::Filing;
use crate::store::{ErasedStore, Leased, Outbox, Rendered, Stamp, Unavailable};

/// How often a page is looked for that another process renders.
const POLL: Duration = Duration::from_millis(10);

/// A store, and what it is still to be told.
pub(super) struct Shared {
    pub(super) store: Arc<dyn ErasedStore>,
    pub(super) outbox: Arc<Outbox>,
    /// Whether pages are kept in memory too.
    pub(super) keeps_near: bool,
    pub(super) max_variants: usize,
}

/// What became of an attempt at a lease in the store.
pub(super) enum Turn {
    /// The page may be stored.
    Lead(StoreLease),
    /// Another process has stored it.
    Stored(Arc<Page>),
}

impl Shared {
    /// Returns the page for a request: the near copy if it is true still, or the one
    /// in the store.
    pub(super) async fn page(
        &self,
        process: &Process,
        memory: &Memory,
        key: &Key,
        headers: &RequestHeaders<'_>,
    ) -> Result<Option<Arc<Page>>, Barred> {
        if self.outbox.holds_back(|| Filing::at(key.path())) {
            return Err(Barred::Fenced);
        }
        if self.keeps_near
            && let Some(page) = memory.select(&key.borrowed(), headers)
            && let Some(stamp) = page.stamp()
        {
            if self.store.is_current(key, stamp).await? {
                return Ok(Some(page));
            }
            drop(process.change(|| memory.forget(&page)));
        }
        let Some(stored) = self.store.look_up(key, headers).await? else {
            return Ok(None);
        };
        let page = stored.page.stamped(stored.stamp);
        Ok(Some(self.keep(process, memory, key, page)))
    }

    /// Takes a lease in the store. If another process renders the page, it waits for
    /// that, but not longer than `give_up`.
    pub(super) async fn lease(
        &self,
        process: &Process,
        memory: &Memory,
        sought: &Arc<Sought>,
        headers: &RequestHeaders<'_>,
        give_up: Option<Instant>,
    ) -> Result<Turn, Barred> {
        let key = sought.key();
        loop {
            let may_wait = give_up.is_some_and(|give_up| Instant::now() < give_up);
            match self.store.lease(key, headers, may_wait).await? {
                Leased::Fenced => return Err(Barred::Fenced),
                Leased::Granted(stamp) => {
                    return Ok(Turn::Lead(StoreLease {
                        store: Arc::clone(&self.store),
                        sought: Arc::clone(sought),
                        stamp,
                        is_awaited: true,
                    }));
                }
                Leased::Awaited(longest) => sleep(POLL.min(longest)).await,
            }
            if let Some(page) = self.page(process, memory, key, headers).await? {
                return Ok(Turn::Stored(page));
            }
        }
    }

    /// Stores a page, and returns it with its stamp.
    pub(super) async fn fill(
        &self,
        mut lease: StoreLease,
        page: Page,
        filing: &Filing,
    ) -> Result<Page, NotStored> {
        let rendered = Rendered {
            key: lease.sought.key(),
            page: &page,
            filing,
            stamp: &lease.stamp,
            max_variants: self.max_variants,
        };
        let stamp = self.store.fill(rendered).await?;
        // The store knows that the render has ended.
        lease.is_awaited = false;
        Ok(page.stamped(stamp))
    }

    /// Keeps a near copy, if there is room for it. What it says is not believed before
    /// the store has been asked.
    fn keep(&self, process: &Process, memory: &Memory, key: &Key, page: Page) -> Arc<Page> {
        if !self.keeps_near {
            return Arc::new(page);
        }
        let page = memory.place(key, page, &Filing::at(key.path()));
        if memory.has_room_for(&page) {
            drop(process.change(|| memory.insert(&page)));
        }
        page
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

/// A lease in the store. Dropped, it lets other processes render the page.
#[derive(Debug)]
pub(super) struct StoreLease {
    store: Arc<dyn ErasedStore>,
    sought: Arc<Sought>,
    stamp: Stamp,
    /// Whether other processes may wait for the render.
    is_awaited: bool,
}

impl StoreLease {
    /// Lets other processes render the page, though this one may store it still.
    pub(super) fn release(&mut self) {
        if std::mem::take(&mut self.is_awaited) {
            self.store.release(self.sought.key(), &self.stamp);
        }
    }
}

impl Drop for StoreLease {
    fn drop(&mut self) {
        self.release();
    }
}

impl From<Unavailable> for Barred {
    fn from(_: Unavailable) -> Self {
        Self::Unavailable
    }
}
