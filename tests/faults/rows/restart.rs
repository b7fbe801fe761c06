//! A Redis that ends, or does not go on.

use std::io;

use dumper_tests::redis::RedisServer;

use crate::world::{Shared, World, pause};

/// What makes a restart take about a second.
pub(crate) const SLOW_TO_LOAD: &[&str] = &[
    "--key-load-delay",
    "400",
    "--loading-process-events-interval-bytes",
    "1024",
];

/// It is killed, and comes back with what it has on disk: nothing, or all if it
/// has a log.
pub(crate) fn empty(world: &mut World) -> io::Result<u64> {
    rounds(world, |_| Ok(()))
}

/// It is killed, and comes back with what it had a while ago.
pub(crate) fn from_rdb(world: &mut World) -> io::Result<u64> {
    rounds(world, |server| {
        let () = server.command(&["SAVE"]).map_err(io::Error::other)?;
        // Long enough for writes to begin and to be done.
        pause(600);
        Ok(())
    })
}

fn rounds(world: &mut World, before: impl Fn(&RedisServer) -> io::Result<()>) -> io::Result<u64> {
    let mut times = 0;
    pause(400);
    while world.has(2_200) {
        let server = one(&mut world.shared)?;
        before(server)?;
        server.kill();
        pause(fastrand::u64(20..250));
        server.restart()?;
        world.recovery.back();
        times += 1;
        pause(1_300);
    }
    Ok(times)
}

/// It is there, and answers that it is loading.
pub(crate) fn loading(world: &mut World) -> io::Result<u64> {
    let mut times = 0;
    pause(400);
    while world.has(3_000) {
        let server = one(&mut world.shared)?;
        for number in 0..2_000 {
            let key = format!("junk{number}");
            let () = server
                .command(&["SET", &key, "junk"])
                .map_err(io::Error::other)?;
        }
        let () = server.command(&["SAVE"]).map_err(io::Error::other)?;
        pause(150);
        server.respawn()?;
        let mut is_loading = false;
        loop {
            pause(5);
            match server.command::<String>(&["GET", "junk"]) {
                Err(err) if err.code() == Some("LOADING") => is_loading = true,
                Err(err) if err.is_io_error() || err.is_connection_refusal() => {}
                _ => break,
            }
        }
        times += u64::from(is_loading);
        pause(800);
    }
    Ok(times)
}

/// It does not go on for a while.
pub(crate) fn stopped(world: &mut World) -> io::Result<u64> {
    let mut times = 0;
    pause(400);
    while world.has(1_800) {
        let server = one(&mut world.shared)?;
        server.stop_process()?;
        pause(900);
        server.continue_process()?;
        times += 1;
        pause(700);
    }
    Ok(times)
}

fn one(shared: &mut Shared) -> io::Result<&mut RedisServer> {
    match shared {
        Shared::One(server) => Ok(server),
        _ => Err(io::Error::other("there are several servers")),
    }
}
