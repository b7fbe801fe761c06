//! Where it was measured, and of what.

use std::fs;
use std::process::Command;

/// The crates whose versions are told.
const CRATES: [&str; 11] = [
    "dumper",
    "actix-web",
    "actix-http",
    "tokio",
    "sea-orm",
    "actix-request-reply-cache",
    "actix_tower",
    "axum",
    "axum-response-cache",
    "tower-http-cache",
    "bytes",
];

/// The machine in a sentence.
pub(super) fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = field(&processors, "model name").unwrap_or("of an unknown kind");
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = field(&memory, "MemTotal").and_then(|total| total.split(' ').next()?.parse().ok());
    let gib = kib.map_or(0, |kib: u64| kib >> 20);
    // Not those that this process may use, which are fewer.
    let cores = processors
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = system
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .unwrap_or("Linux")
        .trim_matches('"');
    format!(
        "{cores} cores ({model}), {gib} GiB, {system}, kernel {}",
        kernel.trim()
    )
}

/// The versions of all that takes part.
pub(super) fn versions() -> Vec<String> {
    let lock = include_str!("../../Cargo.lock");
    let crates = CRATES.iter().filter_map(|name| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        let (version, _) = rest.split_once('"')?;
        Some(format!("{name} {version}"))
    });
    let programs = [
        ["rustc", "--version"],
        ["wrk", "--version"],
        ["nginx", "-v"],
        ["varnishd", "-V"],
        ["redis-server", "--version"],
        ["initdb", "--version"],
        ["strace", "--version"],
    ];
    crates
        .chain(
            programs
                .into_iter()
                .filter_map(|[name, word]| version(name, word)),
        )
        .collect()
}

/// The first line in which a program names a version.
fn version(program: &str, word: &str) -> Option<String> {
    let output = Command::new(program).arg(word).output().ok()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    said.lines()
        .find(|line| line.contains(|letter: char| letter.is_ascii_digit()))
        .map(|line| {
            line.split(" Copyright")
                .next()
                .unwrap_or(line)
                .trim()
                .to_owned()
        })
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim())
}
