//! An empty database for a test.

use std::env;
use std::fmt;
use std::future::Future;
use std::io;
use std::process;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbErr};

use crate::Server;

/// A database system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `sqlite`, in a file.
    Sqlite,
    /// `postgres`
    Postgres,
    /// `mariadb`
    MariaDb,
}

impl Kind {
    /// Every database system that the tests know.
    pub const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::MariaDb];

    /// Returns the database systems to run tests on: all, or with
    /// `DUMPER_TEST_EMBEDDED_ONLY=1` only SQLite, which needs no server.
    #[must_use]
    pub fn tested() -> &'static [Self] {
        if env::var("DUMPER_TEST_EMBEDDED_ONLY").is_ok_and(|only| only == "1") {
            &[Self::Sqlite]
        } else {
            &Self::ALL
        }
    }

    /// Returns the variable that holds the URL of a running server, if somebody
    /// set it: `DUMPER_TEST_POSTGRES_URL` or `DUMPER_TEST_MYSQL_URL`.
    #[must_use]
    pub const fn server_variable(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("DUMPER_TEST_POSTGRES_URL"),
            Self::MariaDb => Some("DUMPER_TEST_MYSQL_URL"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::MariaDb => "mariadb",
        })
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let kind = Self::ALL.into_iter().find(|kind| kind.to_string() == name);
        kind.ok_or_else(|| format!("{name} is none of sqlite, postgres and mariadb"))
    }
}

/// A new database, without tables, that goes when it is dropped.
#[derive(Debug)]
pub struct Database {
    url: String,
    home: Home,
}

/// Where a database lives.
#[derive(Debug)]
enum Home {
    Folder(#[expect(dead_code, reason = "goes with the database")] tempfile::TempDir),
    Server { server: Arc<Host>, name: String },
}

/// A server that databases are made on.
#[derive(Debug)]
enum Host {
    /// Somebody else's, by its URL.
    Running(String),
    /// Ours, for as long as it has databases.
    Throwaway(Server),
}

impl Database {
    /// Makes a database: a file, or one on the server that the
    /// [variable](Kind::server_variable) names. Without the variable a throwaway
    /// server is started, which all databases of the process share.
    ///
    /// It blocks the thread, and so does dropping it: call it from outside of a
    /// runtime, or where nothing else has to go on.
    ///
    /// # Errors
    ///
    /// If there is no server, with how to get one; if it refuses.
    pub fn create(kind: Kind) -> io::Result<Self> {
        static DATABASES: AtomicU32 = AtomicU32::new(0);

        let Some(variable) = kind.server_variable() else {
            let folder = tempfile::tempdir()?;
            return Ok(Self {
                url: format!("sqlite://{}/test.sqlite?mode=rwc", folder.path().display()),
                home: Home::Folder(folder),
            });
        };
        let server = match env::var(variable) {
            Ok(url) => Arc::new(Host::Running(url)),
            Err(_) => throwaway(kind)?,
        };
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("dumper_test_{}_{number}", process::id());
        let create = match kind {
            // Names that differ in case are one there, unless told otherwise.
            Kind::MariaDb => format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"),
            _ => format!("CREATE DATABASE {name}"),
        };
        execute(server.url(), create).map_err(io::Error::other)?;
        Ok(Self {
            url: with_database(server.url(), &name),
            home: Home::Server { server, name },
        })
    }

    /// Returns where to connect to.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Home::Server { server, name } = &self.home else {
            return;
        };
        let force = if self.url.starts_with("postgres") {
            " WITH (FORCE)"
        } else {
            ""
        };
        // Whoever fails to drop a database has told of worse by now.
        let _ = execute(server.url(), format!("DROP DATABASE {name}{force}"));
    }
}

impl Host {
    fn url(&self) -> &str {
        match self {
            Self::Running(url) => url,
            Self::Throwaway(server) => server.url(),
        }
    }
}

/// The throwaway server of the process, started for the first that asks.
fn throwaway(kind: Kind) -> io::Result<Arc<Host>> {
    static POSTGRES: Mutex<Weak<Host>> = Mutex::new(Weak::new());
    static MARIADB: Mutex<Weak<Host>> = Mutex::new(Weak::new());

    let shared = match kind {
        Kind::MariaDb => &MARIADB,
        _ => &POSTGRES,
    };
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = shared.upgrade() {
        return Ok(server);
    }
    let server = Arc::new(Host::Throwaway(Server::start(kind)?));
    *shared = Arc::downgrade(&server);
    Ok(server)
}

/// The URL of another database of the same server.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let authority = rest.split('/').next().unwrap_or_default();
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{query}")
    };
    format!("{scheme}://{authority}/{name}{query}")
}

/// Sends a statement, on a connection of its own, and waits for it; not for
/// ever, since a database can wait for those who use it.
pub(crate) fn execute(url: &str, statement: String) -> Result<(), DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .connect_timeout(Duration::from_secs(10))
        .sqlx_logging(false);
    let exchange = async move {
        let db: DatabaseConnection = sea_orm::Database::connect(options).await?;
        db.execute_unprepared(&statement).await?;
        db.close().await
    };
    block_on(async {
        let outcome = tokio::time::timeout(Duration::from_secs(30), exchange).await;
        outcome.unwrap_or_else(|_| Err(DbErr::Custom("it takes too long".to_owned())))
    })
}

/// Runs a future to its end on a thread of its own, where no other runtime is.
fn block_on<T: Send>(future: impl Future<Output = T> + Send) -> T {
    thread::scope(|threads| {
        let thread = threads.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime can be built");
            runtime.block_on(future)
        });
        thread.join().expect("a statement does not panic")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_empty_and_goes_when_it_is_dropped() {
        for kind in Kind::tested() {
            // A second one, so that a throwaway server stays when the first goes.
            let (first, _second) = (create(*kind), create(*kind));
            let create_table = "CREATE TABLE flavor (id INTEGER)";
            execute(first.url(), create_table.to_owned()).unwrap();
            let url = first.url().to_owned();
            drop(first);
            // SQLite would make the file anew.
            let url = url.replace("mode=rwc", "mode=rw");
            let outcome = execute(&url, "SELECT 1".to_owned());
            assert!(outcome.is_err(), "{url} is still there");
        }
    }

    #[test]
    fn a_kind_is_read_from_its_name() {
        for kind in Kind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert!("oracle".parse::<Kind>().is_err());
    }

    #[test]
    fn the_url_of_a_database_keeps_all_but_the_database_of_another() {
        for (url, expected) in [
            ("postgres://a@b:1/c", "postgres://a@b:1/d"),
            ("postgres://a@b:1", "postgres://a@b:1/d"),
            ("mysql://a:b@c/e?f=/g", "mysql://a:b@c/d?f=/g"),
        ] {
            assert_eq!(with_database(url, "d"), expected);
        }
    }

    fn create(kind: Kind) -> Database {
        Database::create(kind).unwrap_or_else(|err| panic!("{kind}: {err}"))
    }
}
