//! What each writer does next, in the order that the hooks and the process have.

use super::database::{Change, Isolation, NONE, Related, Seen, Table};
use super::mutants::Mutant;
use super::world::World;
use super::writer::{At, Move, Pending};
use crate::ledger::{Dependents, Owner, Since};

/// How often what depends on a row is read; the same as in the hooks.
const ATTEMPTS: u8 = 3;

pub(super) fn step(world: &mut World, number: usize, it: Move) {
    match it {
        Move::Go if world.writers[number].plan.by_hand => by_hand(world, number),
        Move::Go => go(world, number),
        Move::Fail | Move::RollBack => over(world, number),
        Move::TimeOut => {
            let change = world.writers[number].change();
            world.writers[number].pending = Some(Pending::Statement(change));
            if world.machine.has(Mutant::UnknownEndsCountAsDone) {
                let since = now(world);
                let (owner, table) = (owner(world, number), change.table());
                let nothing = Dependents::default();
                let settled = world
                    .machine
                    .settle(owner, table, (false, true), nothing, since);
                settled.unwrap();
            }
            over(world, number);
        }
        Move::EndBadly => end(world, number, false),
        Move::Cancel => {
            over(world, number);
            end(world, number, false);
        }
        Move::CancelSent => {
            let writer = &mut world.writers[number];
            if writer.at == At::Committing {
                writer.pending = Some(Pending::Commit);
                writer.at = At::Over;
            } else {
                writer.pending = Some(Pending::Statement(writer.change()));
                over(world, number);
            }
            end(world, number, false);
        }
        Move::Land => match world.writers[number].pending.take() {
            Some(Pending::Statement(change)) => world.commit(number, &[change]),
            Some(Pending::Commit) => commit(world, number),
            None => {}
        },
        Move::Vanish => {
            world.writers[number].pending = None;
            roll_back(world, number);
        }
    }
}

/// A write in raw SQL, and an invalidation after it.
fn by_hand(world: &mut World, number: usize) {
    if world.writers[number].at == At::Idle {
        let change = world.writers[number].change();
        world.commit(number, &[change]);
        world.writers[number].at = At::Written;
    } else {
        world.machine.invalidate_menu();
        world.done(number);
        world.writers[number].at = At::Ended;
    }
}

fn go(world: &mut World, number: usize) {
    let writer = &world.writers[number];
    let (plan, at) = (writer.plan, writer.at);
    match at {
        At::Idle => {
            if world.began[number].is_none() {
                // Of a task, nobody knows when.
                let tick = world.machine.ledger.tick();
                world.began[number] = Some(if plan.in_scope { tick } else { 0 });
                if plan.in_transaction {
                    // A query of its own, before any write.
                    world.snapshots[number] = world.committed;
                    return;
                }
            }
            if world.writers[number].change() == Change::Touch {
                let slug = world.sees(number, false).flavor.map(|(slug, _)| slug);
                world.writers[number].at = At::Loaded(slug);
            } else {
                raise(world, number, None);
            }
        }
        At::Loaded(slug) => raise(world, number, slug),
        At::Raised => {
            world.since[number] = Some(since(world, number));
            let seen = world.sees(number, false);
            world.writers[number].at = match world.related {
                Related::Nothing => At::ReadRelated(seen, seen),
                Related::ByColumn | Related::ByLink => At::Read(seen),
            };
        }
        At::Read(row) => {
            let related = world.sees(number, false);
            world.writers[number].at = At::ReadRelated(row, related);
        }
        At::ReadRelated(row, related) => reach_further(world, number, row, related),
        At::Ready => execute(world, number),
        At::Written => {
            world.since[number] = Some(since(world, number));
            let seen = world.sees(number, false);
            world.writers[number].at = returned(world, seen);
        }
        At::Returned(row) => {
            let related = world.sees(number, false);
            world.writers[number].at = At::ReturnedRelated(row, related);
        }
        At::ReturnedRelated(row, related) => settle(world, number, row, related),
        At::Settled => {
            let writer = &mut world.writers[number];
            writer.at = if plan.in_transaction {
                At::Committing
            } else {
                At::Over
            };
        }
        At::Committing => {
            commit(world, number);
            world.writers[number].at = At::Over;
        }
        At::Over => end(world, number, true),
        At::Ended => {}
    }
}

