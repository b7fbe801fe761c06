//! What the hooks of dumper add to an autocommit write on SQLite.
//!
//! Each write is done to a table whose entity derives `Dumped` and to one whose
//! entity does not, in short rounds by turns. What counts is the ratio of the two in
//! a round, and the median of all rounds: a machine that is busy is so for both.
//!
//! With `--check` it fails if the hooks add more than a tenth to an insert.

#![allow(clippy::print_stdout, reason = "the table is what it is for")]

mod flavors;
#[path = "../ratio.rs"]
mod ratio;
mod round;
mod visitors;

use std::env;
use std::process::ExitCode;

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};
use tokio::runtime;
use tokio::task::{LocalSet, spawn_local};

use self::flavors::{dumped, plain};
use self::ratio::{Outcome, Pairs};
use self::round::{Table, Write, Writer};
use self::visitors::Visitors;

/// What an insert may take with hooks, as a multiple of what it takes without.
const LIMIT: f64 = 1.10;

/// Rounds that are measured, and rounds before them that are not.
const ROUNDS: usize = 1_000;
const WARM_UP: usize = 50;

fn main() -> ExitCode {
    let checks = env::args().any(|argument| argument == "--check");
    // A worker of Actix Web is such a runtime, and a request such a task.
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime needs no more than this");
    let inserts = LocalSet::new().block_on(&runtime, async {
        let measuring = spawn_local(measure_all());
        measuring.await.expect("the task does not panic")
    });
    let worst = inserts
        .expect("the database takes the writes")
        .into_iter()
        .fold(0.0, f64::max);
    if checks && worst > LIMIT {
        println!("\nAn insert may take {LIMIT:.2} times as long, and takes {worst:.3} times.");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Prints every ratio, and returns those of inserts.
async fn measure_all() -> Result<Vec<f64>, DbErr> {
    println!("pages   writer  write    plain µs  dumped µs   ratio   half of the rounds");
    let mut inserts = Vec::new();
    for pages in [0, 10_000] {
        let visitors = Visitors::of(pages).await;
        for writer in [Writer::Scope, Writer::Task] {
            let outcomes = measure(&visitors, writer).await?;
            inserts.push(outcomes[0].ratio);
            for (write, outcome) in Write::ALL.into_iter().zip(outcomes) {
                print(pages, writer, write, outcome);
            }
        }
    }
    Ok(inserts)
}

/// Measures each kind of write on a database of its own.
async fn measure(visitors: &Visitors, writer: Writer) -> Result<[Outcome; 4], DbErr> {
    let folder = tempfile::tempdir().expect("there is room for a database");
    let path = folder.path().join("bench.sqlite");
    let db = connect(&format!("sqlite://{}?mode=rwc", path.display())).await?;
    let mut plain = Table::<plain::Model>::create(&db, visitors, writer).await?;
    let mut dumped = Table::<dumped::Model>::create(&db, visitors, writer).await?;
    let mut pairs: [Pairs; 4] = Default::default();
    for round in 0..WARM_UP + ROUNDS {
        for (write, pairs) in Write::ALL.into_iter().zip(&mut pairs) {
            // Whoever comes second may gain or lose by that.
            let (without, with) = if round % 2 == 0 {
                let without = plain.write(write).await?;
                (without, dumped.write(write).await?)
            } else {
                let with = dumped.write(write).await?;
                (plain.write(write).await?, with)
            };
            if round >= WARM_UP {
                pairs.add(without, with);
            }
        }
    }
    db.close().await?;
    Ok(pairs.map(Pairs::outcome))
}

/// Connects as a site would, but once: what one connection writes, another has to read
/// again, and which of them is next would be chance.
async fn connect(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).map_sqlx_sqlite_opts(|options| {
        options
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "NORMAL")
    });
    Database::connect(options).await
}

fn print(pages: usize, writer: Writer, write: Write, outcome: Outcome) {
    let [writer, write] =
        [format!("{writer:?}"), format!("{write:?}")].map(|name| name.to_lowercase());
    let [plain, dumped] = [outcome.plain, outcome.other].map(|time| time.as_secs_f64() * 1e6);
    let Outcome {
        ratio,
        spread: [low, high],
        ..
    } = outcome;
    println!(
        "{pages:<7} {writer:<7} {write:<7} {plain:>9.1} {dumped:>10.1} {ratio:>7.3}   {low:.3} to {high:.3}"
    );
}
