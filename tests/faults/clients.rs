//! Those who read and write, over sockets.

use std::cell::{Cell, RefCell};
use std::io;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dumper_tests::http::{Answer, Connection};
use dumper_tests::row::Moment;
use fastrand::Rng;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use crate::body;
use crate::checker::judge;
use crate::counts::{Counts, count};
use crate::fault::Fault;
use crate::history::{History, Name};
use crate::page::Variant;
use crate::settings::FENCE_DEADLINE;
use crate::world::{Process, Recovery};
use crate::writes::Write;

/// No request takes longer, whatever fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// When the fence of a process that was killed is over for certain.
pub(crate) const FENCE_IS_OVER: Duration =
    Duration::from_millis(1_000 + FENCE_DEADLINE.as_secs() * 1_000);

/// What all clients of a row share.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) processes: Arc<[Process]>,
    pub(crate) recovery: Arc<Recovery>,
    pub(crate) history: History,
    pub(crate) counts: Counts,
    pub(crate) stop: Cell<bool>,
    /// Whether what is invalidated ever reaches Redis. If it does not, no process
    /// may serve anything but renders.
    delivers: bool,
    /// Whether no write may drop more than a few pages, so that what is wrong stays.
    is_narrow: bool,
    /// The writes of each process that are answered, and not yet delivered.
    pub(crate) answered: Vec<RefCell<Vec<(Name, Instant)>>>,
    /// Writes whose end nobody saw, and those of processes that died.
    lost: RefCell<Vec<(Name, Instant, Lost)>>,
}

/// What is known of a lost write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// It may have been written.
    Perhaps,
    /// It has been written, and the others must know when the fence is over.
    Written,
}

/// A connection to one of the lives of a process.
struct Line<'a> {
    process: &'a Process,
    connection: Option<(u64, Connection)>,
}

impl<'a> Line<'a> {
    fn to(process: &'a Process) -> Self {
        Self {
            process,
            connection: None,
        }
    }

    /// Sends a request; `None` if the process does not live, or may fail.
    async fn ask(&mut self, head: &str) -> Option<io::Result<Answer>> {
        let life = self.process.life()?;
        let is_old = self.connection.as_ref().is_none_or(|(of, _)| *of != life);
        if is_old {
            self.connection = None;
        }
        let (_, connection) = self
            .connection
            .get_or_insert_with(|| (life, Connection::to(self.process.addr())));
        let answer = timeout(PATIENCE, connection.request(head)).await;
        let answer = answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if answer.is_err() {
            self.connection = None;
            if !self.process.must_answer(life) {
                return None;
            }
        }
        Some(answer)
    }
}

impl Site {
    pub(crate) fn new(
        processes: Arc<[Process]>,
        recovery: Arc<Recovery>,
        readers: usize,
        fault: &Fault,
    ) -> Self {
        Self {
            answered: processes.iter().map(|_| RefCell::default()).collect(),
            processes,
            recovery,
            delivers: fault.has_hits,
            is_narrow: fault.kills_writers,
            history: History::new(readers),
            counts: Counts::default(),
            stop: Cell::new(false),
            lost: RefCell::default(),
        }
    }

    /// Asks a process for pages, and has the answers judged.
    pub(crate) async fn read(&self, number: usize, mut rng: Rng) {
        let process = &self.processes[number % self.processes.len()];
        let mut line = Line::to(process);
        while !self.stop.get() {
            let variant = Variant::random(&mut rng, &self.history);
            let is_cached = rng.u8(..40) > 0;
            let began = Instant::now();
            let asked = self.history.asks(number);
            match line.ask(&variant.request(!is_cached)).await {
                Some(Ok(answer)) if answer.status < 500 => {
                    let status = &answer.cache_status;
                    self.counts.answered(status, began.elapsed());
                    if is_cached && answer.is_hit() {
                        self.recovery.hit(process.number, began);
                    }
                    self.check(number, variant, asked, &answer, is_cached);
                }
                Some(failure) => {
                    self.history.answered(number, |_| ());
                    self.fail(process, &variant.title(process.release()), &failure);
                }
                None => {
                    self.history.answered(number, |_| ());
                    sleep(Duration::from_millis(5)).await;
                }
            }
        }
    }

    fn check(
        &self,
        reader: usize,
        variant: Variant,
        asked: Moment,
        answer: &Answer,
        is_cached: bool,
    ) {
        let counts = &self.counts;
        count(if is_cached {
            &counts.requests
        } else {
            &counts.uncached
        });
        if answer.is_hit() {
            count(&counts.hits);
        }
        let process = &self.processes[reader % self.processes.len()];
        let title = variant.title(process.release());
        let rows = match answer.status {
            200 => body::read(&title, &answer.text).map(Some),
            404 => Ok(None),
            status => Err(format!("the status is {status}")),
        };
        let wrong = match rows {
            Ok(rows) => {
                let judge = |of: &_| judge(of, variant.page, asked, rows);
                let verdict = self.history.answered(reader, judge);
                verdict.inspect_err(|_| {
                    count(if is_cached {
                        &counts.stale
                    } else {
                        &counts.uncached_stale
                    });
                })
            }
            Err(reason) => {
                self.history.answered(reader, |_| ());
                count(&counts.corrupt);
                Err(reason)
            }
        };
        let Err(reason) = wrong else {
            return;
        };
        counts.tell(|| {
            let (status, cache) = (answer.status, &answer.cache_status);
            let shown = answer.text.lines().nth(1).unwrap_or_default();
            format!(
                "process {}: {title} asked for at {asked}: {status} ({cache})\n    \
                 shown: {shown}\n    {reason}",
                process.number
            )
        });
    }

