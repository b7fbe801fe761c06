//! Where pages live that several processes share.
//!
//! A [`Cache`](crate::Cache) keeps pages in the memory of its process. With a
//! [`Store`] it shares them with other processes, and learns of their writes: the
//! store behind [`CacheBuilder::store`](crate::CacheBuilder::store) has the truth,
//! and what is in memory is near copies of it, each asked about before it is
//! served. [`MemoryStore`] is one within a process, for caches of their own;
//! the crate `dumper-redis` has one for processes and machines.
//!
//! This module is for those who write another. `dumper::acceptance`, with the
//! feature of that name, is the suite that it has to pass.
//!
//! # What a store promises
//!
//! A *[stamp](Stamp)* is the state of the store that a page is rendered under,
//! taken before anything is read for it. A page is true for as long as the store
//! is in the state of its stamp.
//!
//! 1. When [`apply`](Store::apply) has returned `Ok`, no call that begins later, on
//!    any handle, returns a page that one of its changes reaches and that was stored
//!    or leased before. Nor will such a lease ever store one.
//! 2. While a fence stands, nobody is given a lease, and nothing is stored, of what
//!    it reaches. A fence ends when it is lifted, or its time is over.
//! 3. What the store forgets, for whatever reason, is forgotten with all that was
//!    stored under it: a stamp that is not current is never current again. That holds
//!    if it is emptied, restarted with what it had earlier, or replaced by a copy
//!    that lacks what was done last.
//! 4. What it cannot know, it does not answer: [`Unavailable`], within the deadline
//!    that it has, and the page is rendered.

mod change;
mod erased;
mod memory;
mod outbox;
mod stamp;

use std::fmt;
use std::future::Future;

pub use self::change::{Change, Changes, Entity, Fence, Moves, Reached};
pub(crate) use self::erased::ErasedStore;
pub use self::memory::MemoryStore;
pub(crate) use self::outbox::{Delivery, Moved, Outbox};
pub use self::stamp::{Leased, Rendered, Stamp, Stored, Unavailable};
pub use crate::reach::Filing;
use crate::{Key, NotStored, RequestHeaders};

/// A place for pages that several processes share.
///
/// See the [module](self) for what it promises. A handle belongs to one cache of one
/// process; all calls may come at the same time, and may be dropped at any point.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Returns the page for a request, with the stamp under which it is true.
    ///
    /// It is fresh, and [selected](crate::Page::answers) by the headers; of several
    /// any will do.
    fn look_up(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
    ) -> impl Future<Output = Result<Option<Stored>, Unavailable>> + Send;

    /// Whether a lease or a page of this key is true still. It is asked before each
    /// hit from memory, so it should be one small round trip.
    fn is_current(
        &self,
        key: &Key,
        stamp: &Stamp,
    ) -> impl Future<Output = Result<bool, Unavailable>> + Send;

    /// Gives the right to store a page of the key, which ends after a minute or
    /// later.
    ///
    /// With `may_wait`, a store may answer that another process renders the page for
    /// this request already, and that it is worth waiting for.
    fn lease(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
        may_wait: bool,
    ) -> impl Future<Output = Result<Leased, Unavailable>> + Send;

    /// Stores a page under a lease, and returns the stamp under which it is true.
    ///
    /// A page that is filed under more than the lease knew, by its tags or further
    /// paths, is stored only if none of that can have been invalidated since.
    fn fill(&self, rendered: Rendered<'_>)
    -> impl Future<Output = Result<Stamp, NotStored>> + Send;

    /// Takes note that nobody is to wait for a lease: it is not used, or its page
    /// streams and is stored at its end, if ever. It may be done later, or not at all.
    fn release(&self, key: &Key, stamp: &Stamp);

    /// Makes changes: drops what they reach, and raises and lifts fences.
    ///
    /// After an error any of them may have been made; they are made again, and so to
    /// make them twice is to make them once.
    fn apply(
        &self,
        changes: &Changes<'_>,
    ) -> impl Future<Output = Result<Moves, Unavailable>> + Send;
}
