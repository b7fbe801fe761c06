//! A cluster whose parts go, or exchange their keys.

use std::io;

use dumper_tests::redis::Cluster;

use crate::world::{Shared, World, pause};

/// A primary is killed, and its replica takes over; then it comes back as one.
pub(crate) fn primary_killed(world: &mut World) -> io::Result<u64> {
    let mut times = 0;
    pause(1_000);
    loop {
        let cluster = cluster(&mut world.shared)?;
        let key = fastrand::choice(keys(cluster));
        let primary = cluster.primary_of(&key.unwrap_or_default())?;
        cluster.nodes[primary].kill();
        cluster.until_replaced(primary)?;
        times += 1;
        pause(1_000);
        cluster.nodes[primary].restart()?;
        pause(1_000);
        if !world.has(5_000) {
            return Ok(times);
        }
    }
}

/// The slots of keys go from one primary to another.
pub(crate) fn reshard(world: &mut World) -> io::Result<u64> {
    let mut times = 0;
    pause(500);
    while world.has(1_000) {
        let cluster = cluster(&mut world.shared)?;
        let keys = keys(cluster);
        let Some(key) = fastrand::choice(&keys) else {
            pause(20);
            continue;
        };
        let (slot, from) = (cluster.slot(key)?, cluster.primary_of(key)?);
        let to = (from + fastrand::usize(1..3)) % 3;
        cluster.move_slot(slot, from, to)?;
        times += 1;
        pause(20);
    }
    pause(500);
    Ok(times)
}

/// All keys, of which there are few.
fn keys(cluster: &Cluster) -> Vec<String> {
    let nodes = cluster.nodes.iter();
    // Those of a node that does not answer are not known.
    let keys = nodes.filter_map(|node| node.command::<Vec<String>>(&["KEYS", "*"]).ok());
    keys.flatten().collect()
}

fn cluster(shared: &mut Shared) -> io::Result<&mut Cluster> {
    match shared {
        Shared::Cluster(cluster) => Ok(cluster),
        _ => Err(io::Error::other("there is no cluster")),
    }
}
