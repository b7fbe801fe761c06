//! When rows were last written, for those who read them.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::Tick;
use crate::reach::{Reach, RowId};

/// How long a write is remembered.
const KEPT: Duration = Duration::from_mins(1);

/// How many writes are.
const REMEMBERED: usize = 65_536;

/// The writes to rows and to what is related to them, as far back as remembered.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) last: HashMap<Reach, Tick>,
    order: BTreeMap<Tick, (Instant, Reach)>,
    /// The newest write that is forgotten.
    pub(super) floor: Tick,
}

impl Rows {
    pub(super) fn record(&mut self, reach: &Reach, tick: Tick, now: Instant) {
        if let Some(earlier) = self.last.insert(reach.clone(), tick) {
            self.order.remove(&earlier);
        }
        self.order.insert(tick, (now, reach.clone()));
        if self.order.len() > REMEMBERED {
            self.forget_oldest();
        }
    }

    pub(super) fn expire(&mut self, now: Instant) {
        while let Some((_, (at, _))) = self.order.first_key_value()
            && *at + KEPT <= now
        {
            self.forget_oldest();
        }
    }

    /// Whether a row may have been written since `tick`.
    pub(super) fn written_since(&self, tick: Tick, row: &RowId) -> bool {
        self.recorded_since(tick, &Reach::Row(row.clone()))
    }

    /// Whether a row that is related to this one may have been written since `tick`.
    pub(super) fn related_since(&self, tick: Tick, row: &RowId) -> bool {
        self.recorded_since(tick, &Reach::Related(row.clone()))
    }

    fn recorded_since(&self, tick: Tick, reach: &Reach) -> bool {
        let last = [self.last.get(reach), self.last.get(&Reach::Rows)];
        tick < self.floor || last.into_iter().flatten().any(|&last| tick < last)
    }

    fn forget_oldest(&mut self) {
        if let Some((tick, (_, reach))) = self.order.pop_first() {
            self.last.remove(&reach);
            self.floor = tick;
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.last.is_empty() && self.order.is_empty()
    }
}
