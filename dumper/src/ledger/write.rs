//! Writes, as far as the ledger needs to know them.

use super::Tick;
use crate::reach::{EntityTag, Reach, RowId};

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Owner {
    /// A request, or a `dumper::scope`. Its end settles its fences.
    Scope(u64),
    /// A task outside any scope. Its fences stand until a deadline.
    Task(u64),
    /// All whose fences became too many.
    Everyone,
}

/// What depends on a row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dependents {
    pub(crate) reaches: Vec<Reach>,
    /// Whether related rows were asked for.
    pub(crate) has_read: bool,
    /// The rows by which that was found.
    pub(crate) rows: Vec<RowId>,
    /// The pages that show those rows because of this one.
    pub(crate) shared: Vec<Reach>,
}

/// Since when what was read may have changed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Since {
    /// Each query saw what was committed by then, the first one after this moment.
    Reading(Tick),
    /// All queries saw what was committed when a transaction began. Nobody knows
    /// when, but for the moment before.
    Snapshot(Option<Tick>),
}

impl Dependents {
    /// What was found without reading other rows.
    pub(crate) fn reaching(reaches: Vec<Reach>) -> Self {
        Self {
            reaches,
            ..Self::default()
        }
    }
}

/// A statement that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) row: RowId,
    /// Whether the row is new.
    pub(crate) inserted: bool,
    /// Whether the write is done; if not, its owner knows when the transaction
    /// commits.
    pub(crate) committed: bool,
}

/// What a statement does to a row.
#[cfg(feature = "observe")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    Insert,
    Update,
    Delete,
}

/// A write that no hook told of.
#[cfg(feature = "observe")]
#[derive(Debug)]
pub(crate) enum Observed {
    /// To these rows, whose paths are known and not moved by it.
    Rows(Vec<(RowId, Vec<Reach>)>),
    /// To any rows of these entities.
    Entities(Vec<EntityTag>),
    /// To anything, and so to all entities, which are these.
    Anything(Vec<EntityTag>),
}

/// What a fence is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Row {
    Key(RowId),
    /// Two inserts never write the same row, so each has a number of its own.
    Insert(EntityTag, u64),
    /// Too many rows of one owner to tell apart.
    Many(EntityTag, Owner),
    /// The rows of [`Owner::Everyone`].
    Any,
}

/// A fence that has been raised.
#[derive(Debug)]
pub(crate) struct Raised(pub(super) Row);

impl Row {
    /// Whether it is one row.
    pub(super) fn is_known(&self) -> bool {
        matches!(self, Self::Key(_) | Self::Insert(..))
    }

    pub(super) fn entity(&self) -> Option<&EntityTag> {
        match self {
            Self::Key(row) => Some(&row.entity),
            Self::Insert(entity, _) | Self::Many(entity, _) => Some(entity),
            Self::Any => None,
        }
    }
}
