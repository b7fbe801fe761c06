//! One scheme under load, from an empty cache to quiet.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dumper_tests::Kind;
use fastrand::Rng;
use futures::future::{join_all, join3};
use tokio::time::sleep;

use crate::clients::{Client, compare_all};
use crate::scheme::Scheme;
use crate::site::{CERTAINLY_ENDED, Counts, Site};

const READERS: usize = 48;
const WRITERS: usize = 4;

/// How often there is news.
const NEWS: Duration = Duration::from_secs(5);

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) scheme: Scheme,
    pub(crate) seconds: f64,
    pub(crate) answers: u64,
    pub(crate) stale: u64,
    pub(crate) stale_for_ever: u64,
    pub(crate) renders: u64,
    pub(crate) hits: u64,
    pub(crate) uncached: u64,
    pub(crate) uncached_stale: u64,
    pub(crate) writes: u64,
    pub(crate) hang_ups: u64,
    pub(crate) panics: u64,
    pub(crate) failed_statements: u64,
    pub(crate) rollbacks: u64,
    pub(crate) refused: u64,
    pub(crate) evidence: Vec<String>,
}

impl Outcome {
    /// The part of the answers that were stale, in percent.
    pub(crate) fn stale_percent(&self) -> f64 {
        percent(self.stale, self.answers)
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "\"seconds\":{:.1},\"answers\":{},\"stale\":{},\"stale_for_ever\":{},\
             \"renders\":{},\"hits\":{},\"uncached\":{},\"uncached_stale\":{},\"writes\":{},\
             \"hang_ups\":{},\"panics\":{},\"failed_statements\":{},\"rollbacks\":{},\"refused\":{}",
            self.seconds,
            self.answers,
            self.stale,
            self.stale_for_ever,
            self.renders,
            self.hits,
            self.uncached,
            self.uncached_stale,
            self.writes,
            self.hang_ups,
            self.panics,
            self.failed_statements,
            self.rollbacks,
            self.refused,
        )
    }
}

/// Puts a scheme under load until so many answers have been checked.
pub(crate) async fn run(
    kind: Kind,
    scheme: Scheme,
    answers: u64,
    seed: u64,
) -> io::Result<Outcome> {
    let site = Site::start(kind, scheme, READERS, seed).await?;
    let start = site.state.started;
    let (stop, requests) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut seeds = Rng::with_seed(seed);
    let mut client = |number| Client {
        number,
        addr: site.addr,
        state: site.state.clone(),
        rng: seeds.fork(),
    };
    let readers = join_all((0..READERS).map(|number| client(number).read(&stop)));
    let writers = join_all((0..WRITERS).map(|number| client(number).write(&requests, &stop)));
    let watch = async {
        let mut told = Instant::now();
        while site.state.counts.answers.load(Ordering::Relaxed) < answers {
            sleep(Duration::from_millis(20)).await;
            if told.elapsed() > NEWS {
                told = Instant::now();
                tell(scheme, &site.state.counts, start);
            }
        }
        stop.store(true, Ordering::Relaxed);
    };
    join3(readers, writers, watch).await;
    let seconds = start.elapsed().as_secs_f64();

    sleep(CERTAINLY_ENDED).await;
    let until = Instant::now() + 2 * CERTAINLY_ENDED;
    while !site.state.history.is_quiet() && Instant::now() < until {
        sleep(Duration::from_millis(50)).await;
    }
    let stale_for_ever = compare_all(site.addr, &site.state).await?;
    let counts = &site.state.counts;
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let outcome = Outcome {
        scheme,
        seconds,
        answers: read(&counts.answers),
        stale: read(&counts.stale),
        stale_for_ever,
        renders: read(&counts.renders),
        hits: read(&counts.hits),
        uncached: read(&counts.uncached),
        uncached_stale: read(&counts.uncached_stale),
        writes: site.state.history.writes(),
        hang_ups: read(&counts.hang_ups),
        panics: read(&counts.panics),
        failed_statements: read(&counts.failed_statements),
        rollbacks: read(&counts.rollbacks),
        refused: read(&counts.refused),
        evidence: site.state.evidence(),
    };
    site.stop().await?;
    Ok(outcome)
}

#[expect(clippy::print_stderr, reason = "it is a command")]
fn tell(scheme: Scheme, counts: &Counts, start: Instant) {
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let (answers, hits, stale) = (
        read(&counts.answers),
        read(&counts.hits),
        read(&counts.stale),
    );
    eprintln!(
        "stress: {scheme}: {answers} answers in {:.0} s, {:.0} % hits, {stale} stale, {} failed statements, {} refused",
        start.elapsed().as_secs_f64(),
        percent(hits, answers),
        read(&counts.failed_statements),
        read(&counts.refused),
    );
}

#[expect(clippy::cast_precision_loss, reason = "it is a part in a hundred")]
fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
