//! Hits beside a handler that has the page.

use std::io;

use crate::bench::Bench;
use crate::contest::{Contest, Pair};
use crate::expected::Source;
use crate::findings::Findings;
use crate::shape::Shape;

pub(super) fn hits(bench: &Bench, shape: Shape) -> io::Result<Findings> {
    let floor = shape.serve("floor", &[], bench.cores)?;
    let no_op = shape.serve("no-op", &[], bench.cores)?;
    let contest = Contest {
        contenders: vec![
            shape.hit(bench.cores)?,
            shape.contender("floor", &floor, Source::HIT),
            shape.contender("no-op middleware", &no_op, Source::HIT),
        ],
        pairs: vec![
            Pair::first_and(1, format!("hit_{shape}/floor")),
            Pair::first_and(2, format!("hit_{shape}/noop")),
        ],
    };
    contest.measure(bench).map(Findings::from)
}

/// Beside the page behind other middlewares and routes.
pub(super) fn behind_routes(bench: &Bench) -> io::Result<Findings> {
    let shape = Shape::USUAL;
    let routes = shape.serve("routes", &[], bench.cores)?;
    let no_op = shape.serve("no-op", &[], bench.cores)?;
    let contest = Contest {
        contenders: vec![
            shape.hit(bench.cores)?,
            shape.contender("no-op middleware", &no_op, Source::HIT),
            shape.contender("30 routes", &routes, Source::HIT),
        ],
        pairs: vec![
            Pair::first_and(1, "hit/noop"),
            Pair::first_and(2, "hit/routes"),
        ],
    };
    contest.measure(bench).map(Findings::from)
}
