//! Whether an answer may be: nothing on it is older than what was done before
//! the request began.

use dumper_tests::row::{Moment, Row};

use crate::history::{Rows, Table};
use crate::page::Page;

/// A row that a page shows.
struct Shown {
    table: Table,
    mark: u64,
    rev: u64,
    /// The name and the shelf of an item.
    item: Option<(u64, u64)>,
}

impl Shown {
    fn read(word: &str) -> Option<Self> {
        let (letter, rest) = word.split_at_checked(1)?;
        let numbers = rest.split(':').map(|number| number.parse().ok());
        let numbers: Vec<u64> = numbers.collect::<Option<_>>()?;
        let (table, mark, rev, item) = match (letter, numbers.as_slice()) {
            ("i", [mark, rev, name, shelf]) => (Table::Item, mark, rev, Some((*name, *shelf))),
            ("s", [mark, rev]) => (Table::Shelf, mark, rev, None),
            ("n", [mark, rev]) => (Table::Notice, mark, rev, None),
            _ => return None,
        };
        Some(Self {
            table,
            mark: *mark,
            rev: *rev,
            item,
        })
    }
}

/// Judges the rows on a page, or that there is none, for a request that began at
/// `asked`.
///
/// # Errors
///
/// Returns why it cannot be true.
pub(crate) fn judge(
    rows: &Rows,
    page: Page,
    asked: Moment,
    shown: Option<&str>,
) -> Result<(), String> {
    let judge = Judge { rows, asked };
    let Some(shown) = shown else {
        return judge.nothing(page);
    };
    let shown: Option<Vec<Shown>> = shown.split_ascii_whitespace().map(Shown::read).collect();
    let shown = shown.ok_or("its rows cannot be read")?;
    for row in &shown {
        judge.row(row)?;
    }
    let (table, mark) = match page {
        Page::Item(name) => {
            return judge.item(&shown, |item, shown| {
                shown.is_some_and(|(is, _)| is == name)
                    && item.may_have_name(asked, |is| is == name)
            });
        }
        Page::ByMark(mark) => {
            let is_it = shown.first().is_some_and(|row| row.mark == mark);
            return if is_it {
                judge.item(&shown, |_, _| true)
            } else {
                Err("it is another item".to_owned())
            };
        }
        Page::Shelf(mark) => (Table::Shelf, mark),
        Page::Notice(mark) => (Table::Notice, mark),
    };
    let is_it = |row: &Shown| (row.table, row.mark) == (table, mark);
    if !shown.first().is_some_and(is_it) {
        return Err("it is of something else".to_owned());
    }
    match page {
        Page::Shelf(shelf) => judge.items_on(shelf, &shown[1..]),
        _ => Ok(()),
    }
}

struct Judge<'a> {
    rows: &'a Rows,
    asked: Moment,
}

impl Judge<'_> {
    /// A row that is shown.
    fn row(&self, shown: &Shown) -> Result<&Row, String> {
        let row = self.rows.get(shown.table, shown.mark);
        let row = row.filter(|row| {
            row.may_exist(self.asked)
                && row.may_show(self.asked, shown.rev)
                && shown.item.is_none_or(|(name, shelf)| {
                    row.may_have_name(self.asked, |is| is == name)
                        && row.may_belong_to(self.asked, |is| is == shelf)
                })
        });
        row.ok_or_else(|| {
            format!(
                "{:?} {} is not as in #{}\n    {}",
                shown.table,
                shown.mark,
                shown.rev,
                self.rows.evidence(shown.table, shown.mark)
            )
        })
    }

    /// The page of an item, which shows its shelf.
    fn item(
        &self,
        shown: &[Shown],
        is_it: impl Fn(&Row, Option<(u64, u64)>) -> bool,
    ) -> Result<(), String> {
        let Some((item, rest)) = shown.split_first() else {
            return Err("there is no item on it".to_owned());
        };
        let row = self.row(item)?;
        // The shelf was looked for later than the item.
        let has_shelf = match rest {
            [on] => row.may_belong_to(self.asked, |is| is == on.mark),
            _ => row.may_be_missing(self.asked),
        };
        if item.table == Table::Item && has_shelf && is_it(row, item.item) {
            return Ok(());
        }
        Err(format!(
            "it shows something else\n    {}",
            self.rows.evidence(Table::Item, item.mark)
        ))
    }

    /// The items on a shelf: just those that may be there.
    fn items_on(&self, board: u64, shown: &[Shown]) -> Result<(), String> {
        let elsewhere = |row: &Shown| row.item.is_none_or(|(_, on)| on != board);
        if let Some(row) = shown.iter().find(|row| elsewhere(row)) {
            return Err(format!("item {} is on another shelf", row.mark));
        }
        for (mark, row) in self.rows.of(Table::Item) {
            let is_shown = shown.iter().any(|shown| shown.mark == mark);
            let may_lack =
                row.may_be_missing(self.asked) || row.may_belong_to(self.asked, |on| on != board);
            if !is_shown && !may_lack {
                return Err(self.lacks(mark));
            }
        }
        Ok(())
    }

    /// That there is no such page.
    fn nothing(&self, page: Page) -> Result<(), String> {
        let is_it = |mark: u64, row: &Row| match page {
            Page::Item(name) => !row.may_have_name(self.asked, |is| is != name),
            Page::ByMark(asked) => asked == mark,
            Page::Shelf(_) | Page::Notice(_) => false,
        };
        if matches!(page, Page::Shelf(_) | Page::Notice(_)) {
            return Err("there is no page".to_owned());
        }
        let mut items = self.rows.of(Table::Item);
        let item = items.find(|(mark, row)| !row.may_be_missing(self.asked) && is_it(*mark, row));
        item.map_or(Ok(()), |(mark, _)| Err(self.lacks(mark)))
    }

    fn lacks(&self, mark: u64) -> String {
        format!(
            "it lacks item {mark}\n    {}",
            self.rows.evidence(Table::Item, mark)
        )
    }
}
