//! Servers that live as long as they are measured.

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to start, with all its pages, and to end.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server on cores of its own, with what it has started itself.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    addr: SocketAddr,
    /// Goes with it.
    _folder: Option<TempDir>,
}

impl Server {
    /// Starts one of the programs beside this one, which tells where it listens.
    pub(crate) fn ours(program: &str, words: &[String], cores: &str) -> io::Result<Self> {
        let program = env::current_exe()?.with_file_name(program);
        let mut process = pinned(cores, program.as_os_str())
            .args(words)
            // Its database is a process that it has started, on the same core.
            .env_remove("DUMPER_TEST_POSTGRES_URL")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(told) = process.stdout.take() {
            BufReader::new(told).read_line(&mut line)?;
        }
        let mut server = Self {
            process,
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            _folder: None,
        };
        server.addr = line.trim().parse().map_err(|_| {
            io::Error::other(format!("{} {words:?} did not start", program.display()))
        })?;
        Ok(server)
    }

    /// Starts a program that was told to listen there, and to keep what it writes in
    /// the folder.
    pub(crate) fn others(
        command: &mut Command,
        addr: SocketAddr,
        folder: TempDir,
    ) -> io::Result<Self> {
        let mut log = tempfile::tempfile()?;
        let process = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?)
            .spawn()?;
        let mut server = Self {
            process,
            addr,
            _folder: Some(folder),
        };
        let start = Instant::now();
        while TcpStream::connect(addr).is_err() {
            if server.process.try_wait()?.is_some() || start.elapsed() > PATIENCE {
                return Err(did_not_start(command, &mut log));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The number of its process, of which all its others come.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    /// Asks it to end, and waits until it has; not for ever.
    fn end(&mut self) -> io::Result<()> {
        let number = self.process.id().to_string();
        Command::new("kill")
            .args(["-s", "TERM", &number])
            .status()?;
        let start = Instant::now();
        while self.process.try_wait()?.is_none() {
            if start.elapsed() > PATIENCE {
                self.process.kill()?;
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // There is nothing to do about a server that cannot be ended.
        let _ = self.end();
    }
}

/// A program on cores of its own, which ends with this one.
pub(crate) fn pinned(cores: &str, program: &OsStr) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "TERM", "--", "taskset", "--cpu-list", cores])
        .arg(program);
    command
}

/// An address for a program that has to be told.
pub(crate) fn free_addr() -> io::Result<SocketAddr> {
    TcpListener::bind(("127.0.0.1", 0))?.local_addr()
}

/// A folder in memory, where there is one.
pub(crate) fn folder_in_memory() -> io::Result<TempDir> {
    let mut folder = tempfile::Builder::new();
    let folder = folder.prefix("dumper-bench-");
    folder.tempdir_in("/dev/shm").or_else(|_| folder.tempdir())
}

fn did_not_start(command: &Command, log: &mut File) -> io::Error {
    let mut said = String::new();
    // What it said is better than nothing.
    let _ = log.rewind().and_then(|()| log.read_to_string(&mut said));
    io::Error::other(format!("{command:?} did not start: {said}"))
}
