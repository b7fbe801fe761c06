//! Who writes: a request, a job or a task, with the hooks of each write.

use super::database::{Change, Seen};
use super::world::World;

/// What a writer is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Plan {
    /// Whether in a scope, or in a task outside any.
    pub(super) in_scope: bool,
    /// Whether in a transaction.
    pub(super) in_transaction: bool,
    pub(super) writes: [Option<Change>; 2],
    /// Whether it writes without hooks and invalidates by hand.
    pub(super) by_hand: bool,
}

/// How far a writer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum At {
    /// Before a write.
    Idle,
    /// It has read the slug of the row that it is to update.
    Loaded(Option<u8>),
    /// The fence is raised, the row as it was is to be read.
    Raised,
    /// The row as it was is read, and what is related to it is to be.
    Read(Seen),
    /// All has been read that depends on the row as it was.
    ReadRelated(Seen, Seen),
    /// The statement is to be sent.
    Ready,
    /// The statement has been done.
    Written,
    /// The row as it is has been read.
    Returned(Seen),
    /// All has been read that depends on the row as it is.
    ReturnedRelated(Seen, Seen),
    /// All writes are settled.
    Settled,
    /// `COMMIT` has been sent.
    Committing,
    /// The transaction is over, the scope is not.
    Over,
    /// The scope is over.
    Ended,
}

/// What is still on its way to the database though nobody waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Pending {
    Statement(Change),
    Commit,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Writer {
    pub(super) plan: Plan,
    pub(super) at: At,
    pub(super) write: u8,
    pub(super) attempts: u8,
    /// What its transaction has done.
    pub(super) changes: Vec<Change>,
    pub(super) locks: [bool; 4],
    pub(super) pending: Option<Pending>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// Does what comes next.
    Go,
    /// The statement fails.
    Fail,
    /// The statement is given up, but goes on in the database.
    TimeOut,
    /// The transaction is rolled back.
    RollBack,
    /// The scope ends in an error.
    EndBadly,
    /// The request is dropped.
    Cancel,
    /// The request is dropped while a statement is under way.
    CancelSent,
    /// What was on its way is done.
    Land,
    /// What was on its way never comes.
    Vanish,
}

impl Writer {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            at: At::Idle,
            write: 0,
            attempts: 0,
            changes: Vec::new(),
            locks: [false; 4],
            pending: None,
        }
    }

    pub(super) fn change(&self) -> Change {
        self.plan.writes[usize::from(self.write)].expect("a write is under way")
    }

    /// Whether a deadline must not pass now: the promise ends there.
    pub(super) fn is_late(&self) -> bool {
        let is_under_way = self.at > At::Idle && self.at < At::Settled;
        let is_open = self.pending.is_some() || !self.changes.is_empty();
        if self.plan.in_scope {
            self.at == At::Ended && is_open
        } else {
            is_open || is_under_way
        }
    }
}

/// What the writer may do now.
pub(super) fn moves(world: &World, number: usize) -> Vec<Move> {
    let mut moves = Vec::new();
    let writer = &world.writers[number];
    match writer.pending {
        Some(Pending::Statement(change)) => {
            if world.is_free(number, change.table()) {
                moves.push(Move::Land);
            }
            moves.push(Move::Vanish);
        }
        Some(Pending::Commit) => moves.extend([Move::Land, Move::Vanish]),
        None => {}
    }
    let plan = writer.plan;
    if writer.at == At::Ended {
        return moves;
    }
    if plan.by_hand {
        moves.push(Move::Go);
        return moves;
    }
    let may_go = writer.at != At::Ready
        || (world.is_free(number, writer.change().table()) && !world.refuses(number));
    if may_go {
        moves.push(Move::Go);
    }
    match writer.at {
        At::Ready => {
            moves.push(Move::Fail);
            moves.push(Move::Cancel);
            if !plan.in_transaction {
                moves.extend([Move::TimeOut, Move::CancelSent]);
            }
        }
        At::Settled if plan.in_transaction => moves.extend([Move::RollBack, Move::Cancel]),
        At::Committing => moves.push(Move::CancelSent),
        At::Over if plan.in_scope => moves.push(Move::EndBadly),
        At::Written => moves.push(Move::Cancel),
        // Elsewhere it does what it does there, or has done nothing.
        _ => {}
    }
    moves
}
