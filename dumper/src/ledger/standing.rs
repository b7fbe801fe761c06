//! What fences stand on.

use std::collections::HashMap;
use std::hash::Hash;

use crate::reach::{EntityTag, Filing, Reach};

/// What fences stand on, with the number of rows that reach it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    names: HashMap<Reach, usize>,
    /// Apart, since each page is to be matched with all of them.
    entities: HashMap<EntityTag, usize>,
}

impl Standing {
    pub(crate) fn on(&self, filing: &Filing) -> bool {
        if self.is_empty() {
            return false;
        }
        self.names.contains_key(&Reach::All)
            || filing.names().any(|name| self.names.contains_key(&name))
            || self.entities.keys().any(|entity| filing.is_page_of(entity))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty() && self.entities.is_empty()
    }

    /// Whether it is counted itself, whatever else reaches the same pages.
    pub(super) fn has(&self, reach: &Reach) -> bool {
        match reach {
            Reach::Entity(entity) => self.entities.contains_key(entity),
            name => self.names.contains_key(name),
        }
    }

    pub(super) fn all(&self) -> Vec<Reach> {
        let entities = self.entities.keys().cloned().map(Reach::Entity);
        self.names.keys().cloned().chain(entities).collect()
    }

    pub(crate) fn add(&mut self, reach: Reach) {
        match reach {
            Reach::Entity(entity) => *self.entities.entry(entity).or_default() += 1,
            name => *self.names.entry(name).or_default() += 1,
        }
    }

    pub(crate) fn subtract(&mut self, reach: &Reach) {
        match reach {
            Reach::Entity(entity) => subtract(&mut self.entities, entity),
            name => subtract(&mut self.names, name),
        }
    }
}

/// Takes one from a count, which is forgotten at zero.
pub(super) fn subtract<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
