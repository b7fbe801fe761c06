//! A store behind a pointer.

use std::fmt;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::{Changes, Leased, Moves, Rendered, Stamp, Store, Stored, Unavailable};
use crate::{Key, NotStored, RequestHeaders};

/// A [`Store`] of any type.
pub(crate) trait ErasedStore: fmt::Debug + Send + Sync {
    fn look_up<'a>(
        &'a self,
        key: &'a Key,
        headers: &'a RequestHeaders<'_>,
    ) -> BoxFuture<'a, Result<Option<Stored>, Unavailable>>;

    fn is_current<'a>(
        &'a self,
        key: &'a Key,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<bool, Unavailable>>;

    fn lease<'a>(
        &'a self,
        key: &'a Key,
        headers: &'a RequestHeaders<'_>,
        may_wait: bool,
    ) -> BoxFuture<'a, Result<Leased, Unavailable>>;

    fn fill<'a>(&'a self, rendered: Rendered<'a>) -> BoxFuture<'a, Result<Stamp, NotStored>>;

    fn release(&self, key: &Key, stamp: &Stamp);

    fn apply<'a>(&'a self, changes: &'a Changes<'a>) -> BoxFuture<'a, Result<Moves, Unavailable>>;
}

impl<S: Store> ErasedStore for S {
    fn look_up<'a>(
        &'a self,
        key: &'a Key,
        headers: &'a RequestHeaders<'_>,
    ) -> BoxFuture<'a, Result<Option<Stored>, Unavailable>> {
        Store::look_up(self, key, headers).boxed()
    }

    fn is_current<'a>(
        &'a self,
        key: &'a Key,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<bool, Unavailable>> {
        Store::is_current(self, key, stamp).boxed()
    }

    fn lease<'a>(
        &'a self,
        key: &'a Key,
        headers: &'a RequestHeaders<'_>,
        may_wait: bool,
    ) -> BoxFuture<'a, Result<Leased, Unavailable>> {
        Store::lease(self, key, headers, may_wait).boxed()
    }

    fn fill<'a>(&'a self, rendered: Rendered<'a>) -> BoxFuture<'a, Result<Stamp, NotStored>> {
        Store::fill(self, rendered).boxed()
    }

    fn release(&self, key: &Key, stamp: &Stamp) {
        Store::release(self, key, stamp);
    }

    fn apply<'a>(&'a self, changes: &'a Changes<'a>) -> BoxFuture<'a, Result<Moves, Unavailable>> {
        Store::apply(self, changes).boxed()
    }
}
