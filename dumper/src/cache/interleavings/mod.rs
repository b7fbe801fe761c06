//! What requests and writes do to each other between any two steps.
//!
//! The locks and atomics of this crate are those of shuttle here, which runs
//! each test under many schedules and prints the one that fails. The locks of
//! the store of pages and of tokio are real: nothing is scheduled while one of
//! them is held, so they need not be known to it.
//!
//! The database is a row that counts how often it was written, and a page shows
//! that number. What visitors are promised is a number too: that of the last
//! write that is done.

mod deadlines;
mod evictions;
mod fences;
mod flights;
mod invalidations;
mod mistakes;

use std::any::TypeId;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use futures::FutureExt;
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner};

use super::{Cache, Key, Lease, Lookup, Page};
use crate::Template;
use crate::ledger::Owner;
use crate::path::Path;
use crate::process::{Cause, Process};
use crate::reach::{EntityTag, Reach};
use crate::sync::{AtomicU64, Ordering};
use crate::template::Patterns;

/// How many schedules of each kind a test is run under.
const SCHEDULES: usize = 1_000;

/// How often the scheduler interrupts a task that could go on, when it is to be
/// seldom and at the worst moment.
const PREEMPTIONS: usize = 3;

const TAG: &str = "menu";

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The entity that has all pages of these tests.
static ENTITY: LazyLock<EntityTag> = LazyLock::new(|| {
    let template = Template::new("/{slug}/").unwrap();
    let patterns = Patterns::of([&template]);
    EntityTag::new(TypeId::of::<Row>(), "Row".to_owned(), Some(patterns))
});

shuttle::lazy_static! {
    /// How many milliseconds have passed, by the clock of the process.
    static ref PASSED: AtomicU64 = AtomicU64::new(0);
}

fn clock() -> Instant {
    *START + Duration::from_millis(PASSED.load(Ordering::SeqCst))
}

fn pass(time: Duration) {
    let time = u64::try_from(time.as_millis()).unwrap();
    PASSED.fetch_add(time, Ordering::SeqCst);
}

/// Runs a test under many schedules.
fn explore(test: impl Fn() + Clone + Send + Sync + 'static) {
    run(RandomScheduler::new(SCHEDULES), test.clone());
    run(PctScheduler::new(PREEMPTIONS, SCHEDULES), test);
}

fn run(scheduler: impl Scheduler + 'static, test: impl Fn() + Send + Sync + 'static) -> usize {
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(test)
}

/// What a request or a write asks of whatever drives the ledger.
trait Shell: Send + Sync + 'static {
    type Lease;

    fn select(&self, key: &Key) -> Option<Arc<Page>>;
    fn lease(&self, key: &Key) -> Option<Self::Lease>;
    fn fill(&self, lease: Self::Lease, page: Page);
    fn invalidate(&self, reach: Reach);
    fn raise(&self, owner: Owner, reaches: Vec<Reach>);
    /// How many paths have a page.
    fn paths(&self) -> usize;
    /// How many names the pages are filed under.
    fn names(&self) -> usize;
}

impl Shell for Cache {
    type Lease = Lease;

    fn select(&self, key: &Key) -> Option<Arc<Page>> {
        at_once(self.select(key, &|_| None)).ok().flatten()
    }

    fn lease(&self, key: &Key) -> Option<Lease> {
        let sought = Arc::new(self.sought(key, &|_| None));
        match at_once(self.lease_alone(&sought, &|_| None)) {
            Ok(Lookup::Miss(lease)) => Some(lease),
            _ => None,
        }
    }

    fn fill(&self, mut lease: Lease, page: Page) {
        lease.tag([TAG.into()]);
        let _ = at_once(lease.fill(page));
    }

    fn invalidate(&self, reach: Reach) {
        let told = self.process.invalidate(vec![reach], Cause::Call);
        drop(told);
    }

    fn raise(&self, owner: Owner, reaches: Vec<Reach>) {
        let raised = self
            .process
            .raise(owner, &ENTITY, Some("1"), reaches, Cause::Call);
        drop(raised.1);
    }

    fn paths(&self) -> usize {
        self.stats().paths
    }

    fn names(&self) -> usize {
        self.memory.names()
    }
}

/// What a cache in memory answers to a call that may have to wait for a store.
fn at_once<T>(call: impl Future<Output = T>) -> T {
    call.now_or_never().expect("there is no store")
}

/// A cache of a process of its own, with room for a few pages.
fn cache() -> Cache {
    cache_in(&Arc::new(Process::new(clock)))
}

fn cache_in(process: &Arc<Process>) -> Cache {
    Cache::builder()
        .max_bytes(1 << 15)
        .wait(Duration::from_hours(1))
        .build_in(process)
}

/// A row of the database, by how often it was written.
#[derive(Debug, Default)]
struct Row {
    written: AtomicU64,
    promised: AtomicU64,
}

impl Row {
    /// Commits a write. Returns the version.
    fn write(&self) -> u64 {
        self.written.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Says that a write is done: requests that start now see it.
    fn promise(&self, version: u64) {
        self.promised.fetch_max(version, Ordering::SeqCst);
    }

    fn promised(&self) -> u64 {
        self.promised.load(Ordering::SeqCst)
    }

    /// Large enough for a few pages to fill the cache.
    fn render(&self) -> Page {
        let version = self.written.load(Ordering::SeqCst);
        Page::new(200, Vec::new(), format!("{version:<6000}").into())
    }
}

#[track_caller]
fn assert_new(page: &Page, promised: u64) {
    let body = std::str::from_utf8(page.body()).unwrap();
    let shown: u64 = body.trim_end().parse().unwrap();
    assert!(shown >= promised, "stale: {shown} after {promised}");
}

/// A request for a page that shows the row.
fn visit(shell: &impl Shell, row: &Row, key: &Key) {
    let promised = row.promised();
    if let Some(page) = shell.select(key) {
        assert_new(&page, promised);
    } else if let Some(lease) = shell.lease(key) {
        shell.fill(lease, row.render());
    }
}

fn key(path: &str) -> Key {
    Key::new("https", "parlour.example", path, None).unwrap()
}

fn kin(path: &str) -> Reach {
    Reach::Kin(Path::requested(path).kin())
}
