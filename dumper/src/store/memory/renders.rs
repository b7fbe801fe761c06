//! The renders that others may wait for.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::cache::Sought;
use crate::ledger::LeaseId;

/// How long a page is thought to take.
const RENDER: Duration = Duration::from_secs(1);

/// By what is sought, the lease under which it is rendered, and how long that is
/// worth waiting for.
#[derive(Debug, Default)]
pub(super) struct Renders {
    under_way: HashMap<Sought, (LeaseId, Instant)>,
}

impl Renders {
    /// The lease of the render under way, and how much longer it is thought to take.
    pub(super) fn of(&self, sought: &Sought, now: Instant) -> Option<(LeaseId, Duration)> {
        let (lease, end) = self.under_way.get(sought)?;
        let left = end.checked_duration_since(now)?;
        (!left.is_zero()).then_some((*lease, left))
    }

    pub(super) fn begin(&mut self, sought: Sought, lease: LeaseId, now: Instant) {
        self.under_way.retain(|_, (_, end)| now < *end);
        self.under_way.insert(sought, (lease, now + RENDER));
    }

    pub(super) fn end(&mut self, lease: LeaseId) {
        self.under_way.retain(|_, (other, _)| *other != lease);
    }
}
