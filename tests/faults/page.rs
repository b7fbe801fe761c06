//! The pages of the site, as their addresses tell them.

use std::fmt;

use fastrand::Rng;

use crate::history::{History, Table};
use crate::world::{ITEMS, LAST, NAMES, NOTICES, SHELVES};

const LANGUAGES: [&str; 2] = ["en", "de"];

/// How many items most is about.
const FEW: usize = 3;

/// A page of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Page {
    /// The item that has this name now.
    Item(u64),
    ByMark(u64),
    Shelf(u64),
    Notice(u64),
}

/// One of the variants of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Variant {
    pub(crate) page: Page,
    query: u8,
    language: &'static str,
}

impl Page {
    /// What a reader asks for next.
    fn random(rng: &mut Rng, history: &History) -> Self {
        match rng.u8(..100) {
            0..25 => Self::Item(rng.u64(..NAMES)),
            25..58 => Self::ByMark(any_item(rng, history).unwrap_or_default()),
            58..65 => Self::ByMark(rng.u64(LAST..ITEMS)),
            65..82 => Self::Shelf(rng.u64(..SHELVES)),
            _ => Self::Notice(rng.u64(..NOTICES)),
        }
    }

    /// All pages that there can be.
    fn all(history: &History) -> Vec<Self> {
        let mut pages: Vec<Self> = (0..NAMES).map(Self::Item).collect();
        pages.extend((0..SHELVES).map(Self::Shelf));
        pages.extend((0..NOTICES).map(Self::Notice));
        history.look(|rows, _| {
            pages.extend(rows.of(Table::Item).map(|(mark, _)| Self::ByMark(mark)));
        });
        pages
    }
}

/// Whether it is one that processes die with.
fn is_last(mark: u64) -> bool {
    (LAST..ITEMS).contains(&mark)
}

/// An item that there may be, for anybody to save: often one of the few that most is about.
pub(crate) fn any_item(rng: &mut Rng, history: &History) -> Option<u64> {
    history.look(|rows, now| {
        let items = rows.of(Table::Item);
        let items = items.filter(|(mark, row)| !is_last(*mark) && row.may_exist(now));
        let items: Vec<u64> = items.map(|(mark, _)| mark).collect();
        let many = if rng.u8(..3) > 0 { FEW } else { items.len() };
        rng.choice(items.into_iter().take(many))
    })
}

impl Variant {
    /// What a reader asks for next.
    pub(crate) fn random(rng: &mut Rng, history: &History) -> Self {
        Self {
            page: Page::random(rng, history),
            query: u8::from(rng.u8(..8) == 0),
            language: LANGUAGES[usize::from(rng.u8(..4) == 0)],
        }
    }

    /// All that there can be.
    pub(crate) fn all(history: &History) -> Vec<Self> {
        let variants = Page::all(history).into_iter().flat_map(|page| {
            (0..2).flat_map(move |query| {
                LANGUAGES.map(|language| Self {
                    page,
                    query,
                    language,
                })
            })
        });
        variants.collect()
    }

    /// The request, which bypasses every cache if it has a credential.
    pub(crate) fn request(&self, credential: bool) -> String {
        let credential = if credential {
            "Authorization: Bearer truth\r\n"
        } else {
            ""
        };
        format!(
            "GET {}?q={} HTTP/1.1\r\nHost: faults.example\r\nAccept-Language: {}\r\n{credential}\r\n",
            self.page, self.query, self.language
        )
    }

    /// What is on the page if it is this one, of a release of the site.
    pub(crate) fn title(&self, release: &str) -> String {
        format!("{}?q={} {} {release}", self.page, self.query, self.language)
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(name) => write!(f, "/items/item-{name}/"),
            Self::ByMark(mark) => write!(f, "/items/by-mark/{mark}/"),
            Self::Shelf(mark) => write!(f, "/shelves/{mark}/"),
            Self::Notice(mark) => write!(f, "/notices/{mark}/"),
        }
    }
}
