//! The pages of the site, as their addresses tell them.

use std::fmt;

use fastrand::Rng;

use crate::history::Table;

/// How many names there are for rows of a table: a few more than rows, so that
/// names are free to be taken, and taken again.
pub(crate) const VENDORS: u64 = 9;
pub(crate) const FLAVORS: u64 = 32;
pub(crate) const SIZES: u64 = 8;
pub(crate) const SUNDAES: u64 = 7;
pub(crate) const BOARDS: u64 = 6;

/// A page of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Page {
    /// All flavors.
    List,
    /// The row of this table that has this name now.
    Of(Table, u64),
    /// The notes on a board.
    Board(u64),
}

impl Page {
    /// All pages that there can be.
    pub(crate) fn all() -> Vec<Self> {
        let mut pages = vec![Self::List];
        for (table, count) in [
            (Table::Vendor, VENDORS),
            (Table::Flavor, FLAVORS),
            (Table::Size, SIZES),
            (Table::Sundae, SUNDAES),
        ] {
            pages.extend((0..count).map(|name| Self::Of(table, name)));
        }
        pages.extend((0..BOARDS).map(Self::Board));
        pages
    }

    /// What a reader asks for next.
    pub(crate) fn random(rng: &mut Rng) -> Self {
        match rng.u8(..100) {
            0..6 => Self::List,
            6..28 => Self::Of(Table::Vendor, rng.u64(..VENDORS)),
            28..66 => Self::Of(Table::Flavor, rng.u64(..FLAVORS)),
            66..80 => Self::Of(Table::Size, rng.u64(..SIZES)),
            80..92 => Self::Of(Table::Sundae, rng.u64(..SUNDAES)),
            _ => Self::Board(rng.u64(..BOARDS)),
        }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List => f.write_str("/flavors/"),
            Self::Of(table, name) => write!(f, "/{}s/{}/", table.name(), slug(*table, *name)),
            Self::Board(number) => write!(f, "/boards/{number}/"),
        }
    }
}

/// The slug that stands for a name.
pub(crate) fn slug(table: Table, name: u64) -> String {
    format!("{}-{name}", table.name())
}

/// The name that a slug stands for.
pub(crate) fn name(slug: &str) -> Option<u64> {
    slug.rsplit_once('-')?.1.parse().ok()
}
