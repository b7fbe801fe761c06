//! The invalidations that an open lease is older than.

use std::collections::{BTreeMap, HashMap};

use super::Tick;
use crate::reach::{EntityTag, Filing, Reach};

/// How many invalidations are remembered; beyond, a floor is raised.
const REMEMBERED: usize = 65_536;

/// When each path, tag and entity was last invalidated, as far back as a lease
/// is open.
#[derive(Clone, Debug, Default)]
pub(super) struct Invalidations {
    pub(super) last: HashMap<Reach, Tick>,
    order: BTreeMap<Tick, Reach>,
    /// As many as there are entities, so never forgotten.
    pub(super) entities: HashMap<EntityTag, Tick>,
    pub(super) all: Tick,
    /// A lease older than this may have missed a forgotten invalidation.
    pub(super) floor: Tick,
}

impl Invalidations {
    pub(super) fn record(&mut self, reach: &Reach, tick: Tick) {
        match reach {
            Reach::All => self.all = tick,
            Reach::Entity(entity) => {
                self.entities.insert(entity.clone(), tick);
            }
            _ => {
                if let Some(earlier) = self.last.insert(reach.clone(), tick) {
                    self.order.remove(&earlier);
                }
                self.order.insert(tick, reach.clone());
                if self.order.len() > REMEMBERED {
                    self.floor = self.forget_oldest().unwrap_or(self.floor);
                }
            }
        }
    }

    /// Forgets what no open lease is older than.
    pub(super) fn forget_until(&mut self, oldest_lease: Option<Tick>) {
        while let Some((&tick, _)) = self.order.first_key_value()
            && oldest_lease.is_none_or(|lease| tick <= lease)
        {
            self.forget_oldest();
        }
    }

    /// Whether anything that reaches the page came after `tick`, for all that is
    /// still known.
    pub(super) fn reached_since(&self, tick: Tick, filing: &Filing) -> bool {
        tick < self.floor
            || tick < self.all
            || (!self.last.is_empty() && self.names_reached_since(tick, filing))
            || self
                .entities
                .iter()
                .any(|(entity, &last)| tick < last && filing.is_page_of(entity))
    }

    fn names_reached_since(&self, tick: Tick, filing: &Filing) -> bool {
        let mut names = filing.names();
        names.any(|name| self.last.get(&name).is_some_and(|&last| tick < last))
    }

    fn forget_oldest(&mut self) -> Option<Tick> {
        let (tick, reach) = self.order.pop_first()?;
        self.last.remove(&reach);
        Some(tick)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.last.is_empty() && self.order.is_empty()
    }
}
