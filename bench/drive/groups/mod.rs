//! What is measured.

mod answers;
mod caches;
mod hits;
mod parlour;
mod writes;

use std::io;

use self::hits::hits;
use crate::bench::Bench;
use crate::findings::Findings;
use crate::shape::Shape;
use crate::syscalls::syscalls;
use crate::waits::waits;

/// Something to measure, by its name.
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) measure: fn(&Bench) -> io::Result<Findings>,
    /// Whether a quick look has it.
    pub(crate) is_quick: bool,
}

/// Everything, in the order in which it is told of.
pub(crate) const ALL: [Group; 22] = [
    Group::quick("hit_1k_1w", |bench| hits(bench, Shape::hot(1))),
    Group::quick("hit_16k_1w", |bench| hits(bench, Shape::hot(16))),
    Group::quick("hit_100k_1w", |bench| hits(bench, Shape::hot(100))),
    Group::full("hit_1k_zipf_1w", |bench| hits(bench, Shape::zipf(1))),
    Group::quick("hit_16k_zipf_1w", |bench| hits(bench, Shape::zipf(16))),
    Group::full("hit_100k_zipf_1w", |bench| hits(bench, Shape::zipf(100))),
    Group::full("hit_16k_2w", |bench| {
        hits(bench, Shape::hot(16).on_both_cores())
    }),
    Group::full("hit_16k_zipf_2w", |bench| {
        hits(bench, Shape::zipf(16).on_both_cores())
    }),
    Group::quick("routes", hits::behind_routes),
    Group::quick("not_modified", answers::not_modified),
    Group::quick("codings", answers::codings),
    Group::quick("bypass", answers::bypass),
    Group::quick("miss", answers::miss),
    Group::quick("invalidations", writes::invalidations),
    Group::full("saves", writes::saves),
    Group::quick("proxies", |bench| caches::proxies(bench, Shape::USUAL)),
    Group::full("proxies_zipf", |bench| {
        caches::proxies(bench, Shape::zipf(16))
    }),
    Group::quick("rust", caches::rust),
    Group::full("redis", caches::redis),
    Group::full("parlour", parlour::parlour),
    Group::quick("waits", waits),
    Group::quick("syscalls", syscalls),
];

impl Group {
    const fn full(name: &'static str, measure: fn(&Bench) -> io::Result<Findings>) -> Self {
        Self {
            name,
            measure,
            is_quick: false,
        }
    }

    const fn quick(name: &'static str, measure: fn(&Bench) -> io::Result<Findings>) -> Self {
        Self {
            is_quick: true,
            ..Self::full(name, measure)
        }
    }
}
