//! Who runs on which core.

use std::fs;
use std::io;
use std::process::{self, Command, Stdio};
use std::str::FromStr;

/// The core of the server and that of the client, by their numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    server: usize,
    client: usize,
}

/// Who is where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placing {
    /// The server has one core, and the client the other.
    Apart,
    /// Each has a thread on both.
    Both,
}

impl Placing {
    /// How many workers a server has, and how many threads a client.
    pub(crate) fn threads(self) -> usize {
        match self {
            Self::Apart => 1,
            Self::Both => 2,
        }
    }
}

impl Cores {
    /// The cores of a server, as `taskset` has them.
    pub(crate) fn of_server(self, placing: Placing) -> String {
        match placing {
            Placing::Apart => self.server.to_string(),
            Placing::Both => format!("{},{}", self.server, self.client),
        }
    }

    /// The cores of a client.
    pub(crate) fn of_client(self, placing: Placing) -> String {
        match placing {
            Placing::Apart => self.client.to_string(),
            Placing::Both => self.of_server(placing),
        }
    }

    /// Moves this process to the core of the client.
    pub(crate) fn leave_server_alone(self) -> io::Result<()> {
        let taskset = Command::new("taskset")
            .args([
                "--all-tasks",
                "--cpu-list",
                "--pid",
                &self.of_client(Placing::Apart),
            ])
            .arg(process::id().to_string())
            .stdout(Stdio::null())
            .status()?;
        if taskset.success() {
            return Ok(());
        }
        let online = fs::read_to_string("/sys/devices/system/cpu/online")?;
        Err(io::Error::other(format!(
            "the server and the client need a core each, {} and {}: there are {}",
            self.server,
            self.client,
            online.trim()
        )))
    }
}

impl Default for Cores {
    fn default() -> Self {
        Self {
            server: 0,
            client: 1,
        }
    }
}

impl FromStr for Cores {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers: Option<Vec<usize>> = text.split(',').map(|core| core.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[server, client]) if server != client => Ok(Self { server, client }),
            _ => Err(format!("{text} is not two cores, such as 0,1")),
        }
    }
}
