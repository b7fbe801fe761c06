//! All that is written, in the order in which it may be seen.

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use dumper_tests::row::{Change, Moment, Row, Write};

use crate::world::{ITEMS, NOTICES, SHELVES};

/// The kinds of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Table {
    Item,
    Shelf,
    Notice,
}

/// The rows of the site by their tables and marks.
#[derive(Debug, Default)]
pub(crate) struct Rows(HashMap<Table, BTreeMap<u64, Row>>);

impl Rows {
    pub(crate) fn of(&self, table: Table) -> impl Iterator<Item = (u64, &Row)> {
        let rows = self.0.get(&table).into_iter().flatten();
        rows.map(|(mark, row)| (*mark, row))
    }

    pub(crate) fn get(&self, table: Table, mark: u64) -> Option<&Row> {
        self.0.get(&table)?.get(&mark)
    }

    /// What is known of a row, for people.
    pub(crate) fn evidence(&self, table: Table, mark: u64) -> String {
        let mut text = format!("{table:?} {mark}:");
        let writes = self.get(table, mark).map(|row| row.writes.as_slice());
        for write in writes.unwrap_or_default() {
            let _ = write!(text, "\n      {write:?}");
        }
        text
    }
}

/// Which write of which row.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    table: Table,
    mark: u64,
    number: u64,
}

/// What the clients know, all of which are in one thread.
#[derive(Debug)]
pub(crate) struct History(RefCell<State>);

#[derive(Debug)]
struct State {
    now: Moment,
    rows: Rows,
    /// When the requests under way began.
    asked: Vec<Option<Moment>>,
    writes: u64,
}

impl History {
    /// Of so many readers, and the first rows.
    pub(crate) fn new(readers: usize) -> Self {
        let history = Self(RefCell::new(State {
            now: 0,
            rows: Rows::default(),
            asked: vec![None; readers],
            writes: 0,
        }));
        let first = |table, mark, name, parent| {
            let change = Change {
                exists: Some(true),
                name,
                parent,
                rev: Some(0),
            };
            let write = history.starts(table, mark, 0, change);
            history.settles(&write);
            history.is_done(&write);
        };
        (0..SHELVES).for_each(|mark| first(Table::Shelf, mark, None, None));
        (0..NOTICES).for_each(|mark| first(Table::Notice, mark, None, None));
        for mark in 0..ITEMS {
            first(Table::Item, mark, Some(mark), Some(mark % SHELVES));
        }
        history
    }

    /// A number that nothing else has.
    pub(crate) fn number(&self) -> u64 {
        // The first items have the marks below.
        self.0.borrow_mut().tick() + ITEMS
    }

    /// Takes note that a reader is about to send a request.
    pub(crate) fn asks(&self, reader: usize) -> Moment {
        let mut state = self.0.borrow_mut();
        let asked = state.tick();
        state.asked[reader] = Some(asked);
        asked
    }

    /// Lets a reader compare the answer with what may be.
    pub(crate) fn answered<T>(&self, reader: usize, judge: impl FnOnce(&Rows) -> T) -> T {
        let mut state = self.0.borrow_mut();
        let verdict = judge(&state.rows);
        state.asked[reader] = None;
        verdict
    }

    /// The rows as they are now.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Rows, Moment) -> T) -> T {
        let state = self.0.borrow();
        look(&state.rows, state.now)
    }

    /// Takes note that a write is about to be sent.
    pub(crate) fn starts(&self, table: Table, mark: u64, number: u64, change: Change) -> Name {
        let mut state = self.0.borrow_mut();
        let started = state.tick();
        state.writes += 1;
        let rows = state.rows.0.entry(table).or_default();
        rows.entry(mark).or_default().writes.push(Write {
            number,
            change,
            started,
            settled: None,
            done: None,
        });
        Name {
            table,
            mark,
            number,
        }
    }

    /// Takes note that a write has its effect, if it ever has any.
    pub(crate) fn settles(&self, name: &Name) {
        self.update(name, |write, now| write.settled = Some(now));
    }

    /// Takes note that a write is promised to whoever asks from now.
    pub(crate) fn is_done(&self, name: &Name) {
        self.update(name, |write, now| write.done = Some(now));
    }

    /// Takes note that nothing has been written.
    pub(crate) fn undo(&self, name: &Name) {
        let mut state = self.0.borrow_mut();
        let Some(rows) = state.rows.0.get_mut(&name.table) else {
            return;
        };
        let Some(row) = rows.get_mut(&name.mark) else {
            return;
        };
        row.writes.retain(|write| write.number != name.number);
        if row.writes.is_empty() {
            rows.remove(&name.mark);
        }
    }

    pub(crate) fn writes(&self) -> u64 {
        self.0.borrow().writes
    }

    /// Changes what is known of a write, and forgets what that overwrites.
    fn update(&self, name: &Name, change: impl FnOnce(&mut Write, Moment)) {
        let mut state: RefMut<'_, State> = self.0.borrow_mut();
        let now = state.tick();
        let oldest = state.asked.iter().flatten().min().copied().unwrap_or(now);
        let rows = state.rows.0.entry(name.table).or_default();
        let Some(row) = rows.get_mut(&name.mark) else {
            return;
        };
        let mut writes = row.writes.iter_mut();
        let Some(write) = writes.find(|write| write.number == name.number) else {
            return;
        };
        change(write, now);
        row.forget(oldest);
        if !row.may_exist(oldest) {
            rows.remove(&name.mark);
        }
    }
}

impl State {
    fn tick(&mut self) -> Moment {
        self.now += 1;
        self.now
    }
}
