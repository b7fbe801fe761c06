//! The rows of the matrix: what fails, and what is promised then.

use std::io;

use crate::rows::{cluster, eviction, failover, foreign, network, processes, restart, rights};
use crate::world::World;

/// A row of the matrix.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a matter of its own")]
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) promise: &'static str,
    pub(crate) shared: Kind,
    /// The options of the servers.
    pub(crate) options: &'static [&'static str],
    /// User and password in the URLs.
    pub(crate) credential: &'static str,
    /// Lets it fail until the time is over, and returns how many times it did. Then
    /// all is well again.
    pub(crate) drive: fn(&mut World) -> io::Result<u64>,
    /// Whether pages come from the cache at all.
    pub(crate) has_hits: bool,
    /// Whether the naive scheme can be caught.
    pub(crate) catches_naive: bool,
    /// Whether there must be hits a second after Redis is back.
    pub(crate) recovers: bool,
    /// Whether processes are killed between `COMMIT` and the end of the fence.
    pub(crate) kills_writers: bool,
    /// Whether the processes are of two releases.
    pub(crate) two_releases: bool,
}

/// What is between the processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    One,
    Pair,
    Cluster,
}

const P1: &str = "fresh when the write is done";
const UP: &str = "fresh when the write is done; hits within a second";

/// What all rows have that do not say otherwise.
const fn row(
    name: &'static str,
    promise: &'static str,
    drive: fn(&mut World) -> io::Result<u64>,
) -> Fault {
    Fault {
        name,
        promise,
        shared: Kind::One,
        options: &[],
        credential: "",
        drive,
        has_hits: true,
        catches_naive: true,
        recovers: false,
        kills_writers: false,
        two_releases: false,
    }
}

/// Nothing fails but what clients do.
#[expect(clippy::unnecessary_wraps, reason = "all others may fail")]
fn nothing(_world: &mut World) -> io::Result<u64> {
    Ok(1)
}

impl Fault {
    /// All rows.
    pub(crate) const ALL: &'static [Self] = &[
        row("none", P1, nothing),
        row("evict-random", P1, eviction::random),
        row("evict-lru", P1, eviction::lru),
        row("oom", P1, eviction::out_of_memory),
        row("flush", P1, foreign::flush),
        row("script-flush", P1, foreign::flush_scripts),
        row("foreign", "nothing stale, nothing corrupt", foreign::write),
        Self {
            recovers: true,
            ..row("restart-empty", UP, restart::empty)
        },
        Self {
            recovers: true,
            ..row("restart-rdb", UP, restart::from_rdb)
        },
        Self {
            recovers: true,
            options: &["--appendonly", "yes"],
            ..row("restart-aof", UP, restart::empty)
        },
        Self {
            options: restart::SLOW_TO_LOAD,
            ..row("loading", P1, restart::loading)
        },
        Self {
            shared: Kind::Pair,
            ..row("lagging-replica", P1, failover::lagging)
        },
        Self {
            shared: Kind::Pair,
            ..row("failback", P1, failover::to_and_fro)
        },
        Self {
            shared: Kind::Cluster,
            ..row("cluster-primary-killed", P1, cluster::primary_killed)
        },
        Self {
            shared: Kind::Cluster,
            ..row("reshard", P1, cluster::reshard)
        },
        row("sigstop-redis", P1, restart::stopped),
        Self {
            recovers: true,
            ..row("silent", UP, network::silent)
        },
        row("reset", P1, network::reset),
        row("slow", P1, network::slow),
        row("cut-one", P1, network::cut_one),
        row("sigstop-process", P1, processes::stopped),
        Self {
            kills_writers: true,
            ..row(
                "kill-writer",
                "fresh when the fence's time is over",
                nothing,
            )
        },
        Self {
            options: &["--requirepass", "right"],
            credential: ":wrong@",
            has_hits: false,
            catches_naive: false,
            ..row("wrong-password", "pages are rendered", nothing)
        },
        Self {
            options: &["--user", "app", "on", ">app", "~*", "&*", "+@all", "-info"],
            credential: "app:app@",
            has_hits: false,
            ..row("no-info", "pages are rendered", rights::no_info)
        },
        Self {
            two_releases: true,
            ..row("rolling", P1, nothing)
        },
    ];
}
