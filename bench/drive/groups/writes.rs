//! Hits while other pages are dropped.

use std::io;
use std::rc::Rc;

use dumper_bench::{SAVED_EXCEPT, path};

use super::parlour;
use crate::bench::Bench;
use crate::contender::Contender;
use crate::contest::{Contest, Pair};
use crate::disturbance::Disturbance;
use crate::expected::Source;
use crate::findings::Findings;
use crate::shape::Shape;
use crate::visitor::Visitor;

/// With a thousand pages a second invalidated by hand.
pub(super) fn invalidations(bench: &Bench) -> io::Result<Findings> {
    let shape = Shape::USUAL;
    let server = shape.serve("invalidations", &[], bench.cores)?;
    let hit = shape.contender("hit", &server, Source::HIT);
    let disturbance = Disturbance {
        path: "/invalidations/",
        per_second: 1000,
        pages: (1..=4096).map(path).collect(),
    };
    measure(bench, hit, disturbance, "hit_under_invalidation/hit")
}

/// With a hundred saves a second by SeaORM, each of which drops the page of its row.
pub(super) fn saves(bench: &Bench) -> io::Result<Findings> {
    let hit = parlour::hit(bench.cores, &format!("/flavors/{SAVED_EXCEPT}/"))?;
    let list = Visitor::to(hit.server.addr())?.get("/flavors/", &[])?;
    let list = String::from_utf8_lossy(&list.body);
    let links = list.split('"').filter(|text| text.starts_with("/flavors/"));
    let others =
        links.filter(|path| path.len() > "/flavors/".len() && !path.contains(SAVED_EXCEPT));
    let disturbance = Disturbance {
        path: "/saves/",
        per_second: 100,
        pages: others.map(str::to_owned).collect(),
    };
    measure(bench, hit, disturbance, "hit_under_saves/hit")
}

fn measure(
    bench: &Bench,
    hit: Contender,
    disturbance: Disturbance,
    name: &str,
) -> io::Result<Findings> {
    let disturbed = Contender {
        name: "hit under writes",
        disturbance: Some(Rc::new(disturbance)),
        ..hit.clone()
    };
    let contest = Contest {
        contenders: vec![disturbed, hit],
        pairs: vec![Pair::first_and(1, name)],
    };
    contest.measure(bench).map(Findings::from)
}
