//! Load by `wrk`, on one core.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output};

use dumper_bench::PAGES;
use tempfile::TempDir;

use crate::cores::{Cores, Placing};

/// How many connections there are.
const CONNECTIONS: usize = 32;

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Law {
    /// One page.
    One(String),
    /// Each of the pages, the first most often: by Zipf's law with an exponent of 1.
    Zipf,
    /// Each time what nobody has asked for.
    Unique,
}

/// What wrk counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) requests: f64,
    pub(crate) seconds: f64,
    bytes: f64,
}

impl Counted {
    /// How long an answer was, at least and at most, if an answer is so long: wrk counts
    /// the bytes, but not the answers, that were under way when it ended.
    #[expect(clippy::cast_precision_loss, reason = "there are few connections")]
    pub(crate) fn bytes_each(&self, foreseen: f64) -> (f64, f64) {
        let under_way = foreseen * CONNECTIONS as f64;
        let [least, most] = [self.bytes - under_way, self.bytes].map(|it| it / self.requests);
        (least, most)
    }
}

/// Puts servers under load.
#[derive(Debug)]
pub(crate) struct Wrk {
    cores: Cores,
    seconds: u32,
    /// Where its scripts are.
    folder: TempDir,
}

impl Wrk {
    pub(crate) fn new(cores: Cores, seconds: u32) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        for (name, script) in [
            ("one", ""),
            ("zipf", include_str!("zipf.lua")),
            ("unique", include_str!("unique.lua")),
        ] {
            let script = format!("{}\n{script}", include_str!("counted.lua"));
            fs::write(folder.path().join(name), script)?;
        }
        Ok(Self {
            cores,
            seconds,
            folder,
        })
    }

    pub(crate) fn seconds(&self) -> u32 {
        self.seconds
    }

    /// Asks a server for as long as it is set to. Runs of one `seed` ask for the same
    /// pages in the same order; of two runs no two ask for the same unique page.
    ///
    /// # Errors
    ///
    /// If anything but successes was answered, or if a connection failed.
    pub(crate) fn ask(
        &self,
        server: SocketAddr,
        law: &Law,
        headers: &[String],
        placing: Placing,
        seed: usize,
    ) -> io::Result<Counted> {
        let (script, path, words) = match law {
            Law::One(path) => ("one", path.as_str(), Vec::new()),
            Law::Zipf => ("zipf", "", vec![PAGES.to_string(), seed.to_string()]),
            Law::Unique => ("unique", "", vec![fastrand::u64(..).to_string()]),
        };
        let mut wrk = Command::new("taskset");
        wrk.args(["--cpu-list", &self.cores.of_client(placing), "wrk"])
            .args(["--threads", &placing.threads().to_string()])
            .args(["--connections", &CONNECTIONS.to_string()])
            .args(["--duration", &format!("{}s", self.seconds)])
            .args(["--timeout", "10s"])
            .arg("--script")
            .arg(self.script(script));
        for header in headers {
            wrk.args(["--header", header]);
        }
        let output = wrk
            .arg(format!("http://{server}{path}"))
            .arg("--")
            .args(words)
            .output()?;
        read(&output).map_err(|what| io::Error::other(format!("wrk: {what}")))
    }

    fn script(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Reads what `counted.lua` says.
fn read(output: &Output) -> Result<Counted, String> {
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().find_map(|line| line.strip_prefix("counted "));
    let numbers: Option<Vec<f64>> =
        line.and_then(|line| line.split(' ').map(|word| word.parse().ok()).collect());
    let Some(
        &[
            requests,
            micros,
            bytes,
            connect,
            read,
            write,
            status,
            timeout,
        ],
    ) = numbers.as_deref()
    else {
        let complained = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}: {said}{complained}", output.status));
    };
    let failures = [
        ("connections failed", connect),
        ("reads failed", read),
        ("writes failed", write),
        ("answers were errors", status),
        ("answers came too late", timeout),
    ];
    if let Some((what, count)) = failures.into_iter().find(|(_, count)| *count > 0.0) {
        return Err(format!("{count} {what}"));
    }
    if requests < 1.0 {
        return Err("nothing was answered".to_owned());
    }
    Ok(Counted {
        requests,
        seconds: micros / 1e6,
        bytes,
    })
}
