//! How long visitors wait who come at once.

use std::io;
use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use crate::bench::Bench;
use crate::findings::{Figure, Findings};
use crate::shape::Shape;
use crate::spread::Spread;
use crate::visitor::Visitor;

const VISITORS: usize = 40;

/// How many milliseconds it takes to render a page that is stored, and one that is not.
const COLD: u32 = 300;
const REFUSED: u32 = 100;

pub(crate) fn waits(bench: &Bench) -> io::Result<Findings> {
    let site = Shape::USUAL.serve("waits", &[], bench.cores)?;
    let server = site.addr();
    let (mut renders, mut beyond, mut multiples) = (0, Vec::new(), Vec::new());
    for page in 0..bench.effort.rounds {
        let before = rendered(server)?;
        let wait = slowest(VISITORS, server, &format!("/cold/{page}/{COLD}/"))?;
        beyond.push(wait - f64::from(COLD));
        renders = renders.max(rendered(server)? - before);
        // A timer has its own delay, so a render is as long as one visitor finds it.
        let render = slowest(1, server, &format!("/refused/alone-{page}/{REFUSED}/"))?;
        let wait = slowest(VISITORS, server, &format!("/refused/{page}/{REFUSED}/"))?;
        multiples.push(wait / render);
    }
    let figure = |name, value| Figure { name, value };
    Ok(Findings {
        figures: vec![
            figure("cold_page_40_renders", f64::from(renders)),
            figure(
                "cold_page_40_slowest_over_render_ms",
                Spread::of(beyond).median,
            ),
            figure(
                "uncacheable_40_slowest/render",
                Spread::of(multiples).median,
            ),
        ],
        ..Findings::default()
    })
}

/// How many milliseconds the slowest of some visitors waits, who come at once.
fn slowest(visitors: usize, server: SocketAddr, path: &str) -> io::Result<f64> {
    let all_are_there = Barrier::new(visitors);
    let visit = || {
        let visitor = Visitor::to(server);
        all_are_there.wait();
        let asked = Instant::now();
        let answer = visitor?.get(path, &[])?;
        if answer.status != 200 || !answer.body.starts_with(b"rendered") {
            return Err(io::Error::other(format!("{path}: {answer}")));
        }
        Ok(asked.elapsed().as_secs_f64() * 1e3)
    };
    thread::scope(|threads| {
        let visitors: Vec<_> = (0..visitors).map(|_| threads.spawn(visit)).collect();
        let waits = visitors
            .into_iter()
            .map(|visitor| visitor.join().expect("a visitor does not panic"));
        waits
            .collect::<io::Result<Vec<f64>>>()
            .map(|waits| waits.into_iter().fold(0.0, f64::max))
    })
}

/// How often the server has rendered a page.
fn rendered(server: SocketAddr) -> io::Result<u32> {
    let answer = Visitor::to(server)?.get("/admin/renders/", &[])?;
    let count = String::from_utf8_lossy(&answer.body);
    count.parse().map_err(io::Error::other)
}
