//! Redis servers that live as long as the tests, and can be killed and stopped
//! meanwhile.
//!
//! All of it blocks the thread, for as long as a server on the loopback takes.

mod cluster;
mod replicas;

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use redis::{FromRedisValue, RedisResult};

pub use self::cluster::Cluster;
pub use self::replicas::Replicas;
use crate::server::{find, free_port};

/// How long a server may take to start, or to come to a state that is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long it may take to answer a command.
const ANSWER: Duration = Duration::from_secs(5);

/// Tells the number of the server's process, and kills it when there is a line at
/// standard input, or its end: that comes when the process that started it goes,
/// whatever the way, and then the folder `$1` goes too.
const KEEPER: &str = r#"
folder=$1
shift
exec 3<&0
"$@" >>"$folder/log" 2>&1 & server=$!
echo "$server"
{
    read -r _ <&3 || { trap '' TERM; kill -s KILL "$server"; exit 7; }
    kill -s KILL "$server"
} & reader=$!
wait "$server"
kill "$reader"
wait "$reader"
[ $? -ne 7 ] || rm -rf "$folder"
"#;

/// A Redis, or Valkey, of its own folder and loopback port. It is killed, and its
/// folder is removed, when it is dropped or its process ends.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    bus: u16,
    folder: PathBuf,
    options: Vec<OsString>,
    process: Option<Process>,
}

#[derive(Debug)]
struct Process {
    keeper: Mutex<Child>,
    server: u32,
}

