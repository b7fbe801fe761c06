//! A round: two threads that look pages up at the same time.

use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use dumper::Page;

/// How many lookups each of them does: so many that it does not matter which of them
/// begins first.
pub(crate) const LOOKUPS: u32 = 50_000;

/// How long all of that takes a thread, on average of the two.
pub(crate) fn time(
    look_up: impl Fn(usize) -> Option<Arc<Page>> + Copy + Send,
    draws: &[Vec<usize>; 2],
) -> Duration {
    let together = &Barrier::new(draws.len());
    let [one, other] = thread::scope(|scope| {
        let threads = draws.each_ref().map(|draws| {
            scope.spawn(move || {
                together.wait();
                let started = Instant::now();
                for &number in draws {
                    black_box(look_up(number)).expect("all pages are there");
                }
                started.elapsed()
            })
        });
        threads.map(|thread| thread.join().expect("the thread does not panic"))
    });
    (one + other) / 2
}

pub(crate) fn per_lookup(round: Duration) -> Duration {
    round / LOOKUPS
}
