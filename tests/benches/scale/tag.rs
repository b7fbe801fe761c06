//! A tag of very many pages that is invalidated while others are read.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use dumper::Cache;

use crate::latencies::median;
use crate::reader::{During, Reader};
use crate::site::{done, fill, store};

/// Pages without the tag, which are read, and pages with it.
const OTHERS: usize = 100_000;
const TAGGED: usize = 100_000;
const LENGTH: usize = 1 << 10;

const ROUNDS: usize = 7;

const LONGEST: Duration = Duration::from_millis(50);

/// How many times as long a hit may take meanwhile.
const MOST: f64 = 2.0;

pub(crate) fn measure() -> Vec<String> {
    let cache = Cache::builder().max_bytes(1 << 30).build();
    for number in 0..OTHERS {
        store(&cache, number, LENGTH, None);
    }
    let reader = Reader::start(&cache, OTHERS);
    let mut rounds = Vec::new();
    let mut until_freed = Vec::new();
    for _ in 0..ROUNDS {
        let bodies = Arc::new(());
        for number in OTHERS..OTHERS + TAGGED {
            fill(&cache, number, Body::of(&bodies), Some("many"));
        }
        reader.note(During::Nothing);
        thread::sleep(Duration::from_millis(200));
        reader.note(During::Work);
        let started = Instant::now();
        done(cache.invalidate_tag("many"));
        rounds.push(started.elapsed());
        while Arc::strong_count(&bodies) > 1 {
            thread::sleep(Duration::from_millis(1));
        }
        until_freed.push(started.elapsed());
        reader.note(During::Preparations);
        assert_eq!(cache.stats().paths, OTHERS, "all of the tag are dropped");
    }
    let read = reader.stop();
    let [took, freed] = [&mut rounds, &mut until_freed].map(|rounds| median(rounds));
    println!("  a tag of {TAGGED} pages is invalidated in {took:.1?}, and freed after {freed:.1?}");
    read.print();

    let mut broken = Vec::new();
    if took > LONGEST {
        broken.push(format!("it may take {LONGEST:?}"));
    }
    if read.ratio() > MOST {
        broken.push(format!("a hit may take {MOST} times as long meanwhile"));
    }
    broken
}

/// The bytes of a page, and somebody who is told when they are freed.
struct Body {
    bytes: Vec<u8>,
    _told: Arc<()>,
}

impl Body {
    fn of(told: &Arc<()>) -> Bytes {
        Bytes::from_owner(Self {
            bytes: vec![b'.'; LENGTH],
            _told: Arc::clone(told),
        })
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
