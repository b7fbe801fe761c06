//! A Redis that is full.

use std::io;

use dumper_tests::redis::RedisServer;
use redis::RedisResult;

use crate::world::{World, pause};

/// What others take: keys of about a kilobyte.
const JUNK: usize = 1_000;

/// Any key is evicted.
pub(crate) fn random(world: &mut World) -> io::Result<u64> {
    evict(world, "allkeys-random")
}

/// The keys that were used least are evicted.
pub(crate) fn lru(world: &mut World) -> io::Result<u64> {
    evict(world, "allkeys-lru")
}

fn evict(world: &mut World, policy: &str) -> io::Result<u64> {
    pause(500);
    let server = world.shared.primary()?;
    fill_up(server, policy, 100_000)?;
    while world.has(20) {
        // It may be full for a moment.
        let _ = write_junk(server);
        pause(2);
    }
    let evicted = server.info("stats", "evicted_keys")?;
    evicted.parse().map_err(io::Error::other)
}

/// Nothing is evicted, and nothing can be written.
pub(crate) fn out_of_memory(world: &mut World) -> io::Result<u64> {
    pause(1_000);
    let server = world.shared.primary()?;
    fill_up(server, "noeviction", 0)?;
    let mut refused = 0;
    while world.has(1_500) {
        refused += u64::from(write_junk(server).is_err());
        pause(5);
    }
    set(server, "maxmemory", "0")?;
    pause(1_000);
    Ok(refused)
}

fn fill_up(server: &RedisServer, policy: &str, room: u64) -> io::Result<()> {
    set(server, "maxmemory-policy", policy)?;
    let used: u64 = server
        .info("memory", "used_memory")?
        .parse()
        .map_err(io::Error::other)?;
    set(server, "maxmemory", &(used + room).to_string())
}

fn set(server: &RedisServer, name: &str, value: &str) -> io::Result<()> {
    server
        .command(&["CONFIG", "SET", name, value])
        .map_err(io::Error::other)
}

fn write_junk(server: &RedisServer) -> RedisResult<()> {
    let key = format!("junk{}", fastrand::u64(..));
    let value = "x".repeat(fastrand::usize(..2 * JUNK));
    server.command(&["SET", &key, &value])
}
