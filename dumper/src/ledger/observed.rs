//! Writes that are observed once they are done, rather than told by hooks.
//!
//! Nobody knows whether such a write is part of a transaction, so it counts as
//! part of one: its fence stands until its owner ends.

use std::sync::Arc;
use std::time::Instant;

use super::Ledger;
use super::fences::Fences;
use super::write::{Dependents, Observed, Owner, Row, Verb};
use crate::reach::{EntityTag, Reach};

impl Ledger {
    /// Announces a statement, for which a fence has been raised.
    pub(crate) fn announce(
        &mut self,
        owner: Owner,
        entity: &EntityTag,
        verb: Verb,
        key: Option<&Arc<str>>,
    ) {
        self.fences.announce(owner, entity, verb, key);
    }

    /// Whether a statement that was observed was announced, so that its fence
    /// stands, and a hook tells of its end.
    pub(crate) fn excuse(
        &mut self,
        owner: Owner,
        entity: &EntityTag,
        verb: Verb,
        keys: &[Option<Arc<str>>],
    ) -> bool {
        self.fences.excuse(owner, entity, verb, keys)
    }

    /// Takes note of a write that no hook told of.
    pub(crate) fn observe(&mut self, owner: Owner, observed: Observed, now: Instant) -> Vec<Reach> {
        let mut drops = Vec::new();
        self.fences.observe(owner, observed, &mut drops);
        self.keep_until_deadline(owner, now, &mut drops);
        self.record(drops, now)
    }
}

impl Fences {
    fn announce(&mut self, owner: Owner, entity: &EntityTag, verb: Verb, key: Option<&Arc<str>>) {
        if self.holds_many(owner, entity) {
            return;
        }
        if let Some(announced) = self.announced(owner) {
            announced.announce(entity, verb, key);
        }
    }

    fn excuse(
        &mut self,
        owner: Owner,
        entity: &EntityTag,
        verb: Verb,
        keys: &[Option<Arc<str>>],
    ) -> bool {
        let announced = self.announced(owner);
        announced.is_some_and(|announced| announced.excuse(entity, verb, keys))
    }

    fn observe(&mut self, owner: Owner, observed: Observed, drops: &mut Vec<Reach>) {
        match observed {
            Observed::Rows(rows) => {
                for (row, reaches) in rows {
                    if self.holds_many(owner, &row.entity) {
                        continue;
                    }
                    let entity = row.entity.clone();
                    let row = Row::Key(row);
                    self.write(owner, &row, reaches, drops);
                    self.bound(owner, &entity, drops);
                }
            }
            Observed::Entities(entities) => self.write_any_rows(owner, entities, drops),
            Observed::Anything(entities) => {
                self.write_any_rows(owner, entities, drops);
                self.write(owner, &Row::Any, vec![Reach::All], drops);
            }
        }
    }

    fn write_any_rows(&mut self, owner: Owner, entities: Vec<EntityTag>, drops: &mut Vec<Reach>) {
        for entity in entities {
            if !self.holds_many(owner, &entity) {
                self.hold_many(owner, &entity, drops);
            }
        }
    }

    fn write(&mut self, owner: Owner, row: &Row, reaches: Vec<Reach>, drops: &mut Vec<Reach>) {
        self.entry(owner, row).uncommitted = true;
        self.extend(owner, row, Dependents::reaching(reaches), drops);
    }
}
