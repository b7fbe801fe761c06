//! The Rust code of README.md, which stands in these modules to the letter.

#![allow(dead_code, reason = "it is to compile, not to run")]
#![allow(unreachable_pub, reason = "SeaORM wants its models public")]

mod app;
mod cake;
mod flavor;
mod foreign;
mod invalidation;
mod jobs;
mod observe;
mod order;
mod review;
mod settings;
mod shared;
mod size;
mod sundae;

use std::fs;
use std::path::Path;

#[test]
fn every_rust_block_is_compiled() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(folder.join("../README.md")).unwrap();
    let sources = sources(&folder.join("readme"));
    let blocks = rust_blocks(&readme);
    assert!(!blocks.is_empty(), "README.md has no Rust code");
    for block in blocks {
        assert!(
            sources.iter().any(|source| contains(source, &block)),
            "README.md has code that is in no module of tests/readme:\n\n{}",
            block.join("\n")
        );
    }
}

/// The modules above; a file that is none would not be compiled.
fn sources(folder: &Path) -> Vec<String> {
    let read = |name: &str| {
        let path = folder.join(name).with_extension("rs");
        fs::read_to_string(path).expect("a module is a file of this folder")
    };
    let main = read("main");
    let modules = main
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    modules.map(read).collect()
}

/// The lines of each fenced block whose language begins with `rust`.
fn rust_blocks(markdown: &str) -> Vec<Vec<&str>> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.trim_start().strip_prefix("```") else {
            continue;
        };
        let block = lines.by_ref().take_while(|line| line.trim() != "```");
        let block: Vec<&str> = block.collect();
        if language.starts_with("rust") {
            blocks.push(block);
        }
    }
    blocks
}

/// Whether the lines stand in a source one after the other, all of them indented
/// alike.
fn contains(source: &str, block: &[&str]) -> bool {
    let lines: Vec<&str> = source.lines().collect();
    lines.windows(block.len()).any(|window| {
        let Some(indent) = window[0].strip_suffix(block[0]) else {
            return false;
        };
        indent.trim().is_empty()
            && window.iter().zip(block).all(|(line, wanted)| {
                wanted.is_empty() && line.is_empty() || line.strip_prefix(indent) == Some(*wanted)
            })
    })
}
