//! The processes of the site, and the Redis between them, all of which can fail.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, thread};

use dumper_tests::Proxy;
use dumper_tests::redis::{Cluster, RedisServer, Replicas};

use crate::settings::Settings;

/// How many rows there are: of items in the beginning.
pub(crate) const ITEMS: u64 = 20;
/// From this mark, the first items are those that processes die with: nobody else
/// saves them, so that what is wrong on their pages stays.
pub(crate) const LAST: u64 = ITEMS - 3;
pub(crate) const SHELVES: u64 = 6;
pub(crate) const NOTICES: u64 = 4;

/// How many names there are for items: a few more than items, so that names are
/// free to be taken, and taken again.
pub(crate) const NAMES: u64 = 26;

/// What is between the processes.
#[derive(Debug)]
pub(crate) enum Shared {
    One(RedisServer),
    Pair(Replicas),
    Cluster(Cluster),
}

impl Shared {
    /// The one that is written to, if it is known.
    pub(crate) fn primary(&self) -> io::Result<&RedisServer> {
        match self {
            Self::One(server) => Ok(server),
            Self::Pair(pair) => Ok(&pair.primary),
            Self::Cluster(_) => Err(io::Error::other("a cluster has several primaries")),
        }
    }
}

/// Where a server listens.
pub(crate) fn addr(server: &RedisServer) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], server.port()))
}

/// A process of the site.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) number: usize,
    settings: Settings,
    child: Mutex<Child>,
    addr: Mutex<SocketAddr>,
    /// How many times it was started, if it is up.
    life: AtomicU64,
    is_up: AtomicBool,
    /// It is about to be killed: its requests may fail.
    is_dying: AtomicBool,
    log: File,
}

impl Process {
    pub(crate) fn start(number: usize, settings: Settings) -> io::Result<Self> {
        let log = tempfile::tempfile()?;
        let (child, addr) = spawn(&settings, &log)?;
        Ok(Self {
            number,
            settings,
            child: Mutex::new(child),
            addr: Mutex::new(addr),
            life: AtomicU64::new(1),
            is_up: AtomicBool::new(true),
            is_dying: AtomicBool::new(false),
            log,
        })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        *lock(&self.addr)
    }

    /// The release that it is of.
    pub(crate) fn release(&self) -> &str {
        &self.settings.release
    }

    /// Which of its lives it is in, if it lives.
    pub(crate) fn life(&self) -> Option<u64> {
        let is_up = self.is_up.load(Ordering::SeqCst);
        is_up.then(|| self.life.load(Ordering::SeqCst))
    }

    /// Whether a request of this life must not fail.
    pub(crate) fn must_answer(&self, life: u64) -> bool {
        !self.is_dying.load(Ordering::SeqCst) && self.life() == Some(life)
    }

    /// Takes note that it is about to die, or after all not.
    pub(crate) fn dies(&self, dies: bool) {
        self.is_dying.store(dies, Ordering::SeqCst);
    }

    /// Waits until it has died, and starts it again.
    pub(crate) fn revive(&self) -> io::Result<()> {
        self.is_up.store(false, Ordering::SeqCst);
        lock(&self.child).wait()?;
        let (child, addr) = spawn(&self.settings, &self.log)?;
        *lock(&self.child) = child;
        *lock(&self.addr) = addr;
        self.life.fetch_add(1, Ordering::SeqCst);
        self.is_dying.store(false, Ordering::SeqCst);
        self.is_up.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Sends a signal: `STOP` or `CONT`.
    pub(crate) fn signal(&self, signal: &str) -> io::Result<()> {
        let kill = format!("kill -s {signal} {}", lock(&self.child).id());
        let status = Command::new("sh").args(["-c", &kill]).status()?;
        if status.success() {
            Ok(())
        } else {
            Err(io::Error::other(format!("{kill}: {status}")))
        }
    }

    /// What it has said.
    pub(crate) fn log(&self) -> String {
        let mut said = Vec::new();
        let mut log = &self.log;
        // Who cannot be heard has said nothing.
        let _ = log.rewind();
        let _ = log.read_to_end(&mut said);
        String::from_utf8_lossy(&said).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let mut child = lock(&self.child);
        // It may be stopped, or dead.
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn spawn(settings: &Settings, log: &File) -> io::Result<(Child, SocketAddr)> {
    let mut child = Command::new(env::current_exe()?)
        .arg("serve")
        .args(settings.words())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log.try_clone()?)
        .spawn()?;
    let mut line = String::new();
    if let Some(told) = child.stdout.take() {
        BufReader::new(told).read_line(&mut line)?;
    }
    let addr = line.trim().parse();
    let addr = addr.map_err(|_| io::Error::other("a process of the site does not start"));
    match addr {
        Ok(addr) => Ok((child, addr)),
        Err(err) => {
            // It has failed already.
            let _ = child.kill();
            let _ = child.wait();
            Err(err)
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How soon there are hits when Redis is back.
#[derive(Debug)]
pub(crate) struct Recovery {
    processes: usize,
    rounds: Mutex<Vec<Round>>,
}

#[derive(Debug)]
struct Round {
    back: Instant,
    hits: Vec<Option<Duration>>,
}

impl Recovery {
    pub(crate) fn new(processes: usize) -> Self {
        Self {
            processes,
            rounds: Mutex::default(),
        }
    }

    /// Takes note that Redis is back.
    pub(crate) fn back(&self) {
        lock(&self.rounds).push(Round {
            back: Instant::now(),
            hits: vec![None; self.processes],
        });
    }

    /// Takes note of a hit, of a request that began then.
    pub(crate) fn hit(&self, process: usize, began: Instant) {
        let mut rounds = lock(&self.rounds);
        let Some(round) = rounds.last_mut().filter(|round| round.back <= began) else {
            return;
        };
        let elapsed = round.back.elapsed();
        round.hits[process].get_or_insert(elapsed);
    }

    /// The longest that a process took, of all rounds; `None` if nothing came back.
    pub(crate) fn longest(&self) -> Option<Duration> {
        let rounds = lock(&self.rounds);
        let hits = rounds.iter().flat_map(|round| &round.hits);
        hits.map(|hit| hit.unwrap_or(Duration::MAX)).max()
    }
}

/// What the network and the servers are to whoever lets them fail.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) shared: Shared,
    /// Between each process and Redis; none for a cluster.
    pub(crate) proxies: Vec<Proxy>,
    pub(crate) processes: Arc<[Process]>,
    pub(crate) recovery: Arc<Recovery>,
    pub(crate) until: Instant,
}

impl World {
    /// Whether there is so much time left.
    pub(crate) fn has(&self, milliseconds: u64) -> bool {
        Instant::now() + Duration::from_millis(milliseconds) <= self.until
    }
}

/// Lets some time go by.
pub(crate) fn pause(milliseconds: u64) {
    thread::sleep(Duration::from_millis(milliseconds));
}
