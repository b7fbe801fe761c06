//! What a hit in a coding costs beside one of the same size as it is.
//!
//! One connection asks a server of one worker for both by turns, in short rounds.
//! What counts is the ratio of the two in a round, and the median of all rounds.
//!
//! With `--check` it fails if a hit in a coding takes a twentieth longer.

#![allow(clippy::print_stdout, reason = "the table is what it is for")]

mod client;
#[path = "../ratio.rs"]
mod ratio;
mod server;

use std::env;
use std::io;
use std::process::ExitCode;

use self::client::Client;
use self::ratio::Pairs;

/// What a hit in a coding may take, as a multiple of one as it is.
const LIMIT: f64 = 1.05;

/// Rounds that are measured, and rounds before them that are not.
const ROUNDS: usize = 300;
const WARM_UP: usize = 20;

/// The codings that a browser takes, and one of them alone.
const BROWSER: &str = "gzip, deflate, br, zstd";

fn main() -> io::Result<ExitCode> {
    let checks = env::args().any(|argument| argument == "--check");
    let mut worst = 0.0_f64;
    println!("coding  bytes   as it is µs   coded µs   ratio   half of the rounds");
    for (coding, accepted) in [("gzip", "gzip"), ("zstd", "zstd"), ("br", BROWSER)] {
        for letters in [4 << 10, 64 << 10] {
            let ratio = measure(coding, accepted, letters)?;
            worst = worst.max(ratio);
        }
    }
    if checks && worst > LIMIT {
        println!("\nA hit may take {LIMIT:.2} times as long, and takes {worst:.3} times.");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints how long a hit takes in a coding and as it is, and returns the ratio.
fn measure(coding: &str, accepted: &str, letters: usize) -> io::Result<f64> {
    let mut client = Client::connect(server::start()?)?;
    let text = format!("/text/{letters}/");
    client.get(&text, accepted)?;
    let bytes = client.get(&text, accepted)?;
    let plain = format!("/bytes/{bytes}/");
    assert_eq!(
        client.get(&plain, accepted)?,
        bytes,
        "both are of the same size"
    );
    let mut pairs = Pairs::default();
    for round in 0..WARM_UP + ROUNDS {
        // Whoever comes second may gain or lose by that.
        let (as_it_is, coded) = if round % 2 == 0 {
            let as_it_is = client.time(&plain, accepted)?;
            (as_it_is, client.time(&text, accepted)?)
        } else {
            let coded = client.time(&text, accepted)?;
            (client.time(&plain, accepted)?, coded)
        };
        if round >= WARM_UP {
            pairs.add(as_it_is, coded);
        }
    }
    let outcome = pairs.outcome();
    let [as_it_is, coded] =
        [outcome.plain, outcome.other].map(|time| client::per_request(time).as_secs_f64() * 1e6);
    let [low, high] = outcome.spread;
    println!(
        "{coding:<7} {bytes:<7} {as_it_is:>11.2} {coded:>10.2} {:>7.3}   {low:.3} to {high:.3}",
        outcome.ratio
    );
    Ok(outcome.ratio)
}
