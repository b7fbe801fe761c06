//! Who writes what: the worlds that are explored.

use super::database::{Change, NONE, Related};
use super::writer::Plan;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scenario {
    /// Pages that show one row.
    Rows,
    /// A few of these, in which most mistakes show.
    FewRows,
    /// Pages of two rows, one of which has a column for the other.
    Columns,
    /// Pages of two rows, linked by a third.
    Links,
}

const B: u8 = 1;
/// It has no page.
const C: u8 = 2;

impl Scenario {
    pub(super) fn related(self) -> Related {
        match self {
            Self::Rows | Self::FewRows => Related::Nothing,
            Self::Columns => Related::ByColumn,
            Self::Links => Related::ByLink,
        }
    }

    /// Each has a cache of its own.
    pub(super) fn readers(self) -> usize {
        match self {
            Self::Rows | Self::FewRows => 2,
            // There are twice as many pages.
            Self::Columns | Self::Links => 1,
        }
    }

    /// Every pair of plans, the order of the two aside.
    pub(super) fn pairs(self) -> Vec<[Plan; 2]> {
        let plans = self.plans();
        let firsts = plans.iter().enumerate();
        let pairs = firsts.flat_map(|(at, &one)| plans[at..].iter().map(move |&two| [one, two]));
        pairs.collect()
    }

    fn plans(self) -> Vec<Plan> {
        use Change::{Delete, Insert, Link, Move, Rename, RenameVendor, Touch, Unlink};
        match self {
            Self::Rows => vec![
                request(&[Rename(B)]),
                request(&[Touch]),
                request(&[Delete, Insert(B)]),
                transaction(&[Rename(B), Delete]),
                task(transaction(&[Rename(B)])),
            ],
            Self::FewRows => vec![
                request(&[Touch]),
                request(&[Delete]),
                transaction(&[Rename(B)]),
            ],
            Self::Columns => vec![
                request(&[Rename(B)]),
                request(&[RenameVendor(0, C)]),
                request(&[Move(1)]),
                request(&[Move(NONE)]),
                transaction(&[Touch]),
                transaction(&[Insert(B)]),
                transaction(&[Move(1), RenameVendor(1, C)]),
                transaction(&[RenameVendor(1, C)]),
            ],
            Self::Links => vec![
                request(&[Link(0)]),
                request(&[RenameVendor(0, B)]),
                transaction(&[Link(0)]),
                transaction(&[Touch]),
                transaction(&[Rename(B)]),
                transaction(&[Link(0), Unlink]),
                transaction(&[RenameVendor(0, B)]),
                by_hand(Touch),
            ],
        }
    }
}

/// A request whose statements commit by themselves.
fn request(changes: &[Change]) -> Plan {
    Plan {
        in_scope: true,
        in_transaction: false,
        writes: [changes.first().copied(), changes.get(1).copied()],
        by_hand: false,
    }
}

fn transaction(changes: &[Change]) -> Plan {
    Plan {
        in_transaction: true,
        ..request(changes)
    }
}

/// The same outside any scope.
fn task(plan: Plan) -> Plan {
    Plan {
        in_scope: false,
        ..plan
    }
}

/// A write without hooks, and an invalidation after it.
fn by_hand(change: Change) -> Plan {
    Plan {
        by_hand: true,
        ..request(&[change])
    }
}
