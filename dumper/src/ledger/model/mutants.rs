//! Ways to get the protocol wrong.

use super::database::Isolation;
use super::plans::Scenario;
use super::{FRESH, NOTHING_LEFT};

/// One mistake, planted in the ledger or in how it is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mutant {
    /// A page is stored whatever came since its lease.
    LeaseIsNotChecked,
    LeaseIsTakenAfterTheRender,
    /// Leases are given, and pages stored, where a fence stands, and its end drops
    /// nothing. (Either alone is made up for by the other.)
    FencesAreIgnored,
    /// A write in a transaction is lifted when its hooks have run.
    LiftedBeforeCommit,
    /// The row is not read before it is written.
    OldPathIsForgotten,
    NewPathIsForgotten,
    /// The row is read first, and the fence raised then.
    RowIsReadBeforeTheFence,
    /// Nobody is told of a request that was dropped.
    DropIsForgotten,
    /// A request that was dropped lifts its fences.
    DropLiftsAtOnce,
    ScopeLiftsWithoutInvalidating,
    DeadlineLiftsWithoutInvalidating,
    /// A statement whose end nobody saw is settled.
    UnknownEndsCountAsDone,
    /// Neither at the end of a scope nor at a deadline are all pages dropped.
    EntityTagIsForgotten,
    /// Two writers of one row each lift what they know.
    WritersOfARowDoNotShareIt,
    /// The end of one scope lifts the fences of another.
    AllWritersAreOne,
    /// Invalidations are not kept for the leases that are older.
    InvalidationsAreForgottenAtOnce,
    SecondCacheIsNotTold,
    /// A write does not wait for those of the rows that it read.
    RelatedRowsAreNotJoined,
    /// A row that comes to show another does not tell those who write that.
    PagesAreNotLeftToRelatedRows,
    /// What a row will belong to is not asked for before it does.
    NewOwnersAreNotRead,
    /// Rows that were written after they were read are not read again.
    MovedRowsAreTrusted,
    /// Rows that a transaction sees as they were are believed to be so still.
    SnapshotsAreTrusted,
}

impl Mutant {
    pub(super) const ALL: [Self; 22] = [
        Self::LeaseIsNotChecked,
        Self::LeaseIsTakenAfterTheRender,
        Self::FencesAreIgnored,
        Self::LiftedBeforeCommit,
        Self::OldPathIsForgotten,
        Self::NewPathIsForgotten,
        Self::RowIsReadBeforeTheFence,
        Self::DropIsForgotten,
        Self::DropLiftsAtOnce,
        Self::ScopeLiftsWithoutInvalidating,
        Self::DeadlineLiftsWithoutInvalidating,
        Self::UnknownEndsCountAsDone,
        Self::EntityTagIsForgotten,
        Self::WritersOfARowDoNotShareIt,
        Self::AllWritersAreOne,
        Self::InvalidationsAreForgottenAtOnce,
        Self::SecondCacheIsNotTold,
        Self::RelatedRowsAreNotJoined,
        Self::PagesAreNotLeftToRelatedRows,
        Self::NewOwnersAreNotRead,
        Self::MovedRowsAreTrusted,
        Self::SnapshotsAreTrusted,
    ];

    /// The smallest world that shows it.
    pub(super) fn shows_in(self) -> (Scenario, Isolation) {
        match self {
            Self::RelatedRowsAreNotJoined
            | Self::PagesAreNotLeftToRelatedRows
            | Self::NewOwnersAreNotRead
            | Self::MovedRowsAreTrusted => (Scenario::Columns, Isolation::ReadCommitted),
            Self::SnapshotsAreTrusted => (Scenario::Columns, Isolation::RepeatableRead),
            _ => (Scenario::FewRows, Isolation::ReadCommitted),
        }
    }

    /// The check that catches it.
    pub(super) fn is_caught_by(self) -> &'static str {
        match self {
            Self::DropIsForgotten => NOTHING_LEFT,
            _ => FRESH,
        }
    }
}