    /// Writes, by requests to any process.
    pub(crate) async fn write(&self, mut rng: Rng) {
        let mut lines: Vec<Line<'_>> = self.processes.iter().map(Line::to).collect();
        let mut last: Option<Write> = None;
        while !self.stop.get() {
            // Who has just saved a row often saves it again.
            let again = last.take().filter(|_| rng.bool());
            let (pause, write) = match again.and_then(|write| write.again(&self.history)) {
                Some(write) => (4_000, Some(write)),
                None => (40_000, Write::any(&mut rng, &self.history)),
            };
            sleep(Duration::from_micros(rng.u64(..pause))).await;
            let write = write.filter(|write| !self.is_narrow || write.is_narrow());
            let Some(write) = write else {
                continue;
            };
            last = Some(write.clone());
            rng.shuffle(&mut lines);
            let Some((first, others)) = lines.split_first_mut() else {
                return;
            };
            match (write.rival(&mut rng, &self.history), others.first_mut()) {
                (Some(rival), Some(second)) => {
                    tokio::join!(self.send(first, &write), self.send(second, &rival));
                }
                _ => self.send(first, &write).await,
            }
        }
    }

    async fn send(&self, line: &mut Line<'_>, write: &Write) {
        if line.process.life().is_none() {
            return;
        }
        let name = write.starts(&self.history);
        match line.ask(&write.request()).await {
            Some(Ok(answer)) if answer.status == 200 => {
                self.history.settles(&name);
                if !self.delivers {
                    return self.history.is_done(&name);
                }
                let mut answered = self.answered[line.process.number].borrow_mut();
                answered.push((name, Instant::now()));
            }
            Some(Ok(answer)) if answer.status < 500 => self.history.undo(&name),
            Some(failure) => {
                self.fail(line.process, &write.request(), &failure);
                self.lose(name, Lost::Perhaps);
            }
            None => self.lose(name, Lost::Perhaps),
        }
    }

    /// Learns from a process what of its writes has been delivered.
    pub(crate) async fn deliver(&self, process: &Process) {
        let mut line = Line::to(process);
        let answered = &self.answered[process.number];
        while !self.stop.get() || !answered.borrow().is_empty() {
            let before = process.life();
            let names = mem::take(&mut *answered.borrow_mut());
            if names.is_empty() {
                sleep(Duration::from_millis(2)).await;
                continue;
            }
            let is_delivered = match line.ask(DELIVERED).await {
                Some(Ok(answer)) => answer.status < 300,
                Some(failure) => {
                    self.fail(process, "/-/delivered", &failure);
                    false
                }
                None => false,
            };
            for (name, since) in names {
                if is_delivered {
                    self.counts.delivered(since.elapsed());
                    self.history.is_done(&name);
                } else if before.is_some() && process.life() == before && !self.stop.get() {
                    answered.borrow_mut().push((name, since));
                } else {
                    self.lose(name, Lost::Written);
                }
            }
        }
    }

    /// Kills a process, now and then, that has committed and has told nobody, and
    /// starts it again.
    pub(crate) async fn kill(&self, mut rng: Rng) {
        while !self.stop.get() {
            sleep(Duration::from_millis(rng.u64(500..1_500))).await;
            let number = rng.usize(..self.processes.len());
            let process = &self.processes[number];
            let write = Write::last(&mut rng, &self.history);
            let name = write.starts(&self.history);
            process.dies(true);
            let mut connection = Connection::to(process.addr());
            match timeout(PATIENCE, connection.request(&write.request())).await {
                Ok(Err(_)) => {}
                // There was no such row.
                _ => {
                    self.history.undo(&name);
                    process.dies(false);
                    continue;
                }
            }
            count(&self.counts.kills);
            self.history.settles(&name);
            self.lose(name, Lost::Written);
            let processes = Arc::clone(&self.processes);
            let revived = spawn_blocking(move || processes[number].revive()).await;
            if !matches!(revived, Ok(Ok(()))) {
                self.counts
                    .tell(|| format!("process {number}: {revived:?}"));
                count(&self.counts.failed);
                return;
            }
        }
    }

    /// Sees to it that lost writes are as they must be when the fences are over.
    pub(crate) async fn expire(&self) {
        while !self.stop.get() {
            sleep(Duration::from_millis(20)).await;
            let mut lost = self.lost.borrow_mut();
            let is_over = |since: Instant| since.elapsed() > FENCE_IS_OVER;
            for (name, _, what) in lost.extract_if(.., |(_, since, _)| is_over(*since)) {
                match what {
                    Lost::Perhaps => self.history.settles(&name),
                    Lost::Written => self.history.is_done(&name),
                }
            }
        }
    }

    fn lose(&self, name: Name, what: Lost) {
        self.lost.borrow_mut().push((name, Instant::now(), what));
    }

    fn fail(&self, process: &Process, what: &str, failure: &io::Result<Answer>) {
        count(&self.counts.failed);
        self.counts.tell(|| {
            let what = what.lines().next().unwrap_or_default();
            format!("process {}: {what} failed: {failure:?}", process.number)
        });
    }
}

/// Asks whether all has been delivered.
pub(crate) const DELIVERED: &str = "GET /-/delivered HTTP/1.1\r\nHost: faults.example\r\n\r\n";
