//! One state of everything: the database, the ledger, the caches, who writes and
//! who renders.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::database::{Change, ITEMS, Isolation, NONE, Related, Seen, Table, Tables};
use super::fingerprint;
use super::machine::{Machine, Page};
use super::mutants::Mutant;
use super::writer::{At, Plan, Writer};
use crate::ledger::{LeaseId, Since, Tick};

/// A version of each item.
type Versions = [u8; ITEMS];

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) machine: Machine,
    pub(super) isolation: Isolation,
    pub(super) related: Related,
    pub(super) committed: Tables,
    /// How often each item has changed.
    versions: Versions,
    /// The newest version of each item whose write is done.
    done: Versions,
    pub(super) writers: [Writer; 2],
    /// The versions that each writer has made and that are not done.
    made: [Versions; 2],
    /// When each writer's scope began, once it has.
    pub(super) began: [Option<Tick>; 2],
    /// Since when what each writer reads may have changed.
    pub(super) since: [Option<Since>; 2],
    /// What each transaction saw when it began.
    pub(super) snapshots: [Tables; 2],
    readers: [Reader; 2],
    leases: [Option<LeaseId>; 2],
}

/// Who renders pages, for the cache of the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Reader {
    Idle,
    Leased(usize),
    Rendered { path: usize, page: Page },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Miss(usize),
    Render,
    Fill,
}

impl World {
    pub(super) fn new(
        planted: Option<Mutant>,
        isolation: Isolation,
        related: Related,
        plans: [Plan; 2],
    ) -> Self {
        Self {
            machine: Machine::new(planted),
            isolation,
            related,
            committed: Tables::new(related),
            versions: Versions::default(),
            done: Versions::default(),
            writers: plans.map(Writer::new),
            made: Default::default(),
            began: [None; 2],
            since: [None; 2],
            snapshots: [Tables::new(related); 2],
            readers: [Reader::Idle; 2],
            leases: [None; 2],
        }
    }

    fn paths(&self) -> usize {
        if self.related == Related::Nothing {
            2
        } else {
            4
        }
    }

    /// Whether nobody else has locked a row.
    pub(super) fn is_free(&self, number: usize, table: Table) -> bool {
        let locks = self.writers[1 - number].locks;
        match self.isolation {
            Isolation::Serialized => !locks.contains(&true),
            _ => !locks[table.index()],
        }
    }

    /// Whether the database refuses a statement since its transaction began before
    /// another one that is done.
    pub(super) fn refuses(&self, number: usize) -> bool {
        let plan = self.writers[number].plan;
        self.isolation == Isolation::Serialized
            && plan.in_transaction
            && self.snapshots[number] != self.committed
    }

    /// What a query of a writer sees; `locks` if it locks what it reads.
    pub(super) fn sees(&self, number: usize, locks: bool) -> Seen {
        let writer = &self.writers[number];
        let mut latest = self.committed;
        for &change in &writer.changes {
            latest = latest.with(change);
        }
        let is_fixed = writer.plan.in_transaction && self.isolation != Isolation::ReadCommitted;
        let mut seen = latest.seen();
        if is_fixed && !locks {
            let has_written = |table| writer.changes.iter().any(|change| change.table() == table);
            let snapshot = self.snapshots[number].seen();
            let its_vendor = if self.related == Related::ByLink {
                Table::Link
            } else {
                Table::Flavor
            };
            if !has_written(Table::Flavor) {
                let latest = seen.flavor;
                seen.flavor = snapshot.flavor;
                if has_written(its_vendor) {
                    let vendor = latest.map_or(NONE, |(_, vendor)| vendor);
                    seen.flavor = seen.flavor.map(|(slug, _)| (slug, vendor));
                }
            } else if !has_written(its_vendor) {
                let vendor = snapshot.flavor.map_or(NONE, |(_, vendor)| vendor);
                seen.flavor = seen.flavor.map(|(slug, _)| (slug, vendor));
            }
            for vendor in 0..2 {
                if !has_written(Table::Vendor(vendor)) {
                    seen.vendors[usize::from(vendor)] = snapshot.vendors[usize::from(vendor)];
                }
            }
        }
        seen
    }

    /// Whether the row of a change is there, or is not for an insert.
    pub(super) fn row_exists(&self, number: usize, change: Change) -> bool {
        let flavor = self.sees(number, true).flavor;
        match change {
            Change::Link(_) => flavor.is_some_and(|(_, vendor)| vendor == NONE),
            Change::Unlink => flavor.is_some_and(|(_, vendor)| vendor != NONE),
            Change::Insert(_) => flavor.is_none(),
            Change::RenameVendor(..) => true,
            _ => flavor.is_some(),
        }
    }

    /// Applies what a writer has done, for everybody to see.
    pub(super) fn commit(&mut self, number: usize, changes: &[Change]) {
        let before = self.committed;
        for &change in changes {
            self.committed = self.committed.with(change);
        }
        let (before, after) = (before.items(), self.committed.items());
        for item in (0..ITEMS).filter(|&item| before[item] != after[item]) {
            self.versions[item] += 1;
            self.made[number][item] = self.versions[item];
        }
    }

    /// The writes of a writer so far are done.
    pub(super) fn done(&mut self, number: usize) {
        for (done, made) in self.done.iter_mut().zip(&mut self.made[number]) {
            *done = (*done).max(std::mem::take(made));
        }
    }

    pub(super) fn may_wait(&self, limit: u8) -> bool {
        self.machine.waits < limit && !self.writers.iter().any(Writer::is_late)
    }

    pub(super) fn wait(&mut self) {
        self.machine.wait();
        for number in 0..2 {
            let writer = &self.writers[number];
            if writer.at == At::Ended || !writer.plan.in_scope {
                self.done(number);
            }
        }
    }

