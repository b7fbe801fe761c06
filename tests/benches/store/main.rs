//! What pages cost that are kept in Redis, beside the commands of a bare client.
//!
//! All of it is on a runtime of one thread, as a worker of Actix Web has, with a Redis
//! on the loopback. The bare client has one connection for all workers, as the crate
//! `redis` advises, so that its thread is another one; and besides one of this thread
//! alone, as the store has. Both are done in short rounds by turns. What counts is the
//! ratio of the two in a round, and the median of all rounds: a machine that is busy is
//! so for both.
//!
//! With `--check` it fails if a hit takes longer than we aim at. With `--scale` it
//! drops a tag of many pages instead.

#![allow(clippy::print_stdout, reason = "the tables are what it is for")]

mod bare;
mod hits;
#[path = "../ratio.rs"]
mod ratio;
mod scale;
mod site;
mod writes;

use std::env;
use std::process::ExitCode;

use dumper_tests::redis::RedisServer;
use tokio::runtime;
use tokio::task::{LocalSet, spawn_local};

use self::bare::Bare;
use self::hits::{CASES, Case, Compared};
use self::ratio::Outcome;

fn main() -> ExitCode {
    let [checks, scales] =
        ["--check", "--scale"].map(|wanted| env::args().any(|argument| argument == wanted));
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime needs no more than this");
    // A request is such a task.
    let holds = LocalSet::new().block_on(&runtime, async move {
        let measuring = spawn_local(measure(scales));
        measuring.await.expect("the task does not panic")
    });
    if checks && !holds {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Prints what was measured, and returns whether it is what is promised.
async fn measure(scales: bool) -> bool {
    let server = RedisServer::start(&[]).expect("Redis is installed");
    if scales {
        scale::measure(&server).await;
        return true;
    }
    let bare = Bare::connect(&server).await.expect("it has started");
    let shared = Bare::connect_apart(&server).expect("it has started");
    println!("beside a GET by");
    println!("the connection  asked       GET µs   hit µs   ratio   half of the rounds    rate");
    println!("of all workers");
    print("its commands", &hits::compare_commands(&shared).await);
    let mut broken = Vec::new();
    for case in CASES.iter().filter(|case| case.promise.is_some()) {
        let compared = hits::compare(&server, &shared, case).await;
        print(case.name, &compared);
        broken.extend(broken_promises(case, &compared));
    }
    println!("of this thread alone");
    print("its commands", &hits::compare_commands(&bare).await);
    for case in &CASES {
        print(case.name, &hits::compare(&server, &bare, case).await);
    }
    println!("\nwrite                   plain µs   ours µs   ratio   half of the rounds");
    writes::measure(&server, &bare).await;
    for broken in &broken {
        println!("\n{broken}");
    }
    broken.is_empty()
}

fn print(name: &str, compared: &Compared) {
    for (asked, outcome) in [
        ("serially", compared.serially),
        ("64 at once", compared.at_once),
    ] {
        let [get, hit] = [outcome.plain, outcome.other].map(|time| time.as_secs_f64() * 1e6);
        let Outcome {
            ratio,
            spread: [low, high],
            ..
        } = outcome;
        let rate = ratio.recip();
        println!(
            "{name:<15} {asked:<10} {get:>7.2} {hit:>8.2} {ratio:>7.3}   {low:.3} to {high:.3} {rate:>11.3}"
        );
    }
}

fn broken_promises(case: &Case, compared: &Compared) -> Vec<String> {
    let Some(promise) = case.promise else {
        return Vec::new();
    };
    let (name, mut broken) = (case.name, Vec::new());
    let ratio = compared.serially.ratio;
    if ratio > promise.serially {
        broken.push(format!(
            "A hit ({name}) may take {:.2} times as long as a GET, and takes {ratio:.3} times.",
            promise.serially
        ));
    }
    let rate = compared.at_once.ratio.recip();
    if rate < promise.at_once {
        broken.push(format!(
            "Hits ({name}) have to come at {:.2} of the rate of a GET, and come at {rate:.3}.",
            promise.at_once
        ));
    }
    broken
}