fn is_insert(change: Change) -> bool {
    matches!(change, Change::Insert(_) | Change::Link(_))
}

fn owner(world: &World, number: usize) -> Owner {
    let id = if world.machine.has(Mutant::AllWritersAreOne) {
        0
    } else {
        number as u64
    };
    if world.writers[number].plan.in_scope {
        Owner::Scope(id)
    } else {
        Owner::Task(id)
    }
}

fn raise(world: &mut World, number: usize, loaded: Option<u8>) {
    let change = world.writers[number].change();
    let owner = owner(world, number);
    let reads = match change {
        Change::Insert(_) | Change::Touch => world.related != Related::Nothing,
        _ => true,
    };
    if reads
        && world.machine.has(Mutant::RowIsReadBeforeTheFence)
        && world.writers[number].at == At::Idle
    {
        let slug = world.sees(number, true).flavor.map(|(slug, _)| slug);
        world.writers[number].at = At::Loaded(slug);
        return;
    }
    let mut foreseen = change.foreseen(loaded);
    let mut next = if reads { At::Raised } else { At::Ready };
    if world.machine.has(Mutant::RowIsReadBeforeTheFence) && reads {
        foreseen.extend(Change::Touch.foreseen(loaded));
        next = At::Ready;
    }
    if world.machine.has(Mutant::OldPathIsForgotten) {
        next = At::Ready;
    }
    if world.machine.has(Mutant::NewPathIsForgotten) {
        foreseen.clear();
    }
    world.machine.raise(owner, change.table(), foreseen);
    let writer = &mut world.writers[number];
    writer.attempts = 0;
    writer.at = next;
}

fn reach_further(world: &mut World, number: usize, row: Seen, related: Seen) {
    let change = world.writers[number].change();
    let (owner, table) = (owner(world, number), change.table());
    let since = world.since[number].take().expect("it has read");
    let mut dependents = if is_insert(change) {
        Dependents::default()
    } else {
        dependents(world, table, row, related)
    };
    dependents.has_read = true;
    if world.related != Related::Nothing && !world.machine.has(Mutant::NewOwnersAreNotRead) {
        let owners = related.owners(change);
        dependents.reaches.extend(owners.reaches);
        dependents.rows.extend(owners.rows);
        dependents.shared.extend(owners.shared);
    }
    let read = dependents.clone();
    let reached = world.machine.reach_further(owner, table, dependents, since);
    if reached.is_err() && !world.machine.has(Mutant::MovedRowsAreTrusted) {
        if tries_again(world, number, since) {
            world.writers[number].at = At::Raised;
            return;
        }
        let since = now(world);
        let all = or_all(table, read);
        let reached = world.machine.reach_further(owner, table, all, since);
        reached.expect("nothing is checked");
    }
    world.writers[number].at = At::Ready;
}

fn execute(world: &mut World, number: usize) {
    let change = world.writers[number].change();
    let is_there = world.row_exists(number, change);
    if !is_there {
        match change {
            // A delete of no row is no failure.
            Change::Delete | Change::Unlink => {
                world.writers[number].at = At::Written;
                returned_nothing(world, number);
            }
            _ => over(world, number),
        }
        return;
    }
    let writer = &mut world.writers[number];
    if writer.plan.in_transaction {
        writer.locks[change.table().index()] = true;
        writer.changes.push(change);
    } else {
        world.commit(number, &[change]);
    }
    world.writers[number].attempts = 0;
    if matches!(change, Change::Delete | Change::Unlink) {
        returned_nothing(world, number);
    } else if world.isolation == Isolation::RepeatableRead {
        // There is no RETURNING: the row is selected again.
        world.writers[number].at = At::Written;
    } else {
        world.since[number] = Some(since(world, number));
        let seen = world.sees(number, true);
        world.writers[number].at = returned(world, seen);
    }
}

fn returned(world: &World, row: Seen) -> At {
    match world.related {
        Related::Nothing => At::ReturnedRelated(row, row),
        Related::ByColumn | Related::ByLink => At::Returned(row),
    }
}

/// After a delete nothing depends on the row.
fn returned_nothing(world: &mut World, number: usize) {
    world.since[number] = Some(since(world, number));
    let nothing = Seen {
        flavor: None,
        vendors: [NONE, NONE],
    };
    world.writers[number].at = At::ReturnedRelated(nothing, nothing);
}

