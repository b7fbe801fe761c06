//! What a cache tells its store of writes.

use std::time::Duration;

use bytes::Bytes;

use crate::path::{Kin, Path};
use crate::reach::EntityTag;

/// Pages to be dropped, with the fence that stands on them or not.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The pages.
    pub reached: Reached<'a>,
    /// What becomes of this writer's fence on them.
    pub fence: Fence,
}

/// The pages that an invalidation drops, or a fence stands on.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Reached<'a> {
    /// The pages of a path, all variants; its kin may go as well.
    Path(&'a Path),
    /// The pages of all paths that are kin.
    Kin(&'a Kin),
    /// The pages that are filed under a tag.
    Tag(&'a str),
    /// The pages that a row of an entity may have, wherever they were stored from.
    Entity(Entity<'a>),
    /// All pages.
    All,
}

/// An entity, by the paths that its pages may have.
#[derive(Clone, Copy, Debug)]
pub struct Entity<'a>(pub(crate) &'a EntityTag);

impl<'a> Entity<'a> {
    /// The name of its table.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.0.name()
    }

    /// Regular expressions, of the crate `regex` for bytes, that match the
    /// canonical paths of its pages: any of them does.
    #[must_use]
    pub fn patterns(&self) -> &'a [String] {
        self.0.patterns()
    }
}

/// What becomes of a writer's fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fence {
    /// There is none.
    None,
    /// It stands, for as long as the [changes](Changes) say from now.
    Stands,
    /// It is lifted, if it stands. Those of other writers stay.
    Lifted,
}

/// What a writer changes at a time.
#[derive(Clone, Copy, Debug)]
pub struct Changes<'a> {
    /// The process, by a number that no other has.
    pub writer: u128,
    /// The changes.
    pub changes: &'a [Change<'a>],
    /// How long the fences stand if nobody lifts or renews them.
    pub time_to_live: Duration,
    /// Whether a write that may have moved rows to other paths ends with these. The
    /// [mark](Moves) changes no later than pages are dropped and fences lifted.
    pub moved: bool,
    /// Whether the fences stood before, and nothing is to be dropped of what they
    /// stand on still. What a fence is lifted from is dropped.
    pub renew: bool,
}

/// How far the writes have come that moved rows: who finds them where he left them
/// knows that nobody else has moved any.
///
/// A store keeps one such mark for all, and makes a new one, random, for every
/// [`Changes::moved`]. What is lost with the store's memory is not the same
/// afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moves {
    /// The mark as these changes found it.
    pub found: Bytes,
    /// The mark as they left it: another one if they moved rows.
    pub left: Bytes,
}
