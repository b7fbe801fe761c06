//! Puts several processes under load while what is between them fails, and counts
//! the answers that are stale.
//!
//! Real servers, in processes of their own, over one database and one Redis, a pair
//! or a cluster of them, behind a network that can fail. For each answer of any of
//! them a checker knows what must be on it at least. In each row of the matrix a
//! scheme that is known to be wrong runs first, and must be caught.

mod arguments;
mod body;
mod checker;
mod clients;
mod counts;
mod fault;
mod history;
mod page;
mod rows;
mod run;
mod serve;
mod settings;
mod world;
mod writes;

use std::env;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use dumper_tests::Database;

use crate::arguments::{Arguments, HELP, Scheme};
use crate::fault::Fault;
use crate::run::{Outcome, Run};
use crate::settings::Settings;

/// What the naive scheme must show, in percent, if no page is stale for ever.
const NAIVE_IS_STALE: f64 = 1.0;

#[actix_web::main]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]
async fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let result = match words.split_first() {
        Some((word, settings)) if word == "serve" => match Settings::read(settings) {
            Some(settings) => serve::serve(settings).await.map(|()| ExitCode::SUCCESS),
            None => Err(io::Error::other("this is for processes of the site")),
        },
        _ => match Arguments::read(words) {
            Ok(Some(arguments)) => matrix(&arguments).await,
            Ok(None) => {
                println!("{HELP}");
                for row in Fault::ALL {
                    println!("  {:22} {}", row.name, row.promise);
                }
                Ok(ExitCode::SUCCESS)
            }
            Err(err) => Err(io::Error::other(format!("{err}; see --help"))),
        },
    };
    result.unwrap_or_else(|err| {
        eprintln!("faults: {err}");
        ExitCode::FAILURE
    })
}

/// Runs the rows, one after the other.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]
async fn matrix(arguments: &Arguments) -> io::Result<ExitCode> {
    // A throwaway server stays as long as it has a database.
    let _server = Database::create(arguments.database)?;
    let (mut rows, mut failures) = (Vec::new(), Vec::new());
    for fault in &arguments.rows {
        let mut fields = vec![format!("\"promise\":\"{}\"", fault.promise)];
        let mut complaints = Vec::new();
        for scheme in arguments.schemes() {
            let run = arguments.run(scheme);
            let complaint = match run.row(fault).await {
                Ok(outcome) => {
                    eprintln!("faults: {}: {scheme}: {}", fault.name, summary(&outcome));
                    let complaint = complain(fault, run, arguments.back_within, &outcome);
                    if complaint.is_some() || arguments.is_verbose {
                        show(&outcome, scheme);
                    }
                    fields.push(format!("\"{scheme}\":{{{outcome}}}"));
                    complaint
                }
                Err(err) => Some(format!("it could not be run: {err}")),
            };
            complaints.extend(complaint.map(|what| format!("{}: {scheme}: {what}", fault.name)));
        }
        fields.push(format!("\"well\":{}", complaints.is_empty()));
        rows.push(format!("\"{}\":{{{}}}", fault.name, fields.join(",")));
        failures.append(&mut complaints);
    }
    for failure in &failures {
        eprintln!("faults: {failure}");
    }
    println!(
        "{{\"database\":\"{}\",\"processes\":{},\"seconds\":{},\"seed\":{},\"well\":{},\"rows\":{{{}}}}}",
        arguments.database,
        arguments.processes,
        arguments.seconds,
        arguments.seed,
        failures.is_empty(),
        rows.join(",")
    );
    Ok(if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What is wrong with dumper, or with the row.
fn complain(fault: &Fault, run: Run, back_within: Duration, outcome: &Outcome) -> Option<String> {
    if outcome.uncached_stale > 0 {
        return Some("void: renders were judged stale".to_owned());
    }
    if outcome.happened == 0 {
        return Some("void: nothing failed".to_owned());
    }
    if !run.is_dumper {
        let is_caught =
            percent(outcome.stale, outcome.requests) > NAIVE_IS_STALE || outcome.stale_for_ever > 0;
        return (fault.catches_naive && !is_caught).then(|| "void: it was not caught".to_owned());
    }
    let counts = [
        ("stale", outcome.stale),
        ("stale for ever", outcome.stale_for_ever),
        ("failed", outcome.failed),
        ("corrupt", outcome.corrupt),
    ];
    if let Some((what, count)) = counts.into_iter().find(|(_, count)| *count > 0) {
        return Some(format!("{count} {what}"));
    }
    let (warm, pages) = outcome.warm;
    if fault.has_hits && (outcome.hits == 0 || 2 * warm < pages) {
        return Some(format!(
            "{} hits, and at last of {warm} of {pages} pages",
            outcome.hits
        ));
    }
    let is_late = outcome.recovery.is_none_or(|longest| longest > back_within);
    (fault.recovers && is_late).then(|| format!("hits again after {:?}", outcome.recovery))
}

fn summary(outcome: &Outcome) -> String {
    let Outcome {
        requests,
        hits,
        stale,
        stale_for_ever,
        failed,
        corrupt,
        uncached,
        writes,
        happened,
        recovery,
        slowest_delivery,
        log_lines,
        warm: (warm, pages),
        ..
    } = outcome;
    format!(
        "{requests} answers, {:.0} % hits, {stale} stale ({:.1} %), {stale_for_ever} for ever, \
         {failed} failed, {corrupt} corrupt; {uncached} uncached, {writes} writes, {happened} faults, \
         warm {warm}/{pages}, recovery {recovery:?}, delivery {slowest_delivery:?}, {log_lines} lines of log",
        percent(*hits, *requests),
        percent(*stale, *requests),
    )
}

#[expect(clippy::print_stderr, reason = "it is a command")]
fn show(outcome: &Outcome, scheme: Scheme) {
    for (status, count, took) in &outcome.statuses {
        eprintln!("{count:8} in {took:9.1?}: {status}");
    }
    for evidence in &outcome.evidence {
        eprintln!("\n{scheme}: {evidence}");
    }
    for line in outcome.log.lines().take(40) {
        eprintln!("{line}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is a part in a hundred")]
fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

impl Arguments {
    fn schemes(&self) -> Vec<Scheme> {
        match self.scheme {
            Scheme::Naive => vec![Scheme::Naive],
            Scheme::Dumper if self.is_alone => vec![Scheme::Dumper],
            Scheme::Dumper => vec![Scheme::Naive, Scheme::Dumper],
        }
    }

    fn run(&self, scheme: Scheme) -> Run {
        Run {
            database: self.database,
            is_dumper: scheme == Scheme::Dumper,
            seconds: self.seconds,
            processes: self.processes,
            seed: self.seed,
        }
    }
}
