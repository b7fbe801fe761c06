//! Those who read and write, over sockets, and do not always wait for the answer.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use actix_web::web::Data;
use fastrand::Rng;
use tokio::time::{sleep, timeout};

use crate::checker::judge;
use crate::page::Page;
use crate::site::{PATIENCE, State, count};
use crate::{scheme, spans};
use dumper_tests::http::{Answer, Connection};
use dumper_tests::row::Moment;

/// What makes a request bypass every cache.
const CREDENTIAL: &str = "Authorization: Bearer truth\r\n";

/// A client, with the choices that its seed makes.
pub(crate) struct Client {
    pub(crate) number: usize,
    pub(crate) addr: SocketAddr,
    pub(crate) state: Data<State>,
    pub(crate) rng: Rng,
}

impl Client {
    /// Asks for pages, and has the answers judged.
    pub(crate) async fn read(mut self, stop: &AtomicBool) {
        let mut connection = Connection::to(self.addr);
        let mut missing = HashSet::new();
        while !stop.load(Ordering::Relaxed) {
            let page = Page::random(&mut self.rng);
            // Few go where there was nothing the last time.
            if missing.contains(&page) && self.rng.u8(..8) > 0 {
                continue;
            }
            if self.rng.u16(..500) == 0 {
                self.hang_up(&mut connection, &get(page, "")).await;
                continue;
            }
            let is_cached = self.rng.u8(..50) > 0;
            let head = get(page, if is_cached { "" } else { CREDENTIAL });
            let asked = self.state.history.asks(self.number);
            let answer = timeout(PATIENCE, connection.request(&head)).await;
            match answer {
                Ok(Ok(answer)) if answer.status < 500 => {
                    self.check(page, asked, &answer, is_cached);
                    if answer.status == 404 {
                        missing.insert(page);
                    } else {
                        missing.remove(&page);
                    }
                }
                _ => {
                    self.state.history.answered(self.number, |_| ());
                    count(&self.state.counts.refused);
                    connection.hang_up(false);
                }
            }
        }
    }

    fn check(&self, page: Page, asked: Moment, answer: &Answer, is_cached: bool) {
        let counts = &self.state.counts;
        let verdict = self.state.history.answered(self.number, |rows| {
            judge(rows, page, asked, answer.status, &answer.text)
        });
        if answer.is_hit() {
            count(&counts.hits);
        }
        count(if is_cached {
            &counts.answers
        } else {
            &counts.uncached
        });
        let Err(reason) = verdict else {
            return;
        };
        count(if is_cached {
            &counts.stale
        } else {
            &counts.uncached_stale
        });
        self.state.tell(|| {
            format!(
                "{page} asked for at {asked}: {} ({})\n    shown: {}\n    {reason}",
                answer.status, answer.cache_status, answer.text
            )
        });
    }

    /// Writes, by requests and by jobs.
    pub(crate) async fn write(mut self, requests: &AtomicU64, stop: &AtomicBool) {
        let mut connection = Connection::to(self.addr);
        while !stop.load(Ordering::Relaxed) {
            sleep(Duration::from_micros(self.rng.u64(..40_000))).await;
            let request = requests.fetch_add(1, Ordering::Relaxed);
            let well = match self.rng.u8(..100) {
                0 if self.state.is_stormy() => self.task(request).await,
                1..4 if self.state.is_stormy() => {
                    self.hang_up(&mut connection, &post(request)).await;
                    false
                }
                4..10 => self.job(request).await,
                _ => self.post(&mut connection, request).await,
            };
            self.state.history.ended(request, well);
        }
    }

    async fn post(&self, connection: &mut Connection, request: u64) -> bool {
        match timeout(PATIENCE, connection.request(&post(request))).await {
            Ok(Ok(answer)) => answer.status < 500,
            _ => {
                connection.hang_up(false);
                false
            }
        }
    }

    /// A job, which may be aborted.
    async fn job(&mut self, request: u64) -> bool {
        let (state, mut rng) = (self.state.clone(), self.rng.fork());
        let mut job =
            tokio::spawn(async move { scheme::job(spans::any(&state, &mut rng, request)).await });
        if self.state.is_stormy() && self.rng.u8(..4) == 0 {
            let patience = Duration::from_micros(self.rng.u64(..8_000));
            if timeout(patience, &mut job).await.is_err() {
                job.abort();
            }
            return false;
        }
        matches!(job.await, Ok(Ok(())))
    }

    /// A task without a scope: its transactions are done at some deadline.
    async fn task(&mut self, request: u64) -> bool {
        let (state, mut rng) = (self.state.clone(), self.rng.fork());
        let task = tokio::spawn(async move { spans::any(&state, &mut rng, request).await });
        // A panic is one of those told.
        let _ = task.await;
        false
    }

    /// Sends a request and closes the connection at some moment.
    async fn hang_up(&mut self, connection: &mut Connection, head: &str) {
        count(&self.state.counts.hang_ups);
        // That the connection is closed is what is wanted.
        let _ = connection.send(head).await;
        sleep(Duration::from_micros(self.rng.u64(..8_000))).await;
        connection.hang_up(self.rng.bool());
    }
}

/// Compares each page, as it is served when nothing is written any more, with
/// what it should be. Returns how many differ.
pub(crate) async fn compare_all(addr: SocketAddr, state: &State) -> io::Result<u64> {
    let mut connection = Connection::to(addr);
    let mut wrong = 0;
    for page in Page::all() {
        let first = ask(&mut connection, &get(page, "")).await?;
        let second = ask(&mut connection, &get(page, "")).await?;
        let truth = ask(&mut connection, &get(page, CREDENTIAL)).await?;
        let differs = |answer: &Answer| {
            (answer.status, rows(&answer.text)) != (truth.status, rows(&truth.text))
        };
        if differs(&first) || differs(&second) {
            wrong += 1;
            state.tell(|| {
                format!(
                    "{page} is stale for ever\n    truth: {truth:?}\n    first: {first:?}\n    second: {second:?}"
                )
            });
        }
    }
    Ok(wrong)
}

/// What a page shows, in whatever order.
fn rows(text: &str) -> BTreeSet<&str> {
    text.split_ascii_whitespace().collect()
}

/// Asks again where a render panics.
async fn ask(connection: &mut Connection, head: &str) -> io::Result<Answer> {
    let mut tries = 1;
    loop {
        let answer = timeout(PATIENCE, connection.request(head)).await;
        match answer {
            Ok(Err(_)) if tries < 10 => tries += 1,
            Ok(outcome) => return outcome,
            Err(late) => return Err(late.into()),
        }
    }
}

fn get(page: Page, fields: &str) -> String {
    format!("GET {page} HTTP/1.1\r\nHost: parlour.example\r\n{fields}\r\n")
}

fn post(request: u64) -> String {
    format!("POST /write/{request} HTTP/1.1\r\nHost: parlour.example\r\nContent-Length: 0\r\n\r\n")
}
