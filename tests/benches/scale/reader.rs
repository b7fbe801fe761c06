//! Somebody who asks for pages all the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use dumper::Cache;

use crate::latencies::Latencies;
use crate::site::{hit, path};

/// What else is going on.
#[derive(Clone, Copy)]
pub(crate) enum During {
    Nothing,
    /// What is measured.
    Work,
    /// What is not.
    Preparations,
    /// Nobody wants to know any more.
    End,
}

pub(crate) struct Reader {
    during: Arc<AtomicU8>,
    thread: JoinHandle<[Latencies; 2]>,
}

/// How long 99 of 100 hits take at most.
#[derive(Clone, Copy)]
pub(crate) struct Read {
    pub(crate) during_nothing: Duration,
    pub(crate) during_work: Duration,
}

impl Reader {
    /// Lets a thread ask for so many pages, the first ones, which stay where they are.
    pub(crate) fn start(cache: &Cache, pages: usize) -> Self {
        let during = Arc::new(AtomicU8::new(During::Preparations as u8));
        let (seen, cache) = (Arc::clone(&during), cache.clone());
        let thread = thread::spawn(move || {
            let paths: Vec<String> = (0..pages).map(path).collect();
            let mut latencies = <[Latencies; 2]>::default();
            loop {
                let path = &paths[fastrand::usize(..pages)];
                let during = usize::from(seen.load(Ordering::Relaxed));
                let started = Instant::now();
                let page = hit(&cache, path);
                let took = started.elapsed();
                assert!(page.is_some(), "{path} is stored");
                if let Some(latencies) = latencies.get_mut(during) {
                    latencies.add(took);
                } else if during == During::End as usize {
                    return latencies;
                }
            }
        });
        Self { during, thread }
    }

    pub(crate) fn note(&self, during: During) {
        self.during.store(during as u8, Ordering::Relaxed);
    }

    pub(crate) fn stop(self) -> Read {
        self.note(During::End);
        let latencies = self.thread.join().expect("it finds its pages");
        let [during_nothing, during_work] = latencies.map(|latencies| latencies.p99());
        Read {
            during_nothing,
            during_work,
        }
    }
}

impl Read {
    pub(crate) fn print(self) {
        println!(
            "  p99 of a hit: {:?} meanwhile, {:?} otherwise: {:.2} times as long",
            self.during_work,
            self.during_nothing,
            self.ratio()
        );
    }

    pub(crate) fn ratio(self) -> f64 {
        self.during_work.as_secs_f64() / self.during_nothing.as_secs_f64()
    }
}
