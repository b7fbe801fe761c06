//! What of a ledger decides how it goes on.
//!
//! Ticks and the numbers of leases only grow, so no two moments would ever be the
//! same state. Here a tick is the number of open leases that are older, and a
//! time is how far away it is.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::time::Instant;

use super::super::fences::Fences;
use super::super::{LeaseId, Ledger, Tick};
use crate::ledger::write::Row;

/// Feeds a hasher with all of the ledger that matters, `holders` being those who
/// have a lease each, and `moments` those that somebody will compare with.
pub(super) fn hash<H: Hasher>(
    ledger: &Ledger,
    holders: &[Option<LeaseId>],
    moments: &[Option<Tick>],
    now: Instant,
    state: &mut H,
) {
    let leases = ledger.leases.values().map(|lease| lease.tick);
    let ticks: BTreeSet<Tick> = leases.chain(moments.iter().copied().flatten()).collect();
    let older = |tick: Tick| ticks.range(..tick).count();
    for holder in holders {
        let lease = holder.map(|id| ledger.leases.get(&id));
        let lease = lease.map(|lease| lease.map(|lease| (older(lease.tick), lease.ends - now)));
        lease.hash(state);
    }
    for moment in moments {
        moment.map(older).hash(state);
    }
    let last = ledger.invalidations.last.iter();
    unordered(last.map(|(reach, &tick)| (reach, older(tick)))).hash(state);
    let rows = ledger
        .rows
        .last
        .iter()
        .filter(|&(_, &tick)| older(tick) > 0);
    unordered(rows.map(|(reach, &tick)| (reach, older(tick)))).hash(state);
    older(ledger.rows.floor).hash(state);
    let entities = ledger.invalidations.entities.iter();
    let entities = entities.filter(|&(_, &tick)| older(tick) > 0);
    unordered(entities.map(|(entity, &tick)| (entity, older(tick)))).hash(state);
    older(ledger.invalidations.all).hash(state);
    older(ledger.invalidations.floor).hash(state);
    hash_fences(&ledger.fences, now, state);
}

fn hash_fences<H: Hasher>(fences: &Fences, now: Instant, state: &mut H) {
    let writers = fences.writers.iter().map(|(owner, writer)| {
        let entries = writer.entries.iter().map(|(row, entry)| {
            // The number of an insert is but a name.
            let reaches = match row {
                Row::Insert(..) => fences.rows.get(row).map(|row| unordered(&row.reaches)),
                _ => None,
            };
            let joined = unordered(&entry.joined);
            (named(row), reaches, entry.open, entry.uncommitted, joined)
        });
        let left = writer.deadline.map(|deadline| deadline - now);
        (owner, unordered(entries), left)
    });
    unordered(writers).hash(state);
    let rows = fences.rows.iter();
    let rows = rows.map(|(row, shared)| (named(row), shared.writers, unordered(&shared.reaches)));
    unordered(rows).hash(state);
}

fn named(row: &Row) -> (Option<&Row>, Option<&crate::reach::EntityTag>) {
    match row {
        Row::Insert(entity, _) => (None, Some(entity)),
        row => (Some(row), None),
    }
}

/// A hash that does not depend on the order.
fn unordered<T: Hash>(items: impl IntoIterator<Item = T>) -> u64 {
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let items = items.into_iter();
    items.fold(0, |sum, item| sum.wrapping_add(hasher.hash_one(item)))
}
