//! All that is written, in the order in which it may be seen.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dumper_tests::row::{Change, Moment, Row, Write};

/// The kinds of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Table {
    Vendor,
    Flavor,
    Size,
    /// Of a flavor and a size; see [`link`].
    Link,
    Note,
    Sundae,
    Topping,
}

impl Table {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Flavor => "flavor",
            Self::Size => "size",
            Self::Link => "link",
            Self::Note => "note",
            Self::Sundae => "sundae",
            Self::Topping => "topping",
        }
    }
}

/// The mark of the link between two rows.
pub(crate) fn link(flavor: u64, size: u64) -> u64 {
    flavor << 32 | size
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

    fn table(&mut self, table: Table) -> &mut BTreeMap<u64, Row> {
        self.0.entry(table).or_default()
    }

    fn undo(&mut self, name: &Name) {
        let rows = self.table(name.table);
        let Some(row) = rows.get_mut(&name.mark) else {
            return;
        };
        row.writes.retain(|write| write.number != name.number);
        if row.writes.is_empty() {
            rows.remove(&name.mark);
        }
    }

    fn write(&mut self, name: &Name) -> Option<&mut Write> {
        let row = self.table(name.table).get_mut(&name.mark)?;
        let mut writes = row.writes.iter_mut();
        writes.find(|write| write.number == name.number)
    }
}

/// Which write of which row.
#[derive(Clone, Debug)]
struct Name {
    table: Table,
    mark: u64,
    number: u64,
}

#[derive(Debug)]
pub(crate) struct History {
    state: Mutex<State>,
    /// By when a statement that nobody waits for has ended.
    deadline: Duration,
}

#[derive(Debug)]
struct State {
    now: Moment,
    rows: Rows,
    /// When the requests under way began.
    asked: Vec<Option<Moment>>,
    /// Writes whose end nobody saw, until when they may still come.
    abandoned: VecDeque<(Instant, Name)>,
    /// Committed writes, by the request that has not been answered.
    unanswered: HashMap<u64, Vec<Name>>,
    writes: u64,
}

impl History {
    /// Of so many readers.
    pub(crate) fn new(readers: usize, deadline: Duration) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                now: 0,
                rows: Rows::default(),
                asked: vec![None; readers],
                abandoned: VecDeque::new(),
                unanswered: HashMap::new(),
                writes: 0,
            }),
            deadline,
        })
    }

    /// Takes note that a reader is about to send a request.
    pub(crate) fn asks(&self, reader: usize) -> Moment {
        let mut state = self.lock();
        let asked = state.tick();
        state.asked[reader] = Some(asked);
        asked
    }

    /// Lets a reader compare the answer with what may be.
    pub(crate) fn answered<T>(&self, reader: usize, judge: impl FnOnce(&Rows) -> T) -> T {
        let mut state = self.lock();
        let verdict = judge(&state.rows);
        state.asked[reader] = None;
        verdict
    }

    /// Takes note that the answer to a writing request has come, so that its
    /// transactions are done; if not well, or not at all, they are not.
    pub(crate) fn ended(&self, request: u64, well: bool) {
        let mut state = self.lock();
        let names = state.unanswered.remove(&request).unwrap_or_default();
        if !well {
            return;
        }
        let now = state.tick();
        for name in names {
            state.update(&name, |write| write.done = Some(now));
        }
    }

    pub(crate) fn writes(&self) -> u64 {
        self.lock().writes
    }

    /// Whether nobody's statement can be on its way any more.
    pub(crate) fn is_quiet(&self) -> bool {
        let mut state = self.lock();
        state.tick();
        state.abandoned.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tick(&mut self) -> Moment {
        self.now += 1;
        let now = Instant::now();
        while self
            .abandoned
            .front()
            .is_some_and(|(until, _)| *until <= now)
        {
            if let Some((_, name)) = self.abandoned.pop_front() {
                let moment = self.now;
                self.update(&name, |write| {
                    write.settled.get_or_insert(moment);
                });
            }
        }
        self.now
    }

    /// Changes what is known of a write, and forgets what that overwrites.
    fn update(&mut self, name: &Name, change: impl FnOnce(&mut Write)) {
        let Some(write) = self.rows.write(name) else {
            return;
        };
        change(write);
        let oldest = self.asked.iter().flatten().min().copied();
        let oldest = oldest.unwrap_or(self.now);
        let rows = self.rows.table(name.table);
        let Some(row) = rows.get_mut(&name.mark) else {
            return;
        };
        row.forget(oldest);
        if row.may_exist(oldest) {
            return;
        }
        rows.remove(&name.mark);
        if name.table == Table::Flavor {
            let links = self.rows.table(Table::Link);
            links.retain(|mark, _| mark >> 32 != name.mark);
        }
    }
}

