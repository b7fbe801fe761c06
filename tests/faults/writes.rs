//! The writes of clients.

use dumper_tests::row::Change;
use fastrand::Rng;

use crate::history::{History, Name, Table};
use crate::page::any_item;
use crate::world::{ITEMS, LAST, NAMES, NOTICES, SHELVES};

/// Something to be written, and how.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    what: &'static str,
    how: &'static str,
    table: Table,
    mark: u64,
    rev: u64,
    change: Change,
}

impl Write {
    /// Anything, if there is something to write.
    pub(crate) fn any(rng: &mut Rng, history: &History) -> Option<Self> {
        let how = match rng.u8(..100) {
            0..60 => "auto",
            60..92 => "commit",
            _ => "rollback",
        };
        let rev = history.number();
        let write = Self {
            what: "rev",
            how,
            table: Table::Item,
            mark: 0,
            rev,
            change: Change {
                rev: Some(rev),
                ..Change::default()
            },
        };
        match rng.u16(..1_000) {
            0..700 => Some(write.of_item("rev", any_item(rng, history)?)),
            700..730 => Some(write.of_item("rename", any_item(rng, history)?)).named(rng, history),
            730..810 => {
                let mut write = write.of_item("move", any_item(rng, history)?);
                write.change.parent = Some(rng.u64(..SHELVES));
                Some(write)
            }
            810..830 => write.inserts_or_deletes(rng, history),
            830..895 => Some(Self {
                what: "shelf",
                table: Table::Shelf,
                mark: rng.u64(..SHELVES),
                ..write
            }),
            // The first notice is one that drops all pages.
            895..897 => Some(write.of_notice(0)),
            _ => Some(write.of_notice(rng.u64(1..NOTICES))),
        }
    }

    /// Whether it drops a few pages, and none of those that processes die with.
    pub(crate) fn is_narrow(&self) -> bool {
        self.what == "rev" || self.table == Table::Notice && self.mark > 0
    }

    /// The last that a process does before it dies.
    pub(crate) fn last(rng: &mut Rng, history: &History) -> Self {
        let rev = history.number();
        Self {
            what: "rev",
            how: "die",
            table: Table::Item,
            mark: rng.u64(LAST..ITEMS),
            rev,
            change: Change {
                rev: Some(rev),
                ..Change::default()
            },
        }
    }

    /// Another write of the same row, to be sent at the same time, now and then.
    pub(crate) fn rival(&self, rng: &mut Rng, history: &History) -> Option<Self> {
        let has_rival = match self.what {
            "rename" => rng.bool(),
            "rev" | "move" | "shelf" => rng.u8(..8) == 0,
            _ => false,
        };
        if !has_rival {
            return None;
        }
        let mut rival = self.clone();
        rival.rev = history.number();
        rival.change.rev = Some(rival.rev);
        match self.what {
            "rename" => Some(rival).named(rng, history),
            _ => Some(rival),
        }
    }

    /// Another write of the same row, soon after, if it can be told again.
    pub(crate) fn again(&self, history: &History) -> Option<Self> {
        let what = match self.table {
            Table::Item if self.change.exists.is_none() => "rev",
            Table::Shelf => "shelf",
            // The first would drop all pages once more.
            Table::Notice if self.mark > 0 => "notice",
            Table::Item | Table::Notice => return None,
        };
        let rev = history.number();
        Some(Self {
            what,
            how: "auto",
            rev,
            change: Change {
                rev: Some(rev),
                ..Change::default()
            },
            ..self.clone()
        })
    }

    fn of_item(&self, what: &'static str, mark: u64) -> Self {
        Self {
            what,
            mark,
            ..self.clone()
        }
    }

    fn of_notice(self, mark: u64) -> Self {
        Self {
            what: "notice",
            table: Table::Notice,
            mark,
            ..self
        }
    }

    fn inserts_or_deletes(self, rng: &mut Rng, history: &History) -> Option<Self> {
        let many = history.look(|rows, now| {
            let items = rows.of(Table::Item).filter(|(_, row)| row.may_exist(now));
            items.count() as u64
        });
        if rng.u64(..2 * ITEMS) < many {
            let mut write = self.of_item("delete", any_item(rng, history)?);
            write.change = Change {
                exists: Some(false),
                ..Change::default()
            };
            return Some(write);
        }
        let mut write = Some(Self {
            what: "insert",
            mark: self.rev,
            ..self
        })
        .named(rng, history)?;
        write.change.exists = Some(true);
        write.change.parent = Some(rng.u64(..SHELVES));
        Some(write)
    }

    /// Takes note that it is about to be sent.
    pub(crate) fn starts(&self, history: &History) -> Name {
        history.starts(self.table, self.mark, self.rev, self.change)
    }

    pub(crate) fn request(&self) -> String {
        let Change { name, parent, .. } = self.change;
        format!(
            "POST /-/write/{}/{}/{}/{}/{}/{} HTTP/1.1\r\nHost: faults.example\r\n\
             Content-Length: 0\r\n\r\n",
            self.what,
            self.how,
            self.mark,
            self.rev,
            name.unwrap_or_default(),
            parent.unwrap_or_default()
        )
    }
}

/// A write that gives a row a name.
trait Named {
    /// Gives it one that nobody seems to have.
    fn named(self, rng: &mut Rng, history: &History) -> Option<Write>;
}

impl Named for Option<Write> {
    fn named(self, rng: &mut Rng, history: &History) -> Option<Write> {
        let mut write = self?;
        let free = history.look(|rows, now| {
            let is_free = |name: &u64| {
                let mut items = rows.of(Table::Item);
                !items
                    .any(|(_, row)| row.may_exist(now) && row.may_have_name(now, |is| is == *name))
            };
            (0..NAMES).filter(is_free).collect::<Vec<u64>>()
        });
        write.change.name = Some(rng.choice(free)?);
        Some(write)
    }
}
