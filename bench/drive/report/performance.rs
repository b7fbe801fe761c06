//! `docs/performance.md`.

use std::env;
use std::fs;
use std::io;
use std::path::Path;

use super::machine::{machine, versions};
use super::tables;
use crate::arguments::Arguments;
use crate::findings::Findings;

/// Writes down what was found out, with all that it takes to find it out again.
pub(crate) fn write(arguments: &Arguments, findings: &Findings) -> io::Result<()> {
    let versions: Vec<String> = versions()
        .iter()
        .map(|version| format!("- {version}\n"))
        .collect();
    let failures = match &findings.failures {
        failures if failures.is_empty() => "none".to_owned(),
        failures => failures.join("; "),
    };
    let words: Vec<String> = env::args().skip(1).map(|word| format!(" {word}")).collect();
    let text = format!(
        include_str!("performance.md"),
        machine = machine(),
        versions = versions.concat(),
        rounds = arguments.rounds,
        seconds = arguments.seconds,
        tables = tables(findings),
        foreign = findings.foreign(),
        failures = failures,
        words = words.concat(),
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::write(root.join("docs/performance.md"), text)
}
