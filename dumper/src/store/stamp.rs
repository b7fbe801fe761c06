//! What goes to and fro between a cache and its store.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;

use crate::reach::Filing;
use crate::{Key, Page};

/// The state of a store that a page is rendered under, as the store writes it.
///
/// Cloning is shallow.
#[derive(Clone)]
pub struct Stamp(Arc<Inner>);

struct Inner {
    state: Bytes,
    prepared: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl Stamp {
    /// Makes a stamp of what the store will know it by.
    #[must_use]
    pub fn new(state: impl Into<Bytes>) -> Self {
        Self(Arc::new(Inner {
            state: state.into(),
            prepared: OnceLock::new(),
        }))
    }

    /// What the store has put into it.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        &self.0.state
    }

    /// The stamp in the form that its store reads: made once, by the first who asks,
    /// and kept with the stamp, which a near copy has for as long as it is there.
    ///
    /// Returns `None` if another type was prepared before.
    pub fn prepared<T: Any + Send + Sync>(&self, prepare: impl FnOnce(&Self) -> T) -> Option<&T> {
        self.0
            .prepared
            .get_or_init(|| Box::new(prepare(self)))
            .downcast_ref()
    }
}

impl PartialEq for Stamp {
    fn eq(&self, other: &Self) -> bool {
        self.0.state == other.0.state
    }
}

impl Eq for Stamp {}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stamp").field(&self.0.state).finish()
    }
}

/// A page that is in the store.
#[derive(Debug)]
pub struct Stored {
    /// The page.
    pub page: Page,
    /// The stamp under which it is true.
    pub stamp: Stamp,
}

/// What a store answers to a request for a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leased {
    /// The page may be stored under this stamp.
    Granted(Stamp),
    /// A fence stands on it.
    Fenced,
    /// Another process renders the page, and is thought to take no longer than
    /// this from now.
    Awaited(Duration),
}

/// A page that has been rendered, to be stored.
#[derive(Clone, Copy)]
pub struct Rendered<'a> {
    /// The key of the request.
    pub key: &'a Key,
    /// The page.
    pub page: &'a Page,
    /// Where it is filed: its path, those that an inner service made of it, and its
    /// tags.
    pub filing: &'a Filing,
    /// The lease.
    pub stamp: &'a Stamp,
    /// How many pages a path may have; a plain one is the last to go.
    pub max_variants: usize,
}

impl fmt::Debug for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered")
            .field("key", &self.key)
            .field("page", &self.page)
            .finish_non_exhaustive()
    }
}

/// The store does not answer, or not what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable(Cow<'static, str>);

impl Unavailable {
    /// Makes the error, with the reason in a few words: `timed out`.
    #[must_use]
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store is unavailable: {}", self.0)
    }
}

impl Error for Unavailable {}
