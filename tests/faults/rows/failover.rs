//! A replica that takes over, and lacks what was done last.

use std::io;

use dumper_tests::redis::{RedisServer, Replicas};

use crate::world::{Shared, World, addr, pause};

/// The primary is killed when the replica has heard of nothing for a while.
pub(crate) fn lagging(world: &mut World) -> io::Result<u64> {
    let mut times = 0;
    pause(400);
    while world.has(2_500) {
        let pair = pair(&mut world.shared)?;
        pair.until_in_sync()?;
        pair.cut()?;
        pause(600);
        pair.primary.kill();
        pair.promote()?;
        lead_to_primary(world)?;
        times += 1;
        pause(900);
        let pair = self::pair(&mut world.shared)?;
        pair.replica.restart()?;
        pair.follow()?;
        pause(500);
    }
    Ok(times)
}

/// The two take turns, and none is started again. The one that is to take over has
/// heard of nothing for a while.
pub(crate) fn to_and_fro(world: &mut World) -> io::Result<u64> {
    let mut times = 0;
    pause(400);
    while world.has(2_000) {
        let pair = pair(&mut world.shared)?;
        pair.until_in_sync()?;
        pair.cut()?;
        pause(600);
        // There are never two primaries.
        follow(&pair.primary, &pair.replica)?;
        // Sentinel ends the connections, whoever does it by hand may not.
        if fastrand::bool() {
            let () = pair
                .primary
                .command(&["CLIENT", "KILL", "TYPE", "normal"])
                .map_err(io::Error::other)?;
        }
        pause(fastrand::u64(..100));
        pair.promote()?;
        lead_to_primary(world)?;
        times += 1;
        pause(700);
    }
    Ok(times)
}

/// Makes one the replica of another, which may be none as yet.
fn follow(replica: &RedisServer, primary: &RedisServer) -> io::Result<()> {
    let port = primary.port().to_string();
    replica
        .command(&["REPLICAOF", "127.0.0.1", &port])
        .map_err(io::Error::other)
}

fn lead_to_primary(world: &World) -> io::Result<()> {
    let target = addr(world.shared.primary()?);
    for proxy in &world.proxies {
        proxy.retarget(target);
        proxy.reset_all();
    }
    Ok(())
}

fn pair(shared: &mut Shared) -> io::Result<&mut Replicas> {
    match shared {
        Shared::Pair(pair) => Ok(pair),
        _ => Err(io::Error::other("there is no replica")),
    }
}
