//! Storing a page, and the lease that it takes.

use divan::{Bencher, black_box};
use dumper::{Cache, Key, Lookup};

use crate::pages::{self, HOST, SCHEME};

/// What is there when a page is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    /// Room for more, and no page at the path.
    Enough,
    /// An older page at the path.
    Taken,
    /// No room without that another page goes.
    None,
}

/// So many pages are stored in a sample, of which no two have the same path.
const SAMPLE: u32 = 100;

#[divan::bench(args = [Room::Enough, Room::Taken, Room::None], sample_size = SAMPLE)]
fn page_of_1_kib(bencher: Bencher<'_, '_>, room: Room) {
    let max_bytes = match room {
        Room::Enough | Room::Taken => 256 << 20,
        Room::None => 16 << 20,
    };
    let cache = Cache::builder().max_bytes(max_bytes).build();
    let mut paths = (0..).map(pages::path);
    let mut recurring = (0..10 * SAMPLE as usize).map(pages::path).cycle();
    for path in recurring.by_ref().take(10 * SAMPLE as usize) {
        if room == Room::Taken {
            pages::store(&cache, &path);
        }
    }
    while room == Room::None && cache.stats().evicted == 0 {
        paths
            .by_ref()
            .take(1)
            .for_each(|path| pages::store(&cache, &path));
    }
    bencher
        .with_inputs(|| {
            let path = match room {
                Room::Taken => recurring.next(),
                Room::Enough | Room::None => paths.next(),
            };
            let path = path.expect("there is no end to either");
            (pages::lease(&cache, &path), pages::page())
        })
        .bench_local_values(|(lease, page)| pages::fill(lease, page));
}

/// A lease that is taken at a miss, and given back.
#[divan::bench]
fn lease(bencher: Bencher<'_, '_>) {
    let cache = Cache::builder().build();
    let key = Key::new(SCHEME, HOST, &pages::path(0), None).expect("nothing is encoded");
    bencher.bench(|| {
        let lookup = pages::at_once(cache.look_up(black_box(&key), &|_| None));
        assert!(matches!(lookup, Lookup::Miss(_)));
    });
}