    /// What a reader may do now.
    pub(super) fn reads(&self, reader: usize) -> Vec<Read> {
        match self.readers[reader] {
            Reader::Idle => {
                let missing = (0..self.paths()).filter(|&path| !self.is_stored(reader, path));
                missing.map(Read::Miss).collect()
            }
            Reader::Leased(_) => vec![Read::Render],
            Reader::Rendered { .. } => vec![Read::Fill],
        }
    }

    /// Returns whether anything has changed by that.
    pub(super) fn read(&mut self, reader: usize, read: Read) -> bool {
        let is_late = self.machine.has(Mutant::LeaseIsTakenAfterTheRender);
        match (read, self.readers[reader]) {
            (Read::Miss(path), _) => {
                if !is_late {
                    let Ok(lease) = self.machine.lease(path) else {
                        return false;
                    };
                    self.leases[reader] = Some(lease);
                }
                self.readers[reader] = Reader::Leased(path);
            }
            (Read::Render, Reader::Leased(path)) => {
                if let Some(shows) = self.committed.page(path, self.related) {
                    let page =
                        std::array::from_fn(|item| shows[item].then_some(self.versions[item]));
                    self.readers[reader] = Reader::Rendered { path, page };
                } else {
                    // What is not there is not stored.
                    if let Some(lease) = self.leases[reader].take() {
                        self.machine.ledger.close(lease);
                    }
                    self.readers[reader] = Reader::Idle;
                }
            }
            (Read::Fill, Reader::Rendered { path, page }) => {
                let lease = self.leases[reader].take();
                let lease = lease.or_else(|| self.machine.lease(path).ok());
                if let Some(lease) = lease {
                    self.machine.fill(lease, path, reader, page);
                }
                self.readers[reader] = Reader::Idle;
            }
            _ => return false,
        }
        true
    }

    pub(super) fn is_stored(&self, cache: usize, path: usize) -> bool {
        self.machine.caches[cache][path].is_some()
    }

    pub(super) fn evict(&mut self, cache: usize, path: usize) {
        self.machine.caches[cache][path] = None;
    }

    /// The promise: no page shows anything older than a write that is done.
    pub(super) fn is_fresh(&self) -> bool {
        let pages = self.machine.caches.iter().flatten().flatten();
        let mut shown = pages.flat_map(|page| page.iter().zip(&self.done));
        shown.all(|(version, done)| version.is_none_or(|version| version >= *done))
    }

    /// Once all is over, neither fences nor memories are left: every page can be
    /// stored again, and nothing grows.
    pub(super) fn leaves_nothing(&self) -> bool {
        let is_over = self.writers.iter().all(|writer| writer.at == At::Ended)
            && self.readers == [Reader::Idle; 2]
            && self.machine.ledger.next_deadline().is_none();
        !is_over
            || (self.machine.ledger.fences.is_empty()
                && self.machine.ledger.invalidations.is_empty()
                && self.machine.ledger.leases.is_empty())
    }

    pub(super) fn is_fenced(&self) -> bool {
        let mut filings = super::database::named().filings.iter();
        filings.any(|filing| self.machine.ledger.fences.stand_on(filing))
    }

    /// Why a page that has been rendered may not be stored, of any reader.
    pub(super) fn refusals(&self) -> impl Iterator<Item = super::super::Refusal> {
        let renders = self.readers.iter().zip(self.leases);
        renders.filter_map(|(reader, lease)| match (reader, lease) {
            (Reader::Rendered { path, .. }, Some(lease)) => {
                let filing = &super::database::named().filings[*path];
                self.machine.ledger.check(lease, filing).err()
            }
            _ => None,
        })
    }

    fn digest(&self) -> u64 {
        let mut state = DefaultHasher::new();
        self.hash(&mut state);
        state.finish()
    }
}

impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let now = self.machine.now();
        let readings = self.since.map(|since| match since {
            Some(Since::Reading(tick)) => Some(tick),
            Some(Since::Snapshot(_)) | None => None,
        });
        // A scope that is over compares nothing any more.
        let began = [0, 1].map(|number| {
            let is_open = self.writers[number].at < At::Settled;
            self.began[number].filter(|_| is_open)
        });
        let moments = [readings, began].concat();
        fingerprint::hash(&self.machine.ledger, &self.leases, &moments, now, state);
        let snapshots = self
            .since
            .map(|since| matches!(since, Some(Since::Snapshot(_))));
        (self.isolation, self.related, self.machine.waits, snapshots).hash(state);
        self.writers.hash(state);
        self.committed.seen().hash(state);
        for (number, writer) in self.writers.iter().enumerate() {
            let is_open = writer.plan.in_transaction && writer.at < At::Over;
            if is_open && self.isolation != Isolation::ReadCommitted {
                let snapshot = &self.snapshots[number];
                (snapshot.seen(), snapshot.same_texts(self.committed)).hash(state);
            }
        }
        // Only how far a version lies behind matters.
        let behind = |item: usize, version: u8| self.versions[item] - version;
        let page_behind = |page: &Page| -> Page {
            std::array::from_fn(|item| page[item].map(|version| behind(item, version)))
        };
        for item in 0..ITEMS {
            behind(item, self.done[item]).hash(state);
            for made in &self.made {
                (made[item] > 0)
                    .then(|| behind(item, made[item]))
                    .hash(state);
            }
        }
        for cache in &self.machine.caches {
            cache
                .each_ref()
                .map(|page| page.as_ref().map(page_behind))
                .hash(state);
        }
        for reader in &self.readers {
            match reader {
                Reader::Rendered { path, page } => (path, page_behind(page)).hash(state),
                reader => reader.hash(state),
            }
        }
    }
}

impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        self.digest() == other.digest()
    }
}
