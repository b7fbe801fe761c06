//! A cluster of three primaries and their replicas.

use std::io;

use redis::FromRedisValue;

use super::RedisServer;

/// How many slots keys are spread over.
const SLOTS: u16 = 16_384;

const PRIMARIES: usize = 3;

/// Six servers: the first three begin as primaries, each of the others is a replica
/// of one of them.
#[derive(Debug)]
pub struct Cluster {
    /// The servers.
    pub nodes: Vec<RedisServer>,
}

impl Cluster {
    /// Starts all, and waits until every node knows of every other. A primary that
    /// does not answer for 1.5 seconds is replaced.
    ///
    /// # Errors
    ///
    /// If one does not start, with what it said.
    pub fn start(options: &[&str]) -> io::Result<Self> {
        let of_cluster = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1500"];
        let options: Vec<&str> = of_cluster.iter().chain(options).copied().collect();
        let nodes = (0..2 * PRIMARIES).map(|_| RedisServer::start(&options));
        let cluster = Self {
            nodes: nodes.collect::<io::Result<_>>()?,
        };
        cluster.meet()?;
        cluster.share_out()?;
        cluster.replicate()?;
        cluster.until_whole()?;
        Ok(cluster)
    }

    /// Where the nodes listen.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    /// The slot of a key.
    ///
    /// # Errors
    ///
    /// If no node answers.
    pub fn slot(&self, key: &str) -> io::Result<u16> {
        self.ask_any(&["CLUSTER", "KEYSLOT", key])
    }

    /// The index of the node that is the primary of a key, as its own node has it.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn primary_of(&self, key: &str) -> io::Result<usize> {
        let slot = self.slot(key)?.to_string();
        let owns = |node: &&RedisServer| {
            // Any other node says where to go instead.
            let keys: io::Result<i64> = ask(node, &["EXISTS", key]);
            let role = node.info("replication", "role");
            keys.is_ok() && role.is_ok_and(|role| role == "master")
        };
        let node = self.nodes.iter().position(|node| owns(&node));
        node.ok_or_else(|| io::Error::other(format!("slot {slot} has no primary")))
    }

    /// Waits until a node that was killed has been replaced, and all slots are
    /// served.
    ///
    /// # Errors
    ///
    /// If it never is.
    pub fn until_replaced(&self, killed: usize) -> io::Result<()> {
        let alive = || {
            let nodes = self.nodes.iter().enumerate();
            nodes.filter(|(index, _)| *index != killed)
        };
        let first = &self.nodes[usize::from(killed == 0)];
        first.until("replaced a primary", || {
            let primaries = alive().filter(|(_, node)| {
                let role = node.info("replication", "role");
                role.is_ok_and(|role| role == "master")
            });
            primaries.count() == PRIMARIES && alive().all(|(_, node)| is_well(node))
        })
    }

    /// Moves a slot, with its keys, from a primary to another one.
    ///
    /// # Errors
    ///
    /// If a node refuses.
    pub fn move_slot(&self, slot: u16, from: usize, to: usize) -> io::Result<()> {
        let (source, target) = (&self.nodes[from], &self.nodes[to]);
        let ids: [String; 2] = [
            ask(source, &["CLUSTER", "MYID"])?,
            ask(target, &["CLUSTER", "MYID"])?,
        ];
        let (slot, port) = (slot.to_string(), target.port().to_string());
        let set = |node, state: &[&str]| -> io::Result<()> {
            let words: Vec<&str> = ["CLUSTER", "SETSLOT", &slot]
                .iter()
                .chain(state)
                .copied()
                .collect();
            ask(node, &words)
        };
        set(target, &["IMPORTING", &ids[0]])?;
        set(source, &["MIGRATING", &ids[1]])?;
        loop {
            let keys: Vec<String> = ask(source, &["CLUSTER", "GETKEYSINSLOT", &slot, "100"])?;
            if keys.is_empty() {
                break;
            }
            let mut words = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "KEYS"];
            words.extend(keys.iter().map(String::as_str));
            let _: String = ask(source, &words)?;
        }
        // The target first: whoever is told to ask it is let in then.
        set(target, &["NODE", &ids[1]])?;
        for node in &self.nodes[..PRIMARIES] {
            set(node, &["NODE", &ids[1]])?;
        }
        Ok(())
    }

    fn meet(&self) -> io::Result<()> {
        for (epoch, node) in self.nodes.iter().enumerate() {
            let epoch = (epoch + 1).to_string();
            let () = ask(node, &["CLUSTER", "SET-CONFIG-EPOCH", &epoch])?;
        }
        let (first, others) = self.nodes.split_at(1);
        for node in others {
            let (port, bus) = (node.port().to_string(), node.bus.to_string());
            let () = ask(&first[0], &["CLUSTER", "MEET", "127.0.0.1", &port, &bus])?;
        }
        let all = format!("cluster_known_nodes:{}", self.nodes.len());
        for node in &self.nodes {
            node.until("met the others", || {
                cluster_info(node).is_ok_and(|told| told.lines().any(|line| line == all))
            })?;
        }
        Ok(())
    }

    fn share_out(&self) -> io::Result<()> {
        for (index, node) in self.nodes[..PRIMARIES].iter().enumerate() {
            // Runs of slots, or what a node tells of them is a megabyte.
            let slots = (0..SLOTS).filter(|slot| {
                let primary = usize::from(*slot) * PRIMARIES / usize::from(SLOTS);
                primary == index
            });
            let slots: Vec<String> = slots.map(|slot| slot.to_string()).collect();
            let mut words = vec!["CLUSTER", "ADDSLOTS"];
            words.extend(slots.iter().map(String::as_str));
            let () = ask(node, &words)?;
        }
        Ok(())
    }

    fn replicate(&self) -> io::Result<()> {
        let (primaries, replicas) = self.nodes.split_at(PRIMARIES);
        for (replica, primary) in replicas.iter().zip(primaries) {
            let id: String = ask(primary, &["CLUSTER", "MYID"])?;
            let () = ask(replica, &["CLUSTER", "REPLICATE", &id])?;
        }
        Ok(())
    }

    fn until_whole(&self) -> io::Result<()> {
        let (_, replicas) = self.nodes.split_at(PRIMARIES);
        for node in &self.nodes {
            node.until("found all slots served", || is_well(node))?;
        }
        for replica in replicas {
            replica.until("is in sync", || {
                let status = replica.info("replication", "master_link_status");
                status.is_ok_and(|status| status == "up")
            })?;
        }
        Ok(())
    }

    fn ask_any<T: FromRedisValue>(&self, words: &[&str]) -> io::Result<T> {
        let mut last = io::Error::other("there is no node");
        for node in &self.nodes {
            match ask(node, words) {
                Ok(answer) => return Ok(answer),
                Err(err) => last = err,
            }
        }
        Err(last)
    }
}

fn is_well(node: &RedisServer) -> bool {
    cluster_info(node).is_ok_and(|told| told.lines().any(|line| line == "cluster_state:ok"))
}

fn cluster_info(node: &RedisServer) -> io::Result<String> {
    ask(node, &["CLUSTER", "INFO"])
}

fn ask<T: FromRedisValue>(node: &RedisServer, words: &[&str]) -> io::Result<T> {
    node.command(words).map_err(io::Error::other)
}
