//! A process that writes the row, and tells Redis.

use super::server::Token;
use super::{Mutant, World};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Plan {
    /// Renames the row, so that its page is at another path.
    Rename(usize),
    /// Updates the row, whose page is known by its tag.
    Touch,
    Nothing,
}

/// What a writer does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum At {
    /// The mark of moves is read, and the fence is raised on what is foreseen.
    Begin,
    ReadOld,
    RaiseOld,
    /// The second half of a raise, where that is two steps.
    Raised,
    Commit,
    SwapMoves,
    LiftOld,
    LiftNew,
    DropMore,
    /// All is told, in a history that others may not know yet.
    Settle,
    Done,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Writer {
    pub(super) plan: Plan,
    pub(super) at: At,
    old: Option<usize>,
    /// The mark of moves as it was at the beginning, and at the end.
    pub(super) moves: [Option<Token>; 2],
    version: u8,
    pub(super) is_dead: bool,
    /// Whether its marks have stood ever since they were raised.
    pub(super) is_fenced: bool,
}

impl Writer {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            at: if plan == Plan::Nothing {
                At::Done
            } else {
                At::Begin
            },
            old: None,
            moves: [None; 2],
            version: 0,
            is_dead: false,
            is_fenced: true,
        }
    }

    pub(super) fn is_under_way(&self) -> bool {
        !self.is_dead && self.at > At::Begin && self.at < At::Done
    }

    /// A writer that has nothing more to do, so that what it knows does not matter.
    fn over(is_dead: bool) -> Self {
        Self {
            is_dead,
            ..Self::new(Plan::Nothing)
        }
    }

    pub(super) fn die(&mut self) {
        *self = Self::over(true);
    }

    /// Its process can be killed at this point without that a page stays wrong.
    pub(super) fn may_die(&self) -> bool {
        self.is_under_way() && self.at > At::Commit && self.is_fenced
    }

    /// Whether Redis is told of a fence next, which may fail.
    pub(super) fn raises(&self) -> bool {
        !self.is_dead && matches!(self.at, At::Begin | At::RaiseOld)
    }
}

/// Does what comes next.
pub(super) fn step(world: &mut World, number: usize) {
    let writer = world.writers[number].clone();
    match writer.plan {
        Plan::Rename(new) => rename(world, number, new),
        Plan::Touch => touch(world, number),
        Plan::Nothing => {}
    }
}

fn touch(world: &mut World, number: usize) {
    world.writers[number].at = match world.writers[number].at {
        At::Begin => {
            world.server.renew_tag(number, Some(true));
            At::Commit
        }
        At::Commit => {
            commit(world, number, None);
            At::LiftNew
        }
        At::LiftNew => {
            world.server.renew_tag(number, Some(false));
            settle(world, number)
        }
        At::Settle => end(world, number),
        at => at,
    };
}

fn rename(world: &mut World, number: usize, new: usize) {
    let old = world.writers[number].old;
    let swaps_last = world.has(Mutant::MovesAreMarkedLast);
    let at = match world.writers[number].at {
        At::Begin => {
            world.writers[number].moves[0] = Some(world.server.generations().moves);
            raise(world, number, new);
            At::ReadOld
        }
        At::ReadOld => {
            world.writers[number].old = Some(world.database.slug);
            At::RaiseOld
        }
        At::RaiseOld => {
            raise(world, number, old.unwrap_or(new));
            if world.has(Mutant::UnlinkedBeforeTheMark) {
                At::Raised
            } else {
                At::Commit
            }
        }
        At::Raised => {
            world.server.mark(number, old.unwrap_or(new), true);
            At::Commit
        }
        At::Commit => {
            commit(world, number, Some(new));
            if swaps_last {
                At::LiftOld
            } else {
                At::SwapMoves
            }
        }
        At::SwapMoves => {
            world.writers[number].moves[1] = Some(world.server.swap_moves());
            if swaps_last {
                At::DropMore
            } else {
                At::LiftOld
            }
        }
        At::LiftOld => {
            lift(world, number, old.unwrap_or(new));
            At::LiftNew
        }
        At::LiftNew => {
            lift(world, number, new);
            if swaps_last {
                At::SwapMoves
            } else {
                At::DropMore
            }
        }
        At::DropMore => {
            let [began, ended] = world.writers[number].moves;
            let others_moved = began != ended && !world.has(Mutant::MovesAreNotMarked);
            if others_moved || world.drops_more {
                world.server.renew_tag(number, None);
            }
            settle(world, number)
        }
        At::Settle => end(world, number),
        At::Done => At::Done,
    };
    world.writers[number].at = at;
}

/// Goes on without a fence that Redis could not be told of.
pub(super) fn skip(world: &mut World, number: usize) {
    let writer = &mut world.writers[number];
    writer.is_fenced = false;
    writer.moves[0] = None;
    writer.at = match (writer.plan, writer.at) {
        (Plan::Rename(_), At::Begin) => At::ReadOld,
        _ => At::Commit,
    };
}

/// Gives up telling Redis.
pub(super) fn give_up(world: &mut World, number: usize) {
    world.writers[number].at = end(world, number);
}

fn raise(world: &mut World, number: usize, path: usize) {
    world.server.unlink(path);
    let is_late = world.has(Mutant::UnlinkedBeforeTheMark);
    if !is_late || world.writers[number].at == At::Begin {
        world.server.mark(number, path, true);
    }
}

fn lift(world: &mut World, number: usize, path: usize) {
    world.server.mark(number, path, false);
    if !world.has(Mutant::LiftDropsNothing) {
        world.server.unlink(path);
    }
}

fn commit(world: &mut World, number: usize, slug: Option<usize>) {
    world.database.version += 1;
    world.database.slug = slug.unwrap_or(world.database.slug);
    world.writers[number].version = world.database.version;
}

fn settle(world: &mut World, number: usize) -> At {
    if world.is_unsettled() {
        At::Settle
    } else {
        end(world, number)
    }
}

fn end(world: &mut World, number: usize) -> At {
    world.done = world.done.max(world.writers[number].version);
    world.writers[number] = Writer::over(false);
    At::Done
}
