//! One fence in place of very many.

use std::time::Instant;

use super::fences::Fences;
use super::write::{Dependents, Owner, Row};
use crate::reach::{EntityTag, Reach};

/// An owner with more fences of one entity holds one on its entity tag.
pub(super) const PER_ENTITY: usize = 1_000;

/// So does one whose fences have joined more rows, at the entity that it writes.
const JOINED: usize = 16_384;

/// How many fences may stand until a deadline; beyond, one stands on everything.
pub(super) const UNTIL_DEADLINE: usize = 65_536;

impl Fences {
    pub(super) fn bound(&mut self, owner: Owner, entity: &EntityTag, drops: &mut Vec<Reach>) {
        let Some(writer) = self.writers.get(&owner) else {
            return;
        };
        let count = writer.per_entity.get(entity);
        if count.is_some_and(|&count| count > PER_ENTITY) || writer.joined > JOINED {
            self.hold_many(owner, entity, drops);
        }
    }

    /// Lets one fence of the owner stand for all rows of the entity.
    pub(super) fn hold_many(&mut self, owner: Owner, entity: &EntityTag, drops: &mut Vec<Reach>) {
        let writer = self.writers.entry(owner).or_default();
        #[cfg(feature = "observe")]
        writer.announced.forget(entity);
        let rows = writer.entries.iter();
        let rows: Vec<(Row, usize)> = rows
            .filter(|(row, _)| row.entity() == Some(entity))
            .map(|(row, entry)| (row.clone(), entry.open))
            .collect();
        let many = Row::Many(entity.clone(), owner);
        self.many.entry(entity.clone()).or_default().insert(owner);
        self.join_many(owner, &many);
        let entry = self.entry(owner, &many);
        entry.open = rows.iter().map(|(_, open)| open).sum();
        entry.uncommitted = true;
        let all = Dependents::reaching(vec![entity.reach()]);
        self.extend(owner, &many, all, drops);
        self.reach_all(owner, rows.iter().map(|(row, _)| row), drops);
        for (row, _) in rows {
            self.remove(owner, &row, drops);
        }
    }

    /// Lets all rows that others write join a fence that stands for many: any of
    /// them may be moved by its owner, or come to be shown by what that writes.
    fn join_many(&mut self, owner: Owner, many: &Row) {
        let others = self.writers.iter().filter(|(other, _)| **other != owner);
        let rows = others.flat_map(|(other, writer)| {
            let rows = writer.entries.keys().filter(|row| row.is_known());
            rows.map(|row| (*other, row.clone()))
        });
        for (other, row) in rows.collect::<Vec<_>>() {
            self.join(other, &row, many.clone());
        }
    }

    pub(super) fn stand_on_everything(&mut self, deadline: Instant, drops: &mut Vec<Reach>) {
        let entry = self.entry(Owner::Everyone, &Row::Any);
        entry.open = 1;
        let all = Dependents::reaching(vec![Reach::All]);
        self.extend(Owner::Everyone, &Row::Any, all, drops);
        for (_, owner) in std::mem::take(&mut self.deadlines) {
            if owner == Owner::Everyone {
                continue;
            }
            let writer = self.writers.get(&owner);
            let rows: Vec<Row> = writer
                .map(|writer| writer.entries.keys().cloned().collect())
                .unwrap_or_default();
            for row in rows {
                self.remove(owner, &row, drops);
            }
        }
        if let Some(writer) = self.writers.get_mut(&Owner::Everyone) {
            self.until_deadline += usize::from(writer.deadline.replace(deadline).is_none());
        }
        self.deadlines.insert((deadline, Owner::Everyone));
    }
}
