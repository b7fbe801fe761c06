//! Dropping pages by hand.

use divan::Bencher;
use dumper::Cache;

use crate::pages;

const TAG: &str = "menu";

#[divan::bench(args = [1, 100, 10_000], sample_size = 1)]
fn paths(bencher: Bencher<'_, '_>, count: usize) {
    let paths: Vec<String> = (0..10_000).map(pages::path).collect();
    let cache = Cache::builder().build();
    for path in &paths {
        pages::store(&cache, path);
    }
    let dropped = &paths[..count];
    bencher
        .with_inputs(|| {
            for path in dropped {
                pages::store(&cache, path);
            }
        })
        .bench_local_values(|()| pages::at_once(cache.invalidate_paths(dropped)));
}

/// A tag of so many pages among 100,000.
#[divan::bench(args = [100, 100_000], sample_size = 1, sample_count = 20)]
fn tag(bencher: Bencher<'_, '_>, count: usize) {
    let paths: Vec<String> = (0..100_000).map(pages::path).collect();
    let cache = Cache::builder().max_bytes(1 << 30).build();
    let (tagged, others) = paths.split_at(count);
    for path in others {
        pages::store(&cache, path);
    }
    bencher
        .with_inputs(|| {
            for path in tagged {
                let mut lease = pages::lease(&cache, path);
                lease.tag([TAG.into()]);
                pages::fill(lease, pages::page());
            }
            assert_eq!(cache.stats().paths, paths.len(), "none was evicted");
        })
        .bench_local_values(|()| pages::at_once(cache.invalidate_tag(TAG)));
}