fn settle(world: &mut World, number: usize, row: Seen, related: Seen) {
    let writer = &world.writers[number];
    let (plan, change) = (writer.plan, writer.change());
    let table = change.table();
    let owner = owner(world, number);
    let since = world.since[number].take().expect("it has read");
    let mut dependents = dependents(world, table, row, related);
    let is_gone = matches!(change, Change::Delete | Change::Unlink);
    if is_gone || world.machine.has(Mutant::NewPathIsForgotten) {
        dependents = Dependents::default();
    }
    let kind = (is_insert(change), !plan.in_transaction);
    let read = dependents.clone();
    let settled = world.machine.settle(owner, table, kind, dependents, since);
    if settled.is_err() && !world.machine.has(Mutant::MovedRowsAreTrusted) {
        if tries_again(world, number, since) {
            world.since[number] = Some(self::since(world, number));
            world.writers[number].at = At::Returned(row);
            return;
        }
        let since = now(world);
        let all = or_all(table, read);
        let settled = world.machine.settle(owner, table, kind, all, since);
        settled.expect("nothing is checked");
    } else if settled.is_err() {
        let since = now(world);
        let nothing = Dependents::default();
        let settled = world.machine.settle(owner, table, kind, nothing, since);
        settled.expect("no row was read");
    }
    if !plan.in_transaction {
        world.done(number);
    }
    let writer = &mut world.writers[number];
    let is_last = writer
        .plan
        .writes
        .get(usize::from(writer.write) + 1)
        .is_none_or(Option::is_none);
    if is_last {
        writer.at = At::Settled;
    } else {
        writer.write += 1;
        writer.at = At::Idle;
    }
}

fn now(world: &World) -> Since {
    Since::Reading(world.machine.ledger.tick())
}

fn sees_the_past(world: &World, number: usize) -> bool {
    world.writers[number].plan.in_transaction && world.isolation != Isolation::Serialized
}

/// Since when what is read now may have changed; nobody knows which isolation level
/// it is at first.
fn since(world: &World, number: usize) -> Since {
    let writer = &world.writers[number];
    let is_trusted = world.machine.has(Mutant::SnapshotsAreTrusted);
    if writer.attempts > 0 || !sees_the_past(world, number) || is_trusted {
        return now(world);
    }
    let began = world.began[number].filter(|_| writer.plan.in_scope);
    Since::Snapshot(began)
}

/// Whether rows that have moved are to be read again.
fn tries_again(world: &mut World, number: usize, since: Since) -> bool {
    let is_of_use = match since {
        Since::Reading(_) => true,
        Since::Snapshot(_) => world.isolation == Isolation::ReadCommitted,
    };
    let writer = &mut world.writers[number];
    writer.attempts += 1;
    is_of_use && writer.attempts < ATTEMPTS
}

/// What was read and is not to be believed, and all pages besides.
fn or_all(table: Table, read: Dependents) -> Dependents {
    let mut all = Dependents {
        has_read: false,
        ..read
    };
    all.reaches.push(table.entity().reach());
    all
}

fn dependents(world: &World, table: Table, row: Seen, related: Seen) -> Dependents {
    row.dependents(table, related, world.related)
}

fn commit(world: &mut World, number: usize) {
    let changes = std::mem::take(&mut world.writers[number].changes);
    world.writers[number].locks = [false; 4];
    world.commit(number, &changes);
}

fn roll_back(world: &mut World, number: usize) {
    world.writers[number].changes.clear();
    world.writers[number].locks = [false; 4];
}

/// The writes end here, and so does a transaction, without a commit.
fn over(world: &mut World, number: usize) {
    roll_back(world, number);
    world.since[number] = None;
    world.writers[number].at = At::Over;
}

fn end(world: &mut World, number: usize, well: bool) {
    let owner = owner(world, number);
    world.writers[number].at = At::Ended;
    if !world.writers[number].plan.in_scope {
        return;
    }
    if !well && world.machine.has(Mutant::DropIsForgotten) {
        return;
    }
    world.machine.end(owner, well);
    if well && world.writers[number].pending.is_none() {
        world.done(number);
    }
}