impl RedisServer {
    /// Starts a server, and waits until it answers.
    ///
    /// It keeps nothing on disk, unless the options say so, which are those of its
    /// command line: `["--appendonly", "yes"]`.
    ///
    /// # Errors
    ///
    /// If it is not installed, with how to get it; if it does not start, with what
    /// it said.
    pub fn start(options: &[&str]) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("dumper-test-").tempdir()?;
        let mut server = Self {
            port: free_port()?,
            bus: free_port()?,
            folder: folder.keep(),
            options: options.iter().map(OsString::from).collect(),
            process: None,
        };
        server.restart()?;
        Ok(server)
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder that it writes to.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Sends a command over a connection of its own: `["SET", "key", "value"]`.
    ///
    /// # Errors
    ///
    /// As the server says; if it does not answer.
    pub fn command<T: FromRedisValue>(&self, words: &[&str]) -> RedisResult<T> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        self.binary_command(&words)
    }

    /// Sends a [command](Self::command) whose words are no text.
    ///
    /// # Errors
    ///
    /// As the server says; if it does not answer.
    pub fn binary_command<T: FromRedisValue>(&self, words: &[&[u8]]) -> RedisResult<T> {
        let client = redis::Client::open(self.url())?;
        let mut connection = client.get_connection_with_timeout(ANSWER)?;
        connection.set_read_timeout(Some(ANSWER))?;
        redis::Cmd::new().arg(words).query(&mut connection)
    }

    /// A field of what `INFO` tells: `["stats", "evicted_keys"]`.
    ///
    /// # Errors
    ///
    /// If it does not answer, or knows no such field.
    pub fn info(&self, section: &str, field: &str) -> io::Result<String> {
        let told: String = self.command(&["INFO", section]).map_err(io::Error::other)?;
        let mut fields = told.lines().filter_map(|line| line.split_once(':'));
        let value = fields.find(|(name, _)| *name == field);
        let (_, value) = value.ok_or_else(|| io::Error::other(format!("no {field} in INFO")))?;
        Ok(value.to_owned())
    }

    /// Kills it, as by `kill -9`. What it has on disk stays.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.end();
        }
    }

    /// Kills it if it runs, starts it again where it was, and waits until it
    /// answers.
    ///
    /// # Errors
    ///
    /// If it does not start, with what it said.
    pub fn restart(&mut self) -> io::Result<()> {
        self.respawn()?;
        self.until("is ready", || match self.command::<String>(&["PING"]) {
            Ok(answer) => answer == "PONG",
            // It wants a password, and so it is ready.
            Err(err) => err.code() == Some("NOAUTH"),
        })
    }

    /// Like [`restart`](Self::restart), but does not wait.
    ///
    /// # Errors
    ///
    /// If there is no program to run.
    pub fn respawn(&mut self) -> io::Result<()> {
        self.kill();
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(&self.folder)
            .arg(program()?)
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(&self.folder)
            // With the default, the first copy of a replica waits for 5 seconds.
            .args(["--repl-diskless-sync-delay", "0"])
            .args(["--cluster-port", &self.bus.to_string()])
            .args(&self.options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Ctrl-C is for those who use the server.
            .process_group(0)
            .spawn()?;
        let mut number = String::new();
        if let Some(told) = keeper.stdout.take() {
            BufReader::new(told).read_line(&mut number)?;
        }
        let server = number.trim().parse().map_err(io::Error::other)?;
        self.process = Some(Process {
            keeper: Mutex::new(keeper),
            server,
        });
        Ok(())
    }

    /// Stops it where it is, as by `kill -STOP`: it takes connections and bytes,
    /// and does not answer.
    ///
    /// # Errors
    ///
    /// If it does not run.
    pub fn stop_process(&self) -> io::Result<()> {
        self.signal("STOP")
    }

    /// Lets it go on after [`stop_process`](Self::stop_process).
    ///
    /// # Errors
    ///
    /// If it does not run.
    pub fn continue_process(&self) -> io::Result<()> {
        self.signal("CONT")
    }

    fn signal(&self, signal: &str) -> io::Result<()> {
        let process = self.process.as_ref();
        let process = process.ok_or_else(|| io::Error::other("the server does not run"))?;
        let kill = format!("kill -s {signal} {}", process.server);
        let status = Command::new("sh").args(["-c", &kill]).status()?;
        if status.success() {
            Ok(())
        } else {
            Err(io::Error::other(format!("{kill}: {status}")))
        }
    }

    /// Waits for a state of the server.
    fn until(&self, what: &str, is_so: impl Fn() -> bool) -> io::Result<()> {
        let start = Instant::now();
        while !is_so() {
            if self.has_ended() || start.elapsed() > PATIENCE {
                let said = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                let url = self.url();
                return Err(io::Error::other(format!("{url} never {what}:\n{said}")));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Whether it has ended without being told.
    fn has_ended(&self) -> bool {
        self.process.as_ref().is_none_or(|process| {
            let mut keeper = process
                .keeper
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            !matches!(keeper.try_wait(), Ok(None))
        })
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        // There is nothing to do about a folder that cannot be removed.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Process {
    fn end(mut self) {
        let keeper = self
            .keeper
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(mut stdin) = keeper.stdin.take() {
            // A keeper that is gone has seen the server end.
            let _ = stdin.write_all(b"\n");
        }
        let _ = keeper.wait();
    }
}

fn program() -> io::Result<PathBuf> {
    let programs = ["redis-server", "valkey-server"];
    programs.into_iter().find_map(find).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            "there is no Redis: `apt-get install redis-server`, or valkey-server",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_killed_and_comes_back_with_what_it_saved() {
        let mut server = RedisServer::start(&[]).unwrap();
        let folder = server.folder().to_owned();
        let () = server.command(&["SET", "saved", "yes"]).unwrap();
        let () = server.command(&["SAVE"]).unwrap();
        let () = server.command(&["SET", "lost", "yes"]).unwrap();
        server.kill();
        assert!(server.command::<String>(&["PING"]).is_err());
        server.restart().unwrap();
        let kept: Vec<Option<String>> = server.command(&["MGET", "saved", "lost"]).unwrap();
        assert_eq!(kept, [Some("yes".to_owned()), None]);
        drop(server);
        assert!(!folder.exists());
    }

    #[test]
    fn a_stopped_server_does_not_answer_until_it_goes_on() {
        let server = RedisServer::start(&[]).unwrap();
        server.stop_process().unwrap();
        let client = redis::Client::open(server.url()).unwrap();
        let connected = client.get_connection_with_timeout(Duration::from_millis(100));
        assert!(connected.is_err());
        server.continue_process().unwrap();
        let answer: String = server.command(&["PING"]).unwrap();
        assert_eq!(answer, "PONG");
    }

    #[test]
    fn a_server_that_does_not_start_says_why() {
        let err = RedisServer::start(&["--no-such-option", "1"]).unwrap_err();
        assert!(err.to_string().contains("no-such-option"), "{err}");
    }

    #[test]
    fn a_replica_that_lags_is_promoted_without_the_last_writes() {
        let mut pair = Replicas::start(&[]).unwrap();
        let () = pair.primary.command(&["SET", "key", "old"]).unwrap();
        pair.until_in_sync().unwrap();
        pair.cut().unwrap();
        let () = pair.primary.command(&["SET", "key", "new"]).unwrap();
        pair.primary.kill();
        pair.promote().unwrap();
        let value: String = pair.primary.command(&["GET", "key"]).unwrap();
        assert_eq!(value, "old");
        pair.replica.restart().unwrap();
        pair.follow().unwrap();
        let value: String = pair.replica.command(&["GET", "key"]).unwrap();
        assert_eq!(value, "old");
    }

    #[test]
    fn a_cluster_replaces_a_primary_that_is_killed() {
        let mut cluster = Cluster::start(&[]).unwrap();
        assert_eq!(cluster.urls().len(), 6);
        let old = cluster.primary_of("key").unwrap();
        cluster.nodes[old].kill();
        cluster.until_replaced(old).unwrap();
        let new = cluster.primary_of("key").unwrap();
        assert_ne!(new, old);
    }

    #[test]
    fn slots_move_to_another_primary() {
        let cluster = Cluster::start(&[]).unwrap();
        let from = cluster.primary_of("key").unwrap();
        let () = cluster.nodes[from]
            .command(&["SET", "key", "value"])
            .unwrap();
        let to = (0..3).find(|node| *node != from).unwrap();
        let slot = cluster.slot("key").unwrap();
        cluster.move_slot(slot, from, to).unwrap();
        assert_eq!(cluster.primary_of("key").unwrap(), to);
        let value: String = cluster.nodes[to].command(&["GET", "key"]).unwrap();
        assert_eq!(value, "value");
    }
}
