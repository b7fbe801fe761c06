//! Whether an answer may be: nothing on it is older than what was done before
//! the request began.

use std::collections::HashMap;

use crate::history::{Rows, Table, evidence, link};
use crate::page::Page;
use dumper_tests::row::{Moment, Row};

/// What a page shows: marks and revisions by table, in the order of the page.
struct Shown(HashMap<Table, Vec<(u64, u64)>>);

impl Shown {
    fn read(text: &str) -> Option<Self> {
        let mut shown: HashMap<Table, Vec<(u64, u64)>> = HashMap::new();
        for word in text.split_ascii_whitespace() {
            let (letter, rest) = word.split_at_checked(1)?;
            let table = match letter {
                "v" => Table::Vendor,
                "f" => Table::Flavor,
                "s" => Table::Size,
                "n" => Table::Note,
                "u" => Table::Sundae,
                "t" => Table::Topping,
                _ => return None,
            };
            let (mark, rev) = rest.split_once(':')?;
            let row = (mark.parse().ok()?, rev.parse().ok()?);
            shown.entry(table).or_default().push(row);
        }
        Some(Self(shown))
    }

    fn of(&self, table: Table) -> &[(u64, u64)] {
        self.0.get(&table).map_or(&[], Vec::as_slice)
    }
}

/// Judges an answer to a request that began at `asked`.
///
/// # Errors
///
/// Returns why it cannot be true.
pub(crate) fn judge(
    rows: &Rows,
    page: Page,
    asked: Moment,
    status: u16,
    text: &str,
) -> Result<(), String> {
    let judge = Judge { rows, asked };
    match (page, status) {
        (Page::Of(table, name), 404) => judge.nobody_has(table, name),
        (_, 200) => {
            let shown = Shown::read(text).ok_or_else(|| "it cannot be read".to_owned())?;
            judge.page(page, &shown)
        }
        _ => Err(format!("the status is {status}")),
    }
}

struct Judge<'a> {
    rows: &'a Rows,
    asked: Moment,
}

impl Judge<'_> {
    fn page(&self, page: Page, shown: &Shown) -> Result<(), String> {
        let (table, name) = match page {
            Page::List => return self.members(Table::Flavor, shown, |_, _| true, |_, _| false),
            Page::Board(board) => return self.children(Table::Note, board, shown),
            Page::Of(table, name) => (table, name),
        };
        let Some(&(mark, rev)) = shown.of(table).first() else {
            return Err(format!("there is no {} on it", table.name()));
        };
        let row = self.row(table, mark, rev)?;
        if !row.may_have_name(self.asked, |is| is == name) {
            let evidence = evidence(self.rows, table, mark);
            return Err(format!(
                "{} {mark} has another name\n    {evidence}",
                table.name()
            ));
        }
        match table {
            Table::Vendor => self.children(Table::Flavor, mark, shown),
            Table::Sundae => self.children(Table::Topping, mark, shown),
            Table::Size => self.linked(Table::Flavor, shown, |flavor| (flavor, mark)),
            _ => {
                self.vendor_of(mark, row, shown)?;
                self.linked(Table::Size, shown, |size| (mark, size))
            }
        }
    }

    fn nobody_has(&self, table: Table, name: u64) -> Result<(), String> {
        let has = |row: &Row| {
            !row.may_be_missing(self.asked) && !row.may_have_name(self.asked, |is| is != name)
        };
        match self.rows.of(table).find(|(_, row)| has(row)) {
            Some((mark, _)) => Err(self.lacks(table, mark)),
            None => Ok(()),
        }
    }

    /// The rows that belong to another, or to a board.
    fn children(&self, table: Table, parent: u64, shown: &Shown) -> Result<(), String> {
        self.members(
            table,
            shown,
            |_, row| row.may_belong_to(self.asked, |of| of == parent),
            |_, row| row.may_belong_to(self.asked, |of| of != parent),
        )
    }

    /// The rows that are linked to another.
    fn linked(
        &self,
        table: Table,
        shown: &Shown,
        ends: impl Fn(u64) -> (u64, u64),
    ) -> Result<(), String> {
        let known = |mark| {
            let (flavor, size) = ends(mark);
            self.rows.get(Table::Link, link(flavor, size))
        };
        // A link goes with its flavor.
        let may_be_gone = |mark| {
            let flavor = self.rows.get(Table::Flavor, ends(mark).0);
            flavor.is_none_or(|flavor| flavor.may_be_missing(self.asked))
        };
        self.members(
            table,
            shown,
            |mark, _| known(mark).is_some_and(|link| link.may_exist(self.asked)),
            |mark, _| {
                known(mark).is_none_or(|link| link.may_be_missing(self.asked)) || may_be_gone(mark)
            },
        )
    }

    fn vendor_of(&self, mark: u64, flavor: &Row, shown: &Shown) -> Result<(), String> {
        let belongs = |is: &dyn Fn(u64) -> bool| flavor.may_belong_to(self.asked, is);
        let right = match shown.of(Table::Vendor).first() {
            Some(&(vendor, rev)) => {
                self.row(Table::Vendor, vendor, rev)?;
                belongs(&|of| of == vendor)
            }
            // Neither a flavor that is gone by then leads to a vendor.
            None if flavor.may_be_missing(self.asked) => true,
            None => belongs(&|of| {
                let vendor = self.rows.get(Table::Vendor, of);
                vendor.is_none_or(|vendor| vendor.may_be_missing(self.asked))
            }),
        };
        if right {
            return Ok(());
        }
        let evidence = evidence(self.rows, Table::Flavor, mark);
        Err(format!("flavor {mark} has another vendor\n    {evidence}"))
    }

    /// Whether just those rows are shown that may be there, as they may be.
    fn members(
        &self,
        table: Table,
        shown: &Shown,
        may_be_here: impl Fn(u64, &Row) -> bool,
        may_be_elsewhere: impl Fn(u64, &Row) -> bool,
    ) -> Result<(), String> {
        for &(mark, rev) in shown.of(table) {
            let row = self.row(table, mark, rev)?;
            if !may_be_here(mark, row) {
                let evidence = evidence(self.rows, table, mark);
                return Err(format!(
                    "{} {mark} is not here\n    {evidence}",
                    table.name()
                ));
            }
        }
        for (mark, row) in self.rows.of(table) {
            let is_shown = shown.of(table).iter().any(|(shown, _)| *shown == mark);
            if !is_shown && !row.may_be_missing(self.asked) && !may_be_elsewhere(mark, row) {
                return Err(self.lacks(table, mark));
            }
        }
        Ok(())
    }

    /// A row that is shown.
    fn row(&self, table: Table, mark: u64, rev: u64) -> Result<&Row, String> {
        let row = self.rows.get(table, mark);
        let row = row.filter(|row| row.may_exist(self.asked) && row.may_show(self.asked, rev));
        row.ok_or_else(|| {
            let evidence = evidence(self.rows, table, mark);
            format!(
                "{} {mark} is not as in #{rev}\n    {evidence}",
                table.name()
            )
        })
    }

    fn lacks(&self, table: Table, mark: u64) -> String {
        let evidence = evidence(self.rows, table, mark);
        format!("it lacks {} {mark}\n    {evidence}", table.name())
    }
}
