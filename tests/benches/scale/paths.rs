//! Very many paths that are invalidated in one call.

use std::time::{Duration, Instant};

use dumper::Cache;

use crate::latencies::median;
use crate::site::{done, path, store};

const PAGES: usize = 100_000;
const LENGTH: usize = 1 << 10;

/// How many paths a call has.
const PATHS: usize = 10_000;

const LONGEST: Duration = Duration::from_millis(10);

pub(crate) fn measure() -> Vec<String> {
    let cache = Cache::builder().max_bytes(1 << 30).build();
    for number in 0..PAGES {
        store(&cache, number, LENGTH, None);
    }
    let numbers: Vec<usize> = (0..PAGES).collect();
    let calls = numbers.chunks(PATHS).map(|numbers| {
        let paths: Vec<String> = numbers.iter().copied().map(path).collect();
        let started = Instant::now();
        done(cache.invalidate_paths(&paths));
        started.elapsed()
    });
    let mut calls: Vec<Duration> = calls.collect();
    assert_eq!(cache.stats().paths, 0, "all are dropped");
    let took = median(&mut calls);
    println!("  {PATHS} of {PAGES} paths are invalidated in {took:.1?}");
    if took > LONGEST {
        return vec![format!("it may take {LONGEST:?}")];
    }
    Vec::new()
}
