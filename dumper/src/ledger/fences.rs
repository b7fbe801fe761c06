//! The fences of all writes that are not done.
//!
//! A write belongs to an *owner*, a scope or a task, and concerns a *row*. Each
//! (owner, row) is an entry. The entries of one row share what they reach, and
//! the last of them lifts all of it: of two overlapping renames a→b and a→c,
//! whichever is done last drops b too.
//!
//! An entry also joins the rows that it found its paths by. While a flavor moves
//! from one vendor to another, either may be renamed: what its own fence comes to
//! reach by that, the flavor's drops too. And it leaves its own pages to them, since
//! a transaction that renames a vendor does not see which flavors come to it. A row
//! that links two others leaves the pages of each to the other.
//!
//! An owner that writes very many rows of an entity, or rows that nobody knows, holds
//! one fence for all of them. Every entry of others joins that while it stands, since
//! nobody knows which rows those writes have to do with. Who comes later does not, or
//! each would leave the fence to the next.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Instant;

#[cfg(feature = "observe")]
use super::announced::Announced;
use super::many::{PER_ENTITY, UNTIL_DEADLINE};
use super::standing::{Standing, subtract};
use super::write::{Dependents, Owner, Raised, Row, Written};
use crate::reach::{EntityTag, Filing, Reach, RowId};

