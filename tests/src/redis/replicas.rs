//! A primary and its replica.

use std::io;
use std::mem;

use super::RedisServer;

/// Two servers, of which one copies the other.
#[derive(Debug)]
pub struct Replicas {
    /// The one that is written to.
    pub primary: RedisServer,
    /// The one that copies it.
    pub replica: RedisServer,
}

impl Replicas {
    /// Starts both, and waits until the replica is in sync.
    ///
    /// # Errors
    ///
    /// If one does not start, with what it said.
    pub fn start(options: &[&str]) -> io::Result<Self> {
        let pair = Self {
            primary: RedisServer::start(options)?,
            replica: RedisServer::start(options)?,
        };
        pair.follow()?;
        Ok(pair)
    }

    /// Cuts the replica off: it keeps what it has, and hears of nothing more.
    ///
    /// # Errors
    ///
    /// If it does not answer.
    pub fn cut(&self) -> io::Result<()> {
        // Nobody listens there.
        replica_of(&self.replica, &["127.0.0.1", "1"])
    }

    /// Makes the replica the primary, and the other way round; what was the primary
    /// may be dead, and is told nothing.
    ///
    /// # Errors
    ///
    /// If the replica does not answer.
    pub fn promote(&mut self) -> io::Result<()> {
        replica_of(&self.replica, &["NO", "ONE"])?;
        mem::swap(&mut self.primary, &mut self.replica);
        Ok(())
    }

    /// Lets the replica copy the primary, and waits until it is in sync.
    ///
    /// # Errors
    ///
    /// If it never is.
    pub fn follow(&self) -> io::Result<()> {
        replica_of(
            &self.replica,
            &["127.0.0.1", &self.primary.port().to_string()],
        )?;
        self.until_in_sync()
    }

    /// Waits until the replica has all that the primary has now; others may go on
    /// writing.
    ///
    /// # Errors
    ///
    /// If it never does.
    pub fn until_in_sync(&self) -> io::Result<()> {
        let wrote = offset(&self.primary, "master_repl_offset")?;
        self.replica.until("is in sync", || {
            let is_up = self.replica.info("replication", "master_link_status");
            let has = offset(&self.replica, "slave_repl_offset");
            is_up.is_ok_and(|status| status == "up") && has.is_ok_and(|has| has >= wrote)
        })
    }
}

/// How much of the primary's history there is.
fn offset(server: &RedisServer, field: &str) -> io::Result<u64> {
    let offset = server.info("replication", field)?;
    offset.parse().map_err(io::Error::other)
}

fn replica_of(server: &RedisServer, primary: &[&str]) -> io::Result<()> {
    let words: Vec<&str> = ["REPLICAOF"].iter().chain(primary).copied().collect();
    server.command(&words).map_err(io::Error::other)
}
