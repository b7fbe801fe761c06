//! What very many pages cost, at the bounds of what a cache is made for.
//!
//! Each part has a process to itself: what one leaves to the allocator would be found
//! by the next. Memory is what the kernel says that the process has.
//!
//! With `--check` it fails if something is not as it must be, and with `--only` it does
//! the parts whose names begin so. A page that is stale fails it always.

#![allow(clippy::print_stdout, reason = "the figures are what it is for")]
#![allow(
    clippy::cast_precision_loss,
    reason = "nobody reads as many digits of a figure"
)]

mod bound;
mod latencies;
mod million;
mod paths;
mod reader;
mod resident;
mod scan;
mod site;
mod tag;
mod versions;

use std::env;
use std::io;
use std::process::{Command, ExitCode};

use self::bound::Bound;

/// What is measured, and returns what is not as it must be.
struct Part {
    name: &'static str,
    measure: fn() -> Vec<String>,
}

const PARTS: [Part; 11] = [
    Part {
        name: "million",
        measure: million::measure,
    },
    Part {
        name: "bound-256m-1k",
        measure: || bound::measure(Bound::of(256, 1)),
    },
    Part {
        name: "bound-256m-4k",
        measure: || bound::measure(Bound::of(256, 4)),
    },
    Part {
        name: "bound-256m-16k",
        measure: || bound::measure(Bound::of(256, 16)),
    },
    Part {
        name: "bound-1024m-1k",
        measure: || bound::measure(Bound::of(1024, 1)),
    },
    Part {
        name: "bound-1024m-4k",
        measure: || bound::measure(Bound::of(1024, 4)),
    },
    Part {
        name: "bound-1024m-16k",
        measure: || bound::measure(Bound::of(1024, 16)),
    },
    Part {
        name: "versions",
        measure: versions::measure,
    },
    Part {
        name: "scan",
        measure: scan::measure,
    },
    Part {
        name: "tag",
        measure: tag::measure,
    },
    Part {
        name: "paths",
        measure: paths::measure,
    },
];

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = env::args().collect();
    let checks = arguments.iter().any(|argument| argument == "--check");
    let only = arguments.iter().skip_while(|it| *it != "--only").nth(1);
    let only = only.map_or("", String::as_str);
    let parts: Vec<_> = PARTS
        .iter()
        .filter(|part| part.name.starts_with(only))
        .collect();
    if let [part] = parts[..] {
        println!("\n{}", part.name);
        let broken = (part.measure)();
        for broken in &broken {
            println!("  NOT AS IT MUST BE: {broken}");
        }
        return Ok(exit(!checks || broken.is_empty()));
    }
    let mut holds = !parts.is_empty();
    for part in parts {
        let mut alone = Command::new(env::current_exe()?);
        alone.args(["--only", part.name]);
        alone.args(checks.then_some("--check"));
        holds &= alone.status()?.success();
    }
    Ok(exit(holds))
}

fn exit(holds: bool) -> ExitCode {
    if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