#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// Statements sent whose end is not known.
    pub(super) open: usize,
    /// Whether a statement ended inside a transaction.
    pub(super) uncommitted: bool,
    /// The rows that its paths were found by, and whatever else may move those or
    /// its own.
    pub(super) joined: HashSet<Row>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Shared {
    pub(super) writers: usize,
    pub(super) reaches: HashSet<Reach>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Writer {
    pub(super) entries: HashMap<Row, Entry>,
    pub(super) per_entity: HashMap<EntityTag, usize>,
    /// How many rows its entries have joined.
    pub(super) joined: usize,
    pub(super) deadline: Option<Instant>,
    #[cfg(feature = "observe")]
    pub(super) announced: Announced,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Fences {
    pub(super) writers: HashMap<Owner, Writer>,
    pub(super) rows: HashMap<Row, Shared>,
    /// The owners that hold a fence for all rows of an entity.
    pub(super) many: HashMap<EntityTag, HashSet<Owner>>,
    standing: Standing,
    pub(super) deadlines: BTreeSet<(Instant, Owner)>,
    /// Entries of owners that have a deadline.
    pub(super) until_deadline: usize,
    inserts: u64,
}

impl Fences {
    /// Raises a fence before a statement. Adds what it invalidates to `drops`.
    pub(super) fn raise(
        &mut self,
        owner: Owner,
        entity: &EntityTag,
        key: Option<&str>,
        reaches: Vec<Reach>,
        drops: &mut Vec<Reach>,
    ) -> Raised {
        if let Some(entry) = self.entry_of_many(owner, entity) {
            entry.open += 1;
            return Raised(Row::Many(entity.clone(), owner));
        }
        let row = match key {
            Some(key) => Row::Key(RowId {
                entity: entity.clone(),
                key: key.into(),
            }),
            None => {
                self.inserts += 1;
                Row::Insert(entity.clone(), self.inserts)
            }
        };
        self.entry(owner, &row).open += 1;
        self.extend(owner, &row, Dependents::reaching(reaches), drops);
        self.bound(owner, entity, drops);
        Raised(row)
    }

    /// Lets a raised fence reach what depends on the row as it was, or will be.
    pub(super) fn reach_further(
        &mut self,
        owner: Owner,
        Raised(row): &Raised,
        dependents: Dependents,
        drops: &mut Vec<Reach>,
    ) {
        let writer = self.writers.get(&owner);
        let stands = writer.is_some_and(|writer| writer.entries.contains_key(row));
        if stands && !matches!(row, Row::Many(..)) {
            self.extend(owner, row, dependents, drops);
        } else {
            drops.extend(dependents.reaches);
        }
    }

    /// Takes note of the end of a statement, with what depends on the row now.
    pub(super) fn settle(
        &mut self,
        owner: Owner,
        written: &Written,
        mut dependents: Dependents,
        drops: &mut Vec<Reach>,
    ) {
        let entity = &written.row.entity;
        #[cfg(feature = "observe")]
        if let Some(announced) = self.announced(owner) {
            announced.settle(entity, &written.row.key, written.inserted);
        }
        if let Some(entry) = self.entry_of_many(owner, entity) {
            entry.open = entry.open.saturating_sub(1);
            entry.uncommitted = true;
            drops.extend(dependents.reaches);
            return;
        }
        let row = self.open_row(owner, written, &dependents.reaches);
        let row = row.unwrap_or_else(|| {
            // No `before_*` ran, so nobody knows the row as it was.
            dependents.reaches.push(entity.reach());
            Row::Key(written.row.clone())
        });
        let entry = self.entry(owner, &row);
        entry.open = entry.open.saturating_sub(1);
        entry.uncommitted |= !written.committed;
        let done = entry.open == 0 && !entry.uncommitted;
        if let Row::Insert(..) = row {
            // Whoever writes the row of this key may have found none.
            self.share(owner, &row, &written.row, &dependents.reaches);
        }
        self.extend(owner, &row, dependents, drops);
        // Of a write that is not done, all else stands and has no pages.
        if done {
            self.reach_all(owner, [&row], drops);
            self.remove(owner, &row, drops);
        }
        self.bound(owner, entity, drops);
    }

    /// Ends a scope. One that ended well lifts the fences of the writes it knows
    /// the end of; all others stand until `deadline`.
    pub(super) fn end(
        &mut self,
        owner: Owner,
        well: bool,
        deadline: Instant,
        drops: &mut Vec<Reach>,
    ) {
        for (row, is_known) in self.reach_all_of(owner, drops) {
            if is_known && well {
                self.remove(owner, &row, drops);
            }
        }
        self.stand_until(owner, deadline, drops);
    }

    /// Lets the fences of an owner stand until `deadline`.
    pub(super) fn stand_until(&mut self, owner: Owner, deadline: Instant, drops: &mut Vec<Reach>) {
        let Some(writer) = self.writers.get_mut(&owner) else {
            return;
        };
        match writer.deadline.replace(deadline) {
            Some(earlier) => {
                self.deadlines.remove(&(earlier, owner));
            }
            None => self.until_deadline += writer.entries.len(),
        }
        self.deadlines.insert((deadline, owner));
        if self.until_deadline > UNTIL_DEADLINE {
            self.stand_on_everything(deadline, drops);
        }
    }

    /// Lifts the fences whose deadline has passed.
    pub(super) fn expire(&mut self, now: Instant, drops: &mut Vec<Reach>) {
        while let Some(&(deadline, owner)) = self.deadlines.first()
            && deadline <= now
        {
            for (row, _) in self.reach_all_of(owner, drops) {
                self.remove(owner, &row, drops);
            }
            self.deadlines.remove(&(deadline, owner));
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Whether the owner has so many fences of the entity that one stands for all
    /// its rows.
    pub(super) fn holds_many(&self, owner: Owner, entity: &EntityTag) -> bool {
        let many = Row::Many(entity.clone(), owner);
        let writer = self.writers.get(&owner);
        writer.is_some_and(|writer| writer.entries.contains_key(&many))
    }

    /// Whether a fence keeps the page from being stored.
    pub(super) fn stand_on(&self, filing: &Filing) -> bool {
        self.standing.on(filing)
    }

    /// Whether a fence stands on just this.
    pub(super) fn stand_on_just(&self, reach: &Reach) -> bool {
        self.standing.has(reach)
    }

    /// Everything that fences stand on.
    pub(super) fn standing(&self) -> Vec<Reach> {
        self.standing.all()
    }

    /// The row whose statement has ended, among those `owner` has open.
    fn open_row(&self, owner: Owner, written: &Written, reaches: &[Reach]) -> Option<Row> {
        let entity = &written.row.entity;
        let entries = &self.writers.get(&owner)?.entries;
        let row = Row::Key(written.row.clone());
        if entries.get(&row).is_some_and(|entry| entry.open > 0) {
            return Some(row);
        }
        if !written.inserted {
            return None;
        }
        let mut inserts: Vec<&Row> = entries
            .iter()
            .filter(|(row, entry)| {
                entry.open > 0 && matches!(row, Row::Insert(of, _) if of == entity)
            })
            .map(|(row, _)| row)
            .collect();
        // Several inserts may be under way: the likeliest is one that foresaw
        // nothing but paths of this row.
        inserts.sort_by_key(|row| {
            let foreseen = self.rows.get(row).into_iter().flat_map(|row| &row.reaches);
            foreseen.filter(|reach| !reaches.contains(reach)).count()
        });
        inserts.first().map(|&row| row.clone())
    }

    fn entry_of_many(&mut self, owner: Owner, entity: &EntityTag) -> Option<&mut Entry> {
        let writer = self.writers.get_mut(&owner)?;
        writer.entries.get_mut(&Row::Many(entity.clone(), owner))
    }

    #[cfg(feature = "observe")]
    pub(super) fn announced(&mut self, owner: Owner) -> Option<&mut Announced> {
        self.writers.get_mut(&owner).map(|it| &mut it.announced)
    }

    pub(super) fn entry(&mut self, owner: Owner, row: &Row) -> &mut Entry {
        let writer = self.writers.entry(owner).or_default();
        if !writer.entries.contains_key(row) {
            self.rows.entry(row.clone()).or_default().writers += 1;
            self.until_deadline += usize::from(writer.deadline.is_some());
            if let Some(entity) = row.entity() {
                *writer.per_entity.entry(entity.clone()).or_default() += 1;
            }
            writer.entries.insert(row.clone(), Entry::default());
            if row.is_known() {
                for many in self.many() {
                    self.join(owner, row, many);
                }
            }
        }
        let writer = self.writers.entry(owner).or_default();
        writer.entries.entry(row.clone()).or_default()
    }

    /// Lets the end of an entry drop what another row comes to reach until then.
    pub(super) fn join(&mut self, owner: Owner, row: &Row, joined: Row) {
        let Some(writer) = self.writers.get_mut(&owner) else {
            return;
        };
        let entry = writer.entries.get_mut(row);
        if entry.is_some_and(|entry| entry.joined.insert(joined.clone())) {
            writer.joined += 1;
            self.rows.entry(joined).or_default().writers += 1;
        }
    }

    /// The fences that stand for all rows of an entity.
    fn many(&self) -> Vec<Row> {
        let many = self.many.iter();
        let many = many.flat_map(|(entity, owners)| {
            owners.iter().map(|&owner| Row::Many(entity.clone(), owner))
        });
        many.collect()
    }

    /// Lets the fence of a row reach further, which invalidates that.
    pub(super) fn extend(
        &mut self,
        owner: Owner,
        row: &Row,
        mut dependents: Dependents,
        drops: &mut Vec<Reach>,
    ) {
        if dependents.rows.len() > PER_ENTITY {
            let entities: HashSet<EntityTag> =
                dependents.rows.drain(..).map(|row| row.entity).collect();
            dependents
                .reaches
                .extend(entities.iter().map(EntityTag::reach));
        }
        for joined in &dependents.rows {
            // Whoever writes it may not know yet that this row shows it.
            self.share(owner, row, joined, &dependents.shared);
        }
        drops.extend(dependents.reaches.iter().cloned());
        self.stand_on_all(row, dependents.reaches.into_iter());
    }

    /// Lets an entry join those who write another row, and leaves them some pages.
    fn share(&mut self, owner: Owner, row: &Row, joined: &RowId, pages: &[Reach]) {
        let of = Row::Key(joined.clone());
        self.join(owner, row, of.clone());
        let many = self.many.get(&joined.entity).into_iter().flatten();
        let many = many.map(|&owner| Row::Many(joined.entity.clone(), owner));
        for of in many.chain([of]).collect::<Vec<_>>() {
            self.stand_on_all(&of, pages.iter().cloned());
        }
    }

    fn stand_on_all(&mut self, row: &Row, reaches: impl Iterator<Item = Reach>) {
        let shared = self.rows.entry(row.clone()).or_default();
        for reach in reaches {
            if shared.reaches.insert(reach.clone()) {
                self.standing.add(reach);
            }
        }
    }

    /// Invalidates all that the writes of an owner may have changed, and returns
    /// their rows, with whether the end of each write is known.
    fn reach_all_of(&self, owner: Owner, drops: &mut Vec<Reach>) -> Vec<(Row, bool)> {
        let entries = self.writers.get(&owner).map(|writer| &writer.entries);
        let entries = entries.into_iter().flatten();
        let rows: Vec<(Row, bool)> = entries
            .map(|(row, entry)| (row.clone(), entry.open == 0))
            .collect();
        self.reach_all(owner, rows.iter().map(|(row, _)| row), drops);
        let unknown = rows.iter().filter(|(_, is_known)| !is_known);
        drops.extend(unknown.filter_map(|(row, _)| row.entity().map(EntityTag::reach)));
        rows
    }

    /// Invalidates all that writes of the owner to some rows may have changed. What
    /// many of them share is gone through once.
    pub(super) fn reach_all<'a>(
        &self,
        owner: Owner,
        rows: impl IntoIterator<Item = &'a Row>,
        drops: &mut Vec<Reach>,
    ) {
        let Some(writer) = self.writers.get(&owner) else {
            return;
        };
        let mut shared: HashSet<Row> = HashSet::new();
        for row in rows {
            let entry = writer.entries.get(row).into_iter();
            let joined = entry.flat_map(|entry| entry.joined.iter().cloned());
            shared.extend(joined.chain([row.clone()]));
        }
        let shared = shared.iter().filter_map(|row| self.rows.get(row));
        drops.extend(shared.flat_map(|shared| shared.reaches.iter().cloned()));
    }

    /// Takes a writer from a row, which is what whoever reads the row waits for.
    pub(super) fn remove(&mut self, owner: Owner, row: &Row, drops: &mut Vec<Reach>) {
        let Some(writer) = self.writers.get_mut(&owner) else {
            return;
        };
        let Some(entry) = writer.entries.remove(row) else {
            return;
        };
        writer.joined -= entry.joined.len();
        self.until_deadline -= usize::from(writer.deadline.is_some());
        if let Some(entity) = row.entity() {
            subtract(&mut writer.per_entity, entity);
        }
        if writer.entries.is_empty() {
            if let Some(deadline) = writer.deadline {
                self.deadlines.remove(&(deadline, owner));
            }
            self.writers.remove(&owner);
        }
        match row {
            Row::Key(row) => drops.push(Reach::Row(row.clone())),
            Row::Many(entity, _) => {
                if let Some(owners) = self.many.get_mut(entity) {
                    owners.remove(&owner);
                    if owners.is_empty() {
                        self.many.remove(entity);
                    }
                }
                // Nobody knows which rows, nor what came to be related to which.
                drops.push(Reach::Rows);
            }
            Row::Any => drops.push(Reach::Rows),
            Row::Insert(..) => {}
        }
        self.leave(row);
        for joined in entry.joined {
            if let Row::Key(joined) = &joined {
                drops.push(Reach::Related(joined.clone()));
            }
            self.leave(&joined);
        }
    }

    /// Leaves a row; the last one takes its fence down.
    fn leave(&mut self, row: &Row) {
        let Some(shared) = self.rows.get_mut(row) else {
            return;
        };
        shared.writers -= 1;
        if shared.writers > 0 {
            return;
        }
        for reach in self.rows.remove(row).unwrap_or_default().reaches {
            self.standing.subtract(&reach);
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.writers.is_empty()
            && self.rows.is_empty()
            && self.many.is_empty()
            && self.standing.is_empty()
    }
}
