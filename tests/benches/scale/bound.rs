//! Whether a process grows by as much as its cache may take.

use dumper::Cache;

use crate::resident::{megabytes, resident};
use crate::site::store;

/// How far the growth may be from what was set.
const TOLERANCE: f64 = 0.05;

/// How many times over the cache is filled.
const TIMES: u64 = 2;

#[derive(Clone, Copy)]
pub(crate) struct Bound {
    max_bytes: u64,
    length: usize,
}

impl Bound {
    /// So many megabytes of pages of so many kilobytes.
    pub(crate) fn of(megabytes: u64, kilobytes: usize) -> Self {
        Self {
            max_bytes: megabytes << 20,
            length: kilobytes << 10,
        }
    }
}

pub(crate) fn measure(Bound { max_bytes, length }: Bound) -> Vec<String> {
    let before = resident();
    let cache = Cache::builder().max_bytes(max_bytes).build();
    let mut number = 0;
    while number as u64 * (length as u64) < TIMES * max_bytes {
        store(&cache, number, length, None);
        number += 1;
    }
    let grown = resident() - before;
    let stats = cache.stats();
    let ratio = grown as f64 / max_bytes as f64;
    let [grown, reckoned, bodies] =
        [grown, stats.bytes, (stats.paths * length) as u64].map(megabytes);
    println!(
        "  {ratio:.3} of what it may: grown by {grown:.0} MiB, {reckoned:.0} as reckoned, of which {bodies:.0} are bodies"
    );
    if (ratio - 1.0).abs() > TOLERANCE {
        return vec![format!("it is not within {TOLERANCE} of 1")];
    }
    Vec::new()
}
