//! How often a hit calls the kernel.

use std::fs;
use std::io;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::bench::Bench;
use crate::findings::{Figure, Findings};
use crate::load::Wrk;
use crate::shape::Shape;

/// How long calls are counted: long enough that connections, of which there are few,
/// hardly count. Watched, the server is slower.
const SECONDS: u32 = 3;

pub(crate) fn syscalls(bench: &Bench) -> io::Result<Findings> {
    let wrk = Wrk::new(bench.cores, SECONDS)?;
    let hit = Shape::USUAL.hit(bench.cores)?;
    hit.prepare()?;
    let log = tempfile::NamedTempFile::new()?;
    let server = hit.server.process();
    let strace = Command::new("strace")
        .args(["-c", "-f", "--summary-columns=calls,name"])
        .args(["-p", &server.to_string(), "-o"])
        .arg(log.path())
        .stderr(Stdio::null())
        .spawn()?;
    let counting = Counting(strace);
    until_attached(server)?;
    let run = hit.run(&wrk, 0)?;
    counting.end()?;
    let calls: f64 = fs::read_to_string(log.path())?
        .lines()
        .filter_map(calls)
        .sum();
    Ok(Findings {
        figures: vec![Figure {
            name: "syscalls_per_hit",
            value: calls / run.requests,
        }],
        ..Findings::default()
    })
}

/// The calls that a line of the summary tells of.
fn calls(line: &str) -> Option<f64> {
    let (calls, name) = line.trim().split_once(' ')?;
    if name.trim() == "total" {
        return None;
    }
    calls.parse().ok()
}

/// Waits until all threads are watched.
fn until_attached(process: u32) -> io::Result<()> {
    let start = Instant::now();
    loop {
        let threads = fs::read_dir(format!("/proc/{process}/task"))?;
        let mut are_watched = threads.map(|thread| {
            let status = fs::read_to_string(thread?.path().join("status"))?;
            Ok::<_, io::Error>(!status.lines().any(|line| line == "TracerPid:\t0"))
        });
        if are_watched.all(|is_watched| is_watched.unwrap_or(false)) {
            return Ok(());
        }
        if start.elapsed() > Duration::from_secs(10) {
            return Err(io::Error::other("strace may not watch the server"));
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// A strace that lets the server go when it is dropped.
struct Counting(Child);

impl Counting {
    /// Lets it write down what it has counted.
    fn end(mut self) -> io::Result<()> {
        let strace = self.0.id().to_string();
        Command::new("kill").args(["-s", "INT", &strace]).status()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
