//! Few pages that very many read and write.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use dumper::Cache;

use crate::site::{done, hit, lease, page, path};

const READERS: usize = 48;
const WRITERS: usize = 16;
const PAGES: usize = 8;

const SPAN: Duration = Duration::from_secs(5);

/// What whoever stores a page does first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    /// He takes a lease, and renders.
    Leased,
    /// He renders, and takes a lease: what others have written since is overwritten.
    /// If that is not caught, nothing is.
    Unleased,
}

/// A row, of which a page shows the version.
#[derive(Default)]
struct Row {
    version: AtomicU64,
    /// The version whose write is done for its writer: its page has been dropped.
    done: AtomicU64,
}

#[derive(Default)]
struct Counts {
    hits: AtomicU64,
    misses: AtomicU64,
    writes: AtomicU64,
    stale: AtomicU64,
}

pub(crate) fn measure() -> Vec<String> {
    let wrong = run(Scheme::Unleased);
    let stale = wrong.stale.into_inner();
    assert_ne!(stale, 0, "a scheme that is wrong has to be caught");
    let counts = run(Scheme::Leased);
    let [hits, misses, writes] = [counts.hits, counts.misses, counts.writes]
        .map(|count| count.into_inner() as f64 / SPAN.as_secs_f64());
    println!(
        "  {READERS} readers and {WRITERS} writers of {PAGES} pages, in a second: {hits:.0} hits, \
         {misses:.0} misses, {writes:.0} writes"
    );
    let found = counts.stale.into_inner();
    println!("  stale: {found}, and {stale} by a scheme that is wrong");
    assert_eq!(found, 0, "no page is stale");
    Vec::new()
}

fn run(scheme: Scheme) -> Counts {
    let cache = Cache::builder().build();
    let rows: [Row; PAGES] = Default::default();
    let (counts, is_over) = (Counts::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    read(&cache, &rows, scheme, &counts);
                }
            });
        }
        for _ in 0..WRITERS {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    write(&cache, &rows, scheme);
                    counts.writes.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        thread::sleep(SPAN);
        is_over.store(true, Ordering::Relaxed);
    });
    counts
}

fn read(cache: &Cache, rows: &[Row], scheme: Scheme, counts: &Counts) {
    let number = fastrand::usize(..PAGES);
    let least = rows[number].done.load(Ordering::SeqCst);
    let Some(page) = hit(cache, &path(number)) else {
        counts.misses.fetch_add(1, Ordering::Relaxed);
        return render(cache, rows, number, scheme);
    };
    counts.hits.fetch_add(1, Ordering::Relaxed);
    let body = page.body().as_ref().try_into();
    let shown = u64::from_be_bytes(body.expect("it is a version"));
    if shown < least {
        counts.stale.fetch_add(1, Ordering::Relaxed);
    }
}

fn write(cache: &Cache, rows: &[Row], scheme: Scheme) {
    let number = fastrand::usize(..PAGES);
    let row = &rows[number];
    let written = row.version.fetch_add(1, Ordering::SeqCst) + 1;
    done(cache.invalidate_paths([path(number)]));
    row.done.fetch_max(written, Ordering::SeqCst);
    render(cache, rows, number, scheme);
}

/// Stores a page of the version that there is.
fn render(cache: &Cache, rows: &[Row], number: usize, scheme: Scheme) {
    let leased = (scheme == Scheme::Leased).then(|| lease(cache, &path(number)));
    let version = rows[number].version.load(Ordering::SeqCst);
    // A render takes its time.
    thread::yield_now();
    let page = page(number, Bytes::copy_from_slice(&version.to_be_bytes()));
    let lease = leased.unwrap_or_else(|| lease(cache, &path(number)));
    // If somebody has written since, it is not stored.
    let _ = done(lease.fill(page));
}
