//! The origins of pages, each kept once.

use std::collections::HashSet;
use std::sync::Arc;

use super::key::Origin;

/// How many are kept before those are looked for that no page has any more.
const FEW: usize = 64;

/// Most pages have one of few.
#[derive(Debug)]
pub(super) struct Origins {
    known: HashSet<Arc<Origin>>,
    /// How many there may be until then.
    many: usize,
}

impl Default for Origins {
    fn default() -> Self {
        Self {
            known: HashSet::new(),
            many: FEW,
        }
    }
}

impl Origins {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The origin that is kept of those that are equal.
    pub(super) fn kept(&mut self, origin: &Arc<Origin>) -> Arc<Origin> {
        if let Some(known) = self.known.get(origin) {
            return Arc::clone(known);
        }
        if self.known.len() >= self.many {
            self.known.retain(|origin| Arc::strong_count(origin) > 1);
            self.many = FEW.max(2 * self.known.len());
        }
        self.known.insert(Arc::clone(origin));
        Arc::clone(origin)
    }
}
