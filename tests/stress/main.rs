//! Puts dumper under load and counts the answers that are stale.
//!
//! A real server, real sockets, a real database: writers rename, move, delete and
//! link rows in every way there is, readers render slowly, clients hang up and
//! handlers panic. For each answer a checker knows what must be on it at least.
//! Two schemes that are known to be wrong run first, and must be caught.

mod checker;
mod clients;
mod dense;
mod entity;
mod history;
mod page;
mod pages;
mod phase;
mod scheme;
mod site;
mod spans;
mod statements;

use std::env;
use std::io;
use std::process::ExitCode;

use dumper_tests::{Database, Kind};

use crate::phase::Outcome;
use crate::scheme::Scheme;

const HELP: &str = "\
Puts dumper under load and counts the answers that are stale.

Usage: stress [--database DATABASE] [--scheme SCHEME] [--answers N] [--seed S]

  --database  sqlite, postgres or mariadb (default: sqlite)
  --scheme    dumper, or one that is known to be wrong: naive, unleased (default: dumper)
  --answers   how many answers to check (default: 1000000)
  --seed      of all random choices of clients and writers (default: 1);
              how they interleave is up to the machine

With dumper the two others run first, for a twentieth of the answers each. The last
line is the result in JSON. It fails if an answer of dumper was stale, or if the run is
void since a wrong scheme was not caught or the checker was wrong.";

/// How many answers a wrong scheme is given at least.
const CONTROL: u64 = 20_000;

/// What the naive scheme must show, in percent.
const NAIVE_IS_STALE: f64 = 1.0;

struct Arguments {
    database: Kind,
    scheme: Scheme,
    answers: u64,
    seed: u64,
}

#[actix_web::main]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]
async fn main() -> ExitCode {
    let arguments = match Arguments::read(env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(err) => {
            eprintln!("stress: {err}; see --help");
            return ExitCode::FAILURE;
        }
    };
    match run(&arguments).await {
        Ok(code) => code,
        Err(err) => {
            eprintln!("stress: {err}");
            ExitCode::FAILURE
        }
    }
}

impl Arguments {
    /// Returns `None` if help is asked for.
    fn read(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut arguments = Self {
            database: Kind::Sqlite,
            scheme: Scheme::Dumper,
            answers: 1_000_000,
            seed: 1,
        };
        while let Some(word) = words.next() {
            if word == "--help" {
                return Ok(None);
            }
            let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
            match word.as_str() {
                "--database" => arguments.database = value()?.parse()?,
                "--scheme" => arguments.scheme = value()?.parse()?,
                "--answers" => arguments.answers = number(&value()?)?,
                "--seed" => arguments.seed = number(&value()?)?,
                _ => return Err(format!("{word} is not an argument")),
            }
        }
        Ok(Some(arguments))
    }
}

fn number(text: &str) -> Result<u64, String> {
    let digits = text.replace('_', "");
    digits
        .parse()
        .map_err(|_| format!("{text} is not a number"))
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]
async fn run(arguments: &Arguments) -> io::Result<ExitCode> {
    let Arguments {
        database,
        scheme,
        answers,
        seed,
    } = *arguments;
    // A throwaway server stays as long as it has a database.
    let _server = Database::create(database)?;
    let mut controls = Vec::new();
    if scheme == Scheme::Dumper {
        for wrong in [Scheme::Naive, Scheme::Unleased] {
            let answers = CONTROL.max(answers / 20);
            controls.push(phase::run(database, wrong, answers, seed).await?);
        }
    }
    let outcome = phase::run(database, scheme, answers, seed).await?;
    let is_void = why_void(&controls, &outcome);
    let is_caught =
        |outcome: &&Outcome| outcome.scheme == Scheme::Dumper || outcome.uncached_stale > 0;
    for outcome in controls.iter().chain([&outcome]).filter(is_caught) {
        for evidence in &outcome.evidence {
            eprintln!("\n{}: {evidence}", outcome.scheme);
        }
    }
    let controls: Vec<String> = controls
        .iter()
        .map(|outcome| format!("\"{}\":{{{outcome}}}", outcome.scheme))
        .collect();
    if let Some(reason) = &is_void {
        eprintln!("stress: the run is void: {reason}");
    }
    println!(
        "{{\"database\":\"{database}\",\"scheme\":\"{scheme}\",\"seed\":{seed},{outcome},\"void\":{},\"controls\":{{{}}}}}",
        is_void.is_some(),
        controls.join(",")
    );
    let is_stale = outcome.stale > 0 || outcome.stale_for_ever > 0;
    let failed = is_void.is_some() || scheme == Scheme::Dumper && is_stale;
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Why nothing follows from the run, if so.
fn why_void(controls: &[Outcome], outcome: &Outcome) -> Option<String> {
    for control in controls {
        let enough = match control.scheme {
            Scheme::Naive => control.stale_percent() > NAIVE_IS_STALE,
            _ => control.stale > 0,
        };
        if !enough {
            return Some(format!("the scheme {} was not caught", control.scheme));
        }
    }
    let mut all = controls.iter().chain([outcome]);
    let wrong = all.find(|outcome| outcome.uncached_stale > 0)?;
    Some(format!(
        "{} answers that came straight from the database were judged stale with {}",
        wrong.uncached_stale, wrong.scheme
    ))
}
