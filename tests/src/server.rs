//! Database servers that live as long as the tests.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::Kind;
use crate::database::execute;

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_mins(1);

/// From 20000, which is below where connections begin.
const PORTS: u32 = 12_768;

/// Runs a server until the pipe at its standard input is closed, which it is
/// when the process that started it goes, whatever the way. `$1` is the folder
/// to remove then, `$2` the signal that stops the server at once.
const KEEPER: &str = r#"
folder=$1 signal=$2
shift 2
exec 3<&0
"$@" & server=$!
{ read -r _ <&3; kill -s "$signal" "$server"; } & keeper=$!
wait "$server"
kill "$keeper" 2>/dev/null
rm -rf "$folder"
"#;

/// A server of its own folder and loopback port, for tests only: whoever asks is
/// let in, and nothing outlives a crash. It is stopped, and its folder is
/// removed, when it is dropped or its process ends.
#[derive(Debug)]
pub struct Server {
    url: String,
    keeper: Child,
}

impl Server {
    /// Starts PostgreSQL or MariaDB, and waits until it answers.
    ///
    /// # Errors
    ///
    /// If it is not installed, with how to get it; if it does not start, with
    /// what it said.
    ///
    /// # Panics
    ///
    /// For SQLite, which has no server.
    pub fn start(kind: Kind) -> io::Result<Self> {
        match kind {
            Kind::Sqlite => panic!("SQLite has no server"),
            Kind::Postgres => Self::start_postgres(),
            Kind::MariaDb => Self::start_mariadb(),
        }
    }

    /// Returns the URL of the database that is there from the start.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    fn start_postgres() -> io::Result<Self> {
        // Beside the server; what is in `PATH` may be links.
        let initdb = fs::canonicalize(find("initdb").ok_or_else(no_postgres)?)?;
        let postgres = initdb.with_file_name("postgres");
        let folder = Folder::of("postgres")?;
        folder.run(
            folder
                .command(&initdb)
                .arg("-D")
                .arg(folder.data())
                .args(["-A", "trust", "-U", "postgres", "--no-sync"])
                .args(["--encoding=UTF8", "--locale=C"]),
        )?;
        let port = free_port()?;
        let mut server = folder.command(&postgres);
        server
            .arg("-D")
            .arg(folder.data())
            .args(["-p", &port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=400",
            "fsync=off",
            "full_page_writes=off",
            "synchronous_commit=off",
        ] {
            server.args(["-c", setting]);
        }
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        Self::keep(&server, "QUIT", folder, url)
    }

    fn start_mariadb() -> io::Result<Self> {
        let install = find("mariadb-install-db").ok_or_else(no_mariadb)?;
        let mariadbd = find("mariadbd").ok_or_else(no_mariadb)?;
        let folder = Folder::of("mysql")?;
        let data = format!("--datadir={}", folder.data().display());
        folder.run(folder.command(&install).args([
            "--no-defaults",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            &data,
        ]))?;
        let port = free_port()?;
        let mut server = folder.command(&mariadbd);
        server.args([
            "--no-defaults",
            &data,
            &format!("--port={port}"),
            &format!("--socket={}", folder.path().join("socket").display()),
            "--bind-address=127.0.0.1",
            "--max-connections=400",
            "--skip-log-bin",
            "--innodb-flush-log-at-trx-commit=0",
        ]);
        let url = format!("mysql://root@127.0.0.1:{port}/mysql");
        Self::keep(&server, "KILL", folder, url)
    }

    fn keep(server: &Command, signal: &str, folder: Folder, url: String) -> io::Result<Self> {
        let mut log = tempfile::tempfile()?;
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(folder.path())
            .arg(signal)
            .arg(server.get_program())
            .args(server.get_args())
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?)
            // Ctrl-C is for those who use the server.
            .process_group(0)
            .spawn()?;
        folder.leave();
        let mut server = Self { url, keeper };
        server.until_ready(&mut log)?;
        Ok(server)
    }

    fn until_ready(&mut self, log: &mut File) -> io::Result<()> {
        let start = Instant::now();
        loop {
            let ended = self.keeper.try_wait()?.is_some();
            let Err(err) = execute(&self.url, "SELECT 1".to_owned()) else {
                return Ok(());
            };
            if ended || start.elapsed() > PATIENCE {
                let mut said = String::new();
                log.rewind()?;
                log.read_to_string(&mut said)?;
                return Err(io::Error::other(format!(
                    "the server of {} does not answer: {err}\n{said}",
                    self.url
                )));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // There is nothing to do about a server that cannot be stopped.
        let _ = self.keeper.wait();
    }
}

/// The folder of a server, owned by the user that it runs as.
struct Folder {
    folder: tempfile::TempDir,
    /// The user of the package, if we are root, as whom servers do not run.
    user: Option<&'static str>,
}

impl Folder {
    fn of(user: &'static str) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("dumper-test-").tempdir()?;
        let is_root = folder.path().metadata()?.uid() == 0;
        let user = is_root.then_some(user);
        let folder = Self { folder, user };
        if let Some(user) = user {
            folder.run(Command::new("chown").arg(user).arg(folder.path()))?;
        }
        Ok(folder)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// A command that runs as the owner of the folder.
    fn command(&self, program: &Path) -> Command {
        let Some(user) = self.user else {
            return Command::new(program);
        };
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", user, "--regid", user, "--init-groups", "--"])
            .arg(program);
        command
    }

    fn run(&self, command: &mut Command) -> io::Result<()> {
        // A folder that the command may look into, unlike perhaps ours.
        let output = command.current_dir("/").output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "{command:?} failed in {}: {}{}",
            self.path().display(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )))
    }

    /// Leaves the folder to the keeper of its server.
    fn leave(self) {
        let _ = self.folder.keep();
    }
}

/// Looks for a program in `PATH`, and where Debian keeps those of servers.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders.push(PathBuf::from("/usr/sbin"));
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        let versions = versions.flatten().map(|version| version.path().join("bin"));
        folders.extend(versions);
    }
    let mut programs = folders.iter().map(|folder| folder.join(program));
    programs.find(|program| program.is_file())
}

/// A port below those that connections are given, lest one takes it before the
/// server does; it is given to nobody else in this process.
pub(crate) fn free_port() -> io::Result<u16> {
    static TRIED: AtomicU32 = AtomicU32::new(0);

    // Processes that run beside this one start elsewhere.
    let start = process::id().wrapping_mul(61);
    for _ in 0..PORTS {
        let next = start.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed)) % PORTS;
        let port = 20_000 + u16::try_from(next).unwrap_or_default();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(io::Error::other("every port is taken"))
}

fn no_postgres() -> io::Error {
    io::Error::new(
        io::ErrorKind::NotFound,
        "there is no PostgreSQL: `apt-get install postgresql`, or set \
         DUMPER_TEST_POSTGRES_URL to that of a running server, such as \
         postgres://user@127.0.0.1:5432/postgres",
    )
}

fn no_mariadb() -> io::Error {
    io::Error::new(
        io::ErrorKind::NotFound,
        "there is no MariaDB: `apt-get install mariadb-server`, or set \
         DUMPER_TEST_MYSQL_URL to that of a running server, such as \
         mysql://root@127.0.0.1:3306/mysql",
    )
}
