//! A network that keeps what it should pass on.

#![expect(clippy::unnecessary_wraps, reason = "others may fail")]

use std::io;
use std::time::Duration;

use crate::world::{World, pause};

/// Longer than any call to Redis may take.
const SLOW: Duration = Duration::from_millis(120);

/// Connections are silent from now on, new ones are not.
pub(crate) fn silent(world: &mut World) -> io::Result<u64> {
    let before = connections(world);
    pause(500);
    while world.has(1_700) {
        for proxy in &world.proxies {
            proxy.hold_old();
        }
        world.recovery.back();
        pause(1_500);
    }
    let renewed = connections(world) - before;
    // What was kept comes at last.
    for proxy in &world.proxies {
        proxy.pass();
    }
    Ok(renewed)
}

/// Connections are reset.
pub(crate) fn reset(world: &mut World) -> io::Result<u64> {
    let before = connections(world);
    pause(500);
    while world.has(1_000) {
        for proxy in &world.proxies {
            proxy.reset_all();
        }
        pause(300);
    }
    pause(500);
    Ok(connections(world) - before)
}

/// Each answer takes too long, for a while.
pub(crate) fn slow(world: &mut World) -> io::Result<u64> {
    let mut times = 0;
    pause(500);
    while world.has(2_300) {
        for proxy in &world.proxies {
            proxy.delay(SLOW);
        }
        pause(1_000);
        for proxy in &world.proxies {
            proxy.pass();
        }
        times += 1;
        pause(1_000);
    }
    Ok(times)
}

/// One process hears nothing from Redis for a while, and Redis nothing from it.
pub(crate) fn cut_one(world: &mut World) -> io::Result<u64> {
    let mut times = 0;
    pause(500);
    while world.has(2_700) {
        let proxy = fastrand::choice(&world.proxies);
        let proxy = proxy.ok_or_else(|| io::Error::other("there is no proxy"))?;
        proxy.hold_all();
        pause(1_500);
        proxy.pass();
        times += 1;
        pause(1_000);
    }
    Ok(times)
}

fn connections(world: &World) -> u64 {
    world
        .proxies
        .iter()
        .map(dumper_tests::Proxy::accepted)
        .sum()
}
