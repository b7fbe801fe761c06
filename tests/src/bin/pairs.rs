//! Sends pairs of requests that an attacker and a victim may send, and looks
//! whether the second is answered as if there had been no first.
//!
//! See `dumper_tests::pairs`. The work is done by processes of this program, since
//! what a middleware remembers of hosts is shared by all that runs in one.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

use std::env;
use std::num::NonZero;
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;

use dumper_tests::pairs::{Tally, Trial, run};

const HELP: &str = "\
Sends pairs of requests to an app behind dumper, and looks whether the second is
answered as if there had been no first.

Usage: pairs [--pairs N] [--seed S]

  --pairs  how many pairs to send (default: 1000000)
  --seed   of the first slice of them; each further one has the next (default: 1)

The last line is the result in JSON. It fails if a pair failed, which it tells then,
or if too few of the answers came from the cache.";

/// How many pairs a process sends. Which hosts it serves is up to the first of
/// them.
const SLICE: u64 = 50_000;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["--help"] => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        ["slice", seed, pairs] => slice(seed, pairs),
        words => arguments(words).and_then(|(pairs, seed)| all(pairs, seed)),
    };
    match result {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("pairs: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn arguments(words: &[&str]) -> Result<(u64, u64), String> {
    let (mut pairs, mut seed) = (1_000_000, 1);
    for words in words.chunks(2) {
        match words {
            ["--pairs", number] => pairs = read(number)?,
            ["--seed", number] => seed = read(number)?,
            _ => return Err(format!("there is no {words:?}; see --help")),
        }
    }
    Ok((pairs, seed))
}

fn read(number: &str) -> Result<u64, String> {
    number.parse().map_err(|err| format!("{number}: {err}"))
}

/// Sends the pairs of one seed, and tells of them as `Tally` has it.
fn slice(seed: &str, pairs: &str) -> Result<String, String> {
    let (seed, pairs) = (read(seed)?, read(pairs)?);
    let system = actix_web::rt::System::new();
    let tally = system.block_on(async { run(&Trial::start().await, seed, pairs).await })?;
    Ok(tally.to_string())
}

/// Sends all pairs, on all cores.
fn all(pairs: u64, seed: u64) -> Result<String, String> {
    let slices = (0..pairs.div_ceil(SLICE)).map(|slice| {
        let sent = slice * SLICE;
        (seed.wrapping_add(slice), SLICE.min(pairs - sent))
    });
    let slices = Mutex::new(slices);
    let next = || slices.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        let mut tally = Tally::default();
        while let Some((seed, pairs)) = next() {
            tally += in_process(seed, pairs).map_err(|err| format!("seed {seed}: {err}"))?;
        }
        Ok::<_, String>(tally)
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let tallies: Vec<Result<Tally, String>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let ended = workers.into_iter().map(thread::ScopedJoinHandle::join);
        ended
            .map(|ended| ended.unwrap_or_else(|_| Err("a worker panicked".to_owned())))
            .collect()
    });
    let mut tally = Tally::default();
    for one in tallies {
        tally += one?;
    }
    if !tally.is_telling() {
        return Err(format!(
            "void, since too few were answered from the cache: {}",
            tally.json(seed)
        ));
    }
    Ok(tally.json(seed))
}

fn in_process(seed: u64, pairs: u64) -> Result<Tally, String> {
    let program = env::current_exe().map_err(|err| err.to_string())?;
    let output = Command::new(program)
        .args(["slice", &seed.to_string(), &pairs.to_string()])
        .output()
        .map_err(|err| err.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    String::from_utf8_lossy(&output.stdout).trim().parse()
}
