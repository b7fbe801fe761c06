//! Measures dumper beside an app without it, other caches and what users have today.
//!
//! Servers are programs of their own, on one core, and the load comes from the other.
//! Those that are compared are measured by turns, round after round, and what counts
//! is the ratio of each round.

mod arguments;
mod bench;
mod contender;
mod contest;
mod cores;
mod cpu;
mod disturbance;
mod expected;
mod findings;
mod groups;
mod load;
mod nginx;
mod report;
mod required;
mod server;
mod shape;
mod spread;
mod syscalls;
mod varnish;
mod visitor;
mod waits;

use std::env;
use std::io;
use std::process::ExitCode;

use crate::arguments::{Arguments, HELP};
use crate::bench::{Bench, DISTURBED, Effort};
use crate::findings::Findings;
use crate::groups::Group;
use crate::load::Wrk;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]
fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let outcome = match Arguments::read(&words) {
        Ok(Some(arguments)) => measure(&arguments),
        Ok(None) => {
            println!("{HELP}");
            for group in &groups::ALL {
                println!("  {}", group.name);
            }
            return ExitCode::SUCCESS;
        }
        Err(err) => Err(io::Error::other(format!("{err}; see --help"))),
    };
    outcome.unwrap_or_else(|err| {
        eprintln!("bench: {err}");
        ExitCode::FAILURE
    })
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]
fn measure(arguments: &Arguments) -> io::Result<ExitCode> {
    let groups = chosen(arguments)?;
    arguments.cores.leave_server_alone()?;
    let bench = Bench {
        cores: arguments.cores,
        wrk: Wrk::new(arguments.cores, arguments.seconds)?,
        effort: Effort {
            rounds: arguments.rounds,
            more: if arguments.is_quick {
                0
            } else {
                arguments.rounds
            },
            warms_up: !arguments.is_quick,
        },
    };
    let mut findings = Findings::default();
    let mut has_failed = false;
    for group in groups {
        eprintln!("bench: {}", group.name);
        // What is wrong is wrong twice, and a machine may stand still for once.
        let found = (group.measure)(&bench).or_else(|err| {
            eprintln!("bench: {}: {err}; once more", group.name);
            findings.failures.push(format!("{}: {err}", group.name));
            (group.measure)(&bench)
        });
        let found = found.unwrap_or_else(|err| {
            eprintln!("bench: {}: {err}", group.name);
            has_failed = true;
            Findings::default()
        });
        let foreign = found.foreign();
        if foreign > DISTURBED {
            eprintln!("bench: others had up to {foreign:.2} of a core meanwhile");
        }
        findings.add(found);
    }
    println!("{}", report::tables(&findings));
    let is_whole = !arguments.is_quick && arguments.only.is_empty();
    if is_whole && !has_failed {
        report::write(arguments, &findings)?;
    }
    let missed = report::missed(&findings, is_whole);
    print!("{missed}");
    if arguments.prints_json {
        println!("{}", report::json(&findings));
    }
    let is_well = !has_failed && (missed.is_empty() || !arguments.checks);
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The groups to measure.
fn chosen(arguments: &Arguments) -> io::Result<Vec<&'static Group>> {
    let Arguments { only, is_quick, .. } = arguments;
    if only.is_empty() {
        let groups = groups::ALL.iter();
        return Ok(groups.filter(|group| group.is_quick || !is_quick).collect());
    }
    let chosen = only.iter().map(|name| {
        let group = groups::ALL.iter().find(|group| group.name == name);
        group.ok_or_else(|| io::Error::other(format!("there is no group {name}; see --help")))
    });
    chosen.collect()
}