/// Writes that are done together, or not at all.
#[derive(Debug)]
pub(crate) struct Writes {
    history: Arc<History>,
    names: Vec<Name>,
    /// Whether the database may do them though nobody waits any more.
    sent: bool,
    /// Whether each statement is a transaction of its own.
    autocommit: bool,
}

impl Writes {
    /// One write outside of a transaction, or several by one call.
    pub(crate) fn autocommit(history: &Arc<History>) -> Self {
        Self::new(history, true)
    }

    /// The writes of a transaction.
    pub(crate) fn transaction(history: &Arc<History>) -> Self {
        Self::new(history, false)
    }

    fn new(history: &Arc<History>, autocommit: bool) -> Self {
        Self {
            history: Arc::clone(history),
            names: Vec::new(),
            sent: false,
            autocommit,
        }
    }

    /// A number for a write, and for the mark of the row that it may insert.
    pub(crate) fn number(&self) -> u64 {
        self.history.lock().tick()
    }

    /// Takes note that a statement is about to be sent.
    pub(crate) fn start(&mut self, table: Table, mark: u64, number: u64, change: Change) {
        let mut state = self.history.lock();
        let started = state.tick();
        state.writes += 1;
        let row = state.rows.table(table).entry(mark).or_default();
        row.writes.push(Write {
            number,
            change,
            started,
            settled: None,
            done: None,
        });
        self.names.push(Name {
            table,
            mark,
            number,
        });
        self.sent |= self.autocommit;
    }

    /// Takes note that the `COMMIT` is about to be sent.
    pub(crate) fn commit(&mut self) {
        self.sent = true;
        let mut state = self.history.lock();
        let now = state.tick();
        for name in &self.names {
            // Nobody else has seen the writes till now.
            state.update(name, |write| write.started = now);
        }
    }

    /// Takes note that the writes have been committed; they are done when the
    /// request has been answered.
    pub(crate) fn committed(&mut self, request: u64) {
        self.settle(|state, names| {
            state.unanswered.entry(request).or_default().extend(names);
        });
    }

    /// Takes note that a statement has returned: outside of a transaction it is
    /// done.
    pub(crate) fn returned(&mut self) {
        if self.autocommit {
            self.done();
        }
    }

    /// Takes note that the writes are done.
    pub(crate) fn done(&mut self) {
        self.settle(|state, names| {
            let now = state.tick();
            for name in names {
                state.update(&name, |write| write.done = Some(now));
            }
        });
    }

    /// Takes note that nothing has been written.
    pub(crate) fn undo(&mut self) {
        self.sent = false;
        let mut state = self.history.lock();
        for name in self.names.drain(..) {
            state.rows.undo(&name);
        }
    }

    /// Takes note that the last statement has met no row.
    pub(crate) fn retract(&mut self) {
        let Some(last) = self.names.pop() else {
            return;
        };
        self.history.lock().rows.undo(&last);
    }

    /// Takes over the writes of a savepoint that was released.
    pub(crate) fn absorb(&mut self, mut savepoint: Self) {
        self.names.append(&mut savepoint.names);
    }

    fn settle(&mut self, then: impl FnOnce(&mut State, Vec<Name>)) {
        self.sent = false;
        let names = std::mem::take(&mut self.names);
        let mut state = self.history.lock();
        let now = state.tick();
        for name in &names {
            state.update(name, |write| write.settled = Some(now));
        }
        then(&mut state, names);
    }
}

impl Drop for Writes {
    fn drop(&mut self) {
        if !self.sent {
            self.undo();
            return;
        }
        let until = Instant::now() + self.history.deadline;
        let mut state = self.history.lock();
        let names = self.names.drain(..);
        state.abandoned.extend(names.map(|name| (until, name)));
    }
}

/// What is known of a row, for people.
pub(crate) fn evidence(rows: &Rows, table: Table, mark: u64) -> String {
    let mut text = format!("{} {mark}:", table.name());
    let Some(row) = rows.get(table, mark) else {
        text.push_str(" nothing is known, or it was deleted");
        return text;
    };
    for write in &row.writes {
        let Write {
            number,
            change,
            started,
            settled,
            done,
        } = write;
        let _ = write!(
            text,
            "\n      #{number} {change:?} started {started} settled {settled:?} done {done:?}"
        );
    }
    text
}
