//! A process of the site that does not go on.

use std::io;

use crate::world::{World, pause};

/// One is stopped for a second, in the midst of whatever it does.
pub(crate) fn stopped(world: &mut World) -> io::Result<u64> {
    let mut times = 0;
    pause(400);
    while world.has(1_700) {
        let process = fastrand::choice(world.processes.iter());
        let process = process.ok_or_else(|| io::Error::other("there is no process"))?;
        process.signal("STOP")?;
        pause(1_000);
        process.signal("CONT")?;
        times += 1;
        pause(500);
    }
    Ok(times)
}
