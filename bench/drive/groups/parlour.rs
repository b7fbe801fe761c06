//! What users have today: a page that is rendered from a database each time.

use std::io;
use std::rc::Rc;

use crate::bench::Bench;
use crate::contender::Contender;
use crate::contest::{Contest, Pair};
use crate::cores::{Cores, Placing};
use crate::expected::{Content, Expected, Source};
use crate::findings::Findings;
use crate::load::Law;
use crate::server::Server;
use crate::visitor::Visitor;

/// All flavors: a query of a hundred rows, and a page of some 20 KiB.
const LIST: &str = "/flavors/";

pub(super) fn parlour(bench: &Bench) -> io::Result<Findings> {
    let hit = hit(bench.cores, LIST)?;
    let rendered = |name, database| {
        let server = start(&[database], bench.cores)?;
        // The same page, to the letter.
        let expected = Expected {
            source: Source::Handler,
            ..hit.expected.clone()
        };
        Ok::<_, io::Error>(Contender {
            name,
            server: Rc::new(server),
            expected,
            ..hit.clone()
        })
    };
    let contest = Contest {
        contenders: vec![
            hit.clone(),
            rendered("rendered from SQLite", "sqlite")?,
            rendered("rendered from PostgreSQL", "postgres")?,
        ],
        pairs: vec![
            Pair::first_and(1, "hit/sqlite_page"),
            Pair::first_and(2, "hit/postgres_page"),
        ],
    };
    contest.measure(bench).map(Findings::from)
}

/// A page of the parlour, through dumper.
pub(super) fn hit(cores: Cores, path: &str) -> io::Result<Contender> {
    let server = start(&["sqlite", "cached"], cores)?;
    let page = Visitor::to(server.addr())?.get(path, &[])?;
    Ok(Contender {
        name: "hit",
        server: Rc::new(server),
        law: Law::One(path.to_owned()),
        headers: Vec::new(),
        placing: Placing::Apart,
        expected: Expected {
            content: Content::Exactly(page.body),
            source: Source::HIT,
        },
        disturbance: None,
    })
}

fn start(words: &[&str], cores: Cores) -> io::Result<Server> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    Server::ours("parlour", &words, &cores.of_server(Placing::Apart))
}
