//! What else dumper answers.

use std::io;

use dumper_bench::HOT;

use crate::bench::Bench;
use crate::contender::Contender;
use crate::contest::{Contest, Pair};
use crate::expected::{Content, Expected, Source};
use crate::findings::{Figure, Findings};
use crate::load::Law;
use crate::shape::Shape;
use crate::visitor::Visitor;

/// A client who has the page already, beside one who has not.
pub(super) fn not_modified(bench: &Bench) -> io::Result<Findings> {
    let hit = Shape::USUAL.hit(bench.cores)?;
    let page = Visitor::to(hit.server.addr())?.get(HOT, &[])?;
    let not_modified = Contender {
        name: "304",
        headers: vec![format!("If-None-Match: {}", page.header("etag"))],
        expected: Expected {
            content: Content::NotModified,
            source: Source::HIT,
        },
        ..hit.clone()
    };
    let contest = Contest {
        contenders: vec![not_modified, hit],
        pairs: vec![Pair::first_and(1, "not_modified/hit")],
    };
    contest.measure(bench).map(Findings::from)
}

/// A page in gzip, beside one that is as long without.
pub(super) fn codings(bench: &Bench) -> io::Result<Findings> {
    // Its gzip is about as long as a usual page.
    let shape = Shape::hot(64);
    let server = shape.serve("codings", &[], bench.cores)?;
    let headers = vec!["Accept-Encoding: gzip".to_owned()];
    let page = Visitor::to(server.addr())?.get("/text/", &headers)?;
    let asked = |name, path: String, content| Contender {
        law: Law::One(path),
        headers: headers.clone(),
        expected: Expected {
            content,
            source: Source::HIT,
        },
        ..shape.contender(name, &server, Source::HIT)
    };
    let bytes = page.body.len();
    let contest = Contest {
        contenders: vec![
            asked(
                "hit in gzip",
                "/text/".to_owned(),
                Content::Gzip(shape.bytes()),
            ),
            asked(
                "hit as long",
                format!("/noise/{bytes}/"),
                Content::Noise(bytes),
            ),
        ],
        pairs: vec![Pair::first_and(1, "gzip_hit/identity_hit")],
    };
    contest.measure(bench).map(Findings::from)
}

/// A request that dumper lets pass, beside the app without dumper.
pub(super) fn bypass(bench: &Bench) -> io::Result<Findings> {
    let with_cookie = |contender: Contender| Contender {
        headers: vec!["Cookie: id=0123456789abcdef".to_owned()],
        ..contender
    };
    let contenders = beside_app(
        bench,
        "bypass",
        [&[], &[]],
        Source::CacheStatus("dumper; fwd=bypass; detail=cookie"),
    )?;
    let contest = Contest {
        contenders: contenders.into_iter().map(with_cookie).collect(),
        pairs: vec![Pair::first_and(1, "bypass/app")],
    };
    contest.measure(bench).map(Findings::from)
}

/// A page that nobody has asked for, beside the app without dumper: rendered in memory
/// of its own. The cache is as full as it may be, so each page that is stored takes the
/// place of another.
pub(super) fn miss(bench: &Bench) -> io::Result<Findings> {
    let unique = |contender: Contender| Contender {
        law: Law::Unique,
        ..contender
    };
    let contenders = beside_app(
        bench,
        "miss",
        [
            &["--renders", "1", "--max-bytes", "67108864"],
            &["--renders", "1"],
        ],
        Source::CacheStatus("dumper; fwd=miss; stored"),
    )?;
    let contest = Contest {
        contenders: contenders.into_iter().map(unique).collect(),
        pairs: vec![Pair::first_and(1, "miss/app")],
    };
    let mut findings = Findings::from(contest.measure(bench)?);
    let added = findings.rows.iter().map(|row| Figure {
        name: "miss_added_cpu_us",
        value: row.added_cpu.median,
    });
    findings.figures = added.collect();
    Ok(findings)
}

/// Dumper around the app, and the app.
fn beside_app(
    bench: &Bench,
    name: &'static str,
    [to_dumper, to_app]: [&[&str]; 2],
    source: Source,
) -> io::Result<[Contender; 2]> {
    let shape = Shape::USUAL;
    let dumper = shape.serve("dumper", to_dumper, bench.cores)?;
    let app = shape.serve("app", to_app, bench.cores)?;
    Ok([
        shape.contender(name, &dumper, source),
        shape.contender("app without dumper", &app, Source::Handler),
    ])
}
