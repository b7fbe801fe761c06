//! Pages that are asked for all the time, while very many go by that are asked for once.

use dumper::Cache;

use crate::site::{hit, path, store};

const MAX_BYTES: u64 = 64 << 20;
const LENGTH: usize = 4 << 10;

/// How many times as many go by as there is room for, and how many between two requests
/// for one that is asked for all the time: by the time it is asked for again more have
/// gone by than there is room for, so that the least recent are not those to go.
const TIMES: usize = 20;
const BETWEEN: usize = 8;

/// Which part of what there is room for is asked for all the time.
const HOT: usize = 4;

/// How many of a hundred requests for these have to be hits.
const LEAST: f64 = 99.0;

pub(crate) fn measure() -> Vec<String> {
    let cache = Cache::builder().max_bytes(MAX_BYTES).build();
    let room = room(&cache);
    let hot = room / HOT;
    for number in 0..hot {
        ask(&cache, number);
    }
    // Whoever has been asked for twice is known to be wanted.
    for number in 0..hot {
        ask(&cache, number);
    }
    let scanned = room * TIMES;
    let (mut asked, mut hits) = (0, 0);
    for gone_by in 0..scanned {
        ask(&cache, hot + gone_by);
        if gone_by % BETWEEN == 0 {
            asked += 1;
            hits += u32::from(ask(&cache, fastrand::usize(..hot)));
        }
    }
    let kept = 100.0 * f64::from(hits) / f64::from(asked);
    println!(
        "  of {hot} pages, beside {scanned} that are asked for once in a cache of {room}: {kept:.2} % hits"
    );
    if kept < LEAST {
        return vec![format!("{LEAST} % have to be")];
    }
    Vec::new()
}

/// How many pages there is room for.
fn room(cache: &Cache) -> usize {
    let mut number = 0;
    while cache.stats().evicted < 1_000 {
        // No paths that are asked for afterwards.
        store(cache, usize::MAX - number, LENGTH, None);
        number += 1;
    }
    cache.stats().paths
}

/// Asks for a page as a visitor does; returns whether it was there.
fn ask(cache: &Cache, number: usize) -> bool {
    let is_there = hit(cache, &path(number)).is_some();
    if !is_there {
        store(cache, number, LENGTH, None);
    }
    is_there
}
