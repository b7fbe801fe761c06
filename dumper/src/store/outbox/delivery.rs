//! Waiting for the store to be told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout_at;

use super::Outbox;
use crate::store::Unavailable;

/// How long a write waits for its invalidation to be delivered, from the beginning of
/// the trouble: longer than a server takes to be replaced, if all goes well. While
/// trouble lasts, nobody else waits.
const PATIENCE: Duration = Duration::from_secs(2);

/// How far the store has been told.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    pub(super) delivered: u64,
    /// What could not be delivered, why, and since when that is so.
    pub(super) failed: Option<(u64, Unavailable, Instant)>,
}

/// Something that was put into an outbox.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(super) outbox: Arc<Outbox>,
    pub(super) number: u64,
}

impl Delivery {
    /// Waits for one attempt at raising fences; in trouble only if a write is not to be
    /// made without.
    ///
    /// # Errors
    ///
    /// Returns why they do not stand in the store, if that is to keep a write from
    /// being made.
    pub(crate) async fn raised(&self) -> Result<(), Unavailable> {
        let mut progress = self.outbox.progress.subscribe();
        let is_strict = self.outbox.is_strict;
        let tried = progress.wait_for(|it| {
            let failed = it.failed.as_ref();
            it.delivered >= self.number
                || failed.is_some_and(|(upto, ..)| !is_strict || *upto >= self.number)
        });
        let Ok(tried) = tried.await else {
            return Ok(());
        };
        match &tried.failed {
            Some((_, err, _)) if tried.delivered < self.number && is_strict => Err(err.clone()),
            _ => Ok(()),
        }
    }

    /// Waits until it is delivered, though not for ever.
    pub(crate) async fn done(&self) {
        let mut progress = self.outbox.progress.subscribe();
        loop {
            let (delivered, trouble) = {
                let progress = progress.borrow_and_update();
                let failed = progress.failed.as_ref();
                (progress.delivered, failed.map(|(.., since)| *since))
            };
            if delivered >= self.number {
                return;
            }
            let changed = progress.changed();
            let patience = trouble.map(|since| since + PATIENCE);
            let is_over = match patience {
                Some(end) => timeout_at(end.into(), changed).await.is_err(),
                None => changed.await.is_err(),
            };
            if is_over {
                return;
            }
        }
    }
}
