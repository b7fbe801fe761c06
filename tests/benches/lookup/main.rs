//! What a lookup costs beside one in a `DashMap` of the same pages.
//!
//! Two threads look pages up at the same time, in the one and in the other, in short
//! rounds by turns. What counts is the ratio of the two in a round, and the median of
//! all rounds: a machine that is busy is so for both.
//!
//! With `--check` it fails if a lookup takes longer than it may.

#![allow(clippy::print_stdout, reason = "the table is what it is for")]

#[path = "../pages.rs"]
mod pages;
#[path = "../ratio.rs"]
mod ratio;
mod round;
#[path = "../zipf.rs"]
mod zipf;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use dashmap::DashMap;
use dumper::{Cache, KeyRef, Page};

use self::pages::{HOST, SCHEME};
use self::ratio::{Outcome, Pairs};
use self::round::LOOKUPS;
use self::zipf::PAGES;

/// Rounds that are measured, and rounds before them that are not.
const ROUNDS: usize = 300;
const WARM_UP: usize = 20;

/// What pages are asked for.
struct Load {
    name: &'static str,
    draw: fn(u64) -> Vec<usize>,
    /// What a lookup may take, as a multiple of one in the map.
    limit: f64,
}

const LOADS: [Load; 2] = [
    Load {
        name: "zipf",
        draw: |seed| zipf::draw(LOOKUPS as usize, seed),
        limit: 1.2,
    },
    Load {
        name: "one hot key",
        draw: |_| vec![PAGES / 2; LOOKUPS as usize],
        limit: 1.0,
    },
];

fn main() -> ExitCode {
    let checks = env::args().any(|argument| argument == "--check");
    let paths: Vec<String> = (0..PAGES).map(pages::path).collect();
    let (map, cache) = (DashMap::new(), Cache::builder().build());
    for path in &paths {
        map.insert(path.clone(), Arc::new(pages::page()));
        pages::store(&cache, path);
    }
    println!("load          map ns   dumper ns   ratio   half of the rounds");
    let mut broken = Vec::new();
    for load in &LOADS {
        let outcome = measure(load, &paths, &map, &cache);
        print(load.name, outcome);
        let (name, limit, ratio) = (load.name, load.limit, outcome.ratio);
        if ratio > limit {
            broken.push(format!(
                "A lookup ({name}) may take {limit:.2} times as long, and takes {ratio:.3} times."
            ));
        }
    }
    for broken in &broken {
        println!("\n{broken}");
    }
    if checks && !broken.is_empty() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn measure(
    load: &Load,
    paths: &[String],
    map: &DashMap<String, Arc<Page>>,
    cache: &Cache,
) -> Outcome {
    let keys = paths
        .iter()
        .map(|path| KeyRef::new(SCHEME, HOST.into(), path, None));
    let keys: Vec<KeyRef<'_>> = keys.map(|key| key.expect("nothing is encoded")).collect();
    let draws = [1, 2].map(load.draw);
    let get = |number: usize| map.get(&*paths[number]).map(|page| Arc::clone(&page));
    let hit = |number: usize| cache.hit(&keys[number], &|_| None, |_| true);
    let mut pairs = Pairs::default();
    for round in 0..WARM_UP + ROUNDS {
        // Whoever comes second may gain or lose by that.
        let (map, dumper) = if round % 2 == 0 {
            let map = round::time(get, &draws);
            (map, round::time(hit, &draws))
        } else {
            let dumper = round::time(hit, &draws);
            (round::time(get, &draws), dumper)
        };
        if round >= WARM_UP {
            pairs.add(map, dumper);
        }
    }
    pairs.outcome()
}

fn print(name: &str, outcome: Outcome) {
    let [map, dumper] =
        [outcome.plain, outcome.other].map(|time| round::per_lookup(time).as_secs_f64() * 1e9);
    let Outcome {
        ratio,
        spread: [low, high],
        ..
    } = outcome;
    println!("{name:<12} {map:>7.0} {dumper:>11.0} {ratio:>7.3}   {low:.3} to {high:.3}");
}
