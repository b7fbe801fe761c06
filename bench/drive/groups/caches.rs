//! Hits beside those of other caches.

use std::io;
use std::rc::Rc;

use crate::bench::Bench;
use crate::contest::{Contest, Pair};
use crate::expected::Source;
use crate::findings::Findings;
use crate::shape::Shape;
use crate::{nginx, varnish};

/// Caches in front of a site, which has the same pages.
pub(super) fn proxies(bench: &Bench, shape: Shape) -> io::Result<Findings> {
    let site = shape.serve("floor", &[], bench.cores)?;
    let core = bench.cores.of_server(shape.placing);
    let nginx = Rc::new(nginx::start(site.addr(), &core)?);
    let varnish = Rc::new(varnish::start(site.addr(), &core)?);
    let hit = if shape.is_zipf { "hit_zipf" } else { "hit" };
    let contest = Contest {
        contenders: vec![
            shape.hit(bench.cores)?,
            shape.contender("nginx", &nginx, Source::CacheStatus("nginx; HIT")),
            shape.contender("Varnish", &varnish, Source::Varnish),
        ],
        pairs: vec![
            Pair::first_and(1, format!("{hit}/nginx")),
            Pair::first_and(2, format!("{hit}/varnish")),
        ],
    };
    contest.measure(bench).map(Findings::from)
}

/// Caches for programs in Rust, in memory.
pub(super) fn rust(bench: &Bench) -> io::Result<Findings> {
    peers(
        bench,
        &["axum-response-cache", "tower-http-cache", "actix-tower"],
    )
}

/// One in Redis, which takes so long that it has its rounds for itself.
pub(super) fn redis(bench: &Bench) -> io::Result<Findings> {
    peers(bench, &["actix-request-reply-cache"])
}

fn peers(bench: &Bench, names: &[&'static str]) -> io::Result<Findings> {
    let shape = Shape::USUAL;
    let mut contenders = vec![shape.hit(bench.cores)?];
    let mut pairs = Vec::new();
    for name in names {
        let server = shape.serve(name, &[], bench.cores)?;
        pairs.push(Pair::first_and(
            contenders.len(),
            format!("hit/{}", name.replace('-', "_")),
        ));
        contenders.push(shape.contender(name, &server, Source::Render));
    }
    let contest = Contest { contenders, pairs };
    contest.measure(bench).map(Findings::from)
}
