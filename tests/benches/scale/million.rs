//! A million pages, and what each of them takes.

use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use dumper::{Cache, Page};

use crate::reader::{During, Reader};
use crate::resident::{megabytes, resident};
use crate::site::{done, hit, path, store};

const PAGES: usize = 1_000_000;
const LENGTH: usize = 1 << 10;

/// How many of them somebody asks for while the others are stored.
const READ: usize = 1_000;

/// How many bytes a page may take besides its body.
const MOST_OVERHEAD: f64 = 400.0;

/// How much more memory a cache may have that was filled twice.
const MOST_AGAIN: f64 = 1.05;

pub(crate) fn measure() -> Vec<String> {
    let before = resident();
    let cache = Cache::builder().max_bytes(8 << 30).build();
    fill(&cache, 0..READ);
    let reader = Reader::start(&cache, READ);
    reader.note(During::Nothing);
    thread::sleep(Duration::from_secs(2));
    reader.note(During::Work);
    let started = Instant::now();
    fill(&cache, READ..PAGES);
    let took = started.elapsed();
    let read = reader.stop();
    let stored = resident() - before;
    let full = serve(&cache, before);

    let stats = cache.stats();
    assert_eq!((stats.paths, stats.evicted), (PAGES, 0), "there is room");
    let overhead = |bytes: u64| bytes as f64 / PAGES as f64 - LENGTH as f64;
    let [stored, served, reckoned] = [stored, full, stats.bytes].map(overhead);
    println!("  {PAGES} pages of {LENGTH} bytes are stored in {took:.1?}");
    read.print();
    println!(
        "  bytes a page besides its body: {stored:.0}, {served:.0} once all are served, \
         {reckoned:.0} as reckoned"
    );

    let some = (0..PAGES)
        .step_by(1000)
        .map(|number| hit(&cache, &path(number)));
    let some: Vec<Weak<Page>> = some.flatten().map(|page| Arc::downgrade(&page)).collect();
    let started = Instant::now();
    done(cache.invalidate_all());
    let took = started.elapsed();
    while some.iter().any(|page| page.strong_count() > 0) {
        thread::sleep(Duration::from_millis(1));
    }
    let until_freed = started.elapsed();
    let left = resident().saturating_sub(before);
    let stats = cache.stats();
    assert_eq!((stats.paths, stats.bytes), (0, 0), "nothing is left");
    println!("  all are dropped in {took:.1?}, and freed after {until_freed:.1?}");
    fill(&cache, 0..PAGES);
    let again = serve(&cache, before);
    let [full_mb, left_mb, again_mb] = [full, left, again].map(megabytes);
    println!(
        "  the process grew by {full_mb:.0} MiB, has {left_mb:.0} once they are dropped (what the \
         allocator keeps), {again_mb:.0} when it is filled again"
    );

    let mut broken = Vec::new();
    if served > MOST_OVERHEAD {
        broken.push(format!(
            "a page may take {MOST_OVERHEAD} bytes besides its body, and takes {served:.0}"
        ));
    }
    if again as f64 > full as f64 * MOST_AGAIN {
        broken.push("what was dropped is not all used again".to_owned());
    }
    broken
}

fn fill(cache: &Cache, pages: std::ops::Range<usize>) {
    for number in pages {
        store(cache, number, LENGTH, None);
    }
}

/// Serves each page as the middleware does, of which the first time takes memory.
/// Returns how far the process has grown.
fn serve(cache: &Cache, before: u64) -> u64 {
    for number in 0..PAGES {
        let page = hit(cache, &path(number)).expect("it is stored");
        let etag = page.headers().get("etag");
        drop((page.body().clone(), etag));
    }
    resident() - before
}
