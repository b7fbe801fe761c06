//! The ledger and the caches that follow it, as a process drives them.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use super::database::{ITEMS, MENU, PATHS, Table, named};
use super::mutants::Mutant;
use crate::ledger::{
    Dependents, LeaseId, Ledger, Moved, Owner, Raised, Refusal, Row, Since, Written,
};
use crate::reach::Reach;

pub(super) const DEADLINE: Duration = Duration::from_secs(10);

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A page: the version of each item that it shows.
pub(super) type Page = [Option<u8>; ITEMS];

/// The pages that a cache holds.
pub(super) type Cache = [Option<Page>; PATHS.len()];

/// Each method is one step, which nothing can come between.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) ledger: Ledger,
    pub(super) caches: [Cache; 2],
    /// How many deadlines' time has passed.
    pub(super) waits: u8,
    pub(super) planted: Option<Mutant>,
}

impl Machine {
    pub(super) fn new(planted: Option<Mutant>) -> Self {
        Self {
            ledger: Ledger::new(DEADLINE),
            caches: Default::default(),
            waits: 0,
            planted,
        }
    }

    pub(super) fn now(&self) -> Instant {
        *START + DEADLINE * u32::from(self.waits)
    }

    pub(super) fn lease(&mut self, path: usize) -> Result<LeaseId, Refusal> {
        let lease = self.ledger.lease(&named().filings[path], self.now());
        if self.has(Mutant::FencesAreIgnored) && lease.is_err() {
            return Ok(self.ledger.open(self.now()));
        }
        lease
    }

    /// Stores a page if its lease still allows.
    pub(super) fn fill(&mut self, lease: LeaseId, path: usize, cache: usize, page: Page) {
        let checked = self.ledger.check(lease, &named().filings[path]);
        let is_allowed = match checked {
            Ok(()) => true,
            Err(Refusal::Fenced) => self.has(Mutant::FencesAreIgnored),
            Err(Refusal::Invalidated | Refusal::Ended) => false,
        };
        if is_allowed || self.has(Mutant::LeaseIsNotChecked) {
            self.caches[cache][path] = Some(page);
        }
        self.ledger.close(lease);
    }

    pub(super) fn raise(&mut self, owner: Owner, table: Table, reaches: Vec<Reach>) {
        let key = self.key(owner, table);
        let now = self.now();
        let (_, drops) = self
            .ledger
            .raise(owner, table.entity(), Some(&key), reaches, now);
        self.drop_pages(&drops);
    }

    pub(super) fn reach_further(
        &mut self,
        owner: Owner,
        table: Table,
        dependents: Dependents,
        since: Since,
    ) -> Result<(), Moved> {
        let mut row = table.row();
        row.key = self.key(owner, table);
        let (raised, now) = (Raised(Row::Key(row)), self.now());
        let dependents = self.mutated(dependents);
        let reached = self
            .ledger
            .reach_further(owner, &raised, dependents, since, now);
        self.drop_pages(&reached?);
        Ok(())
    }

    pub(super) fn settle(
        &mut self,
        owner: Owner,
        table: Table,
        (inserted, committed): (bool, bool),
        dependents: Dependents,
        since: Since,
    ) -> Result<(), Moved> {
        let mut row = table.row();
        row.key = self.key(owner, table);
        let written = Written {
            row,
            inserted,
            committed: committed || self.has(Mutant::LiftedBeforeCommit),
        };
        let (now, dependents) = (self.now(), self.mutated(dependents));
        if self.has(Mutant::FencesAreIgnored) {
            let mut drops = Vec::new();
            let fences = &mut self.ledger.fences;
            fences.settle(owner, &written, dependents, &mut drops);
            return Ok(());
        }
        let settled = self.ledger.settle(owner, &written, dependents, since, now);
        self.drop_pages(&settled?);
        Ok(())
    }

    pub(super) fn end(&mut self, owner: Owner, well: bool) {
        let well = well || self.has(Mutant::DropLiftsAtOnce);
        let now = self.now();
        let is_silent =
            self.has(Mutant::ScopeLiftsWithoutInvalidating) || self.has(Mutant::FencesAreIgnored);
        let drops = if is_silent {
            let deadline = now + DEADLINE;
            self.ledger
                .fences
                .end(owner, well, deadline, &mut Vec::new());
            Vec::new()
        } else {
            self.ledger.end(owner, well, now)
        };
        self.drop_pages(&drops);
    }

    /// Lets a deadline's time pass.
    ///
    /// What is due is applied here: production applies it before anybody looks.
    pub(super) fn wait(&mut self) {
        self.waits += 1;
        let now = self.now();
        let drops = if self.has(Mutant::DeadlineLiftsWithoutInvalidating) {
            self.ledger.fences.expire(now, &mut Vec::new());
            Vec::new()
        } else {
            self.ledger.expire(now)
        };
        self.drop_pages(&drops);
    }

    pub(super) fn invalidate_menu(&mut self) {
        let drops = self
            .ledger
            .invalidate(vec![Reach::Tag(MENU.into())], self.now());
        self.drop_pages(&drops);
    }

    pub(super) fn has(&self, mutant: Mutant) -> bool {
        self.planted == Some(mutant)
    }

    fn key(&self, owner: Owner, table: Table) -> std::sync::Arc<str> {
        let key = table.row().key;
        if self.has(Mutant::WritersOfARowDoNotShareIt) {
            return format!("{key} of {owner:?}").into();
        }
        key
    }

    fn mutated(&self, mut dependents: Dependents) -> Dependents {
        if self.has(Mutant::RelatedRowsAreNotJoined) {
            dependents.rows.clear();
        }
        if self.has(Mutant::PagesAreNotLeftToRelatedRows) {
            dependents.shared.clear();
        }
        dependents
    }

    fn drop_pages(&mut self, drops: &[Reach]) {
        if self.has(Mutant::InvalidationsAreForgottenAtOnce) {
            self.ledger.invalidations.forget_until(None);
        }
        let caches = if self.has(Mutant::SecondCacheIsNotTold) {
            1
        } else {
            2
        };
        for reach in drops {
            if self.has(Mutant::EntityTagIsForgotten) && matches!(reach, Reach::Entity(_)) {
                continue;
            }
            for path in 0..PATHS.len() {
                let is_reached = match reach {
                    Reach::All => true,
                    Reach::Row(_) | Reach::Related(_) | Reach::Rows => false,
                    Reach::Entity(entity) => named().filings[path].is_page_of(entity),
                    name => named().names[path].contains(name),
                };
                if is_reached {
                    for cache in &mut self.caches[..caches] {
                        cache[path] = None;
                    }
                }
            }
        }
    }
}
