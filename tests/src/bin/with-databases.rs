//! Runs a command while a PostgreSQL and a MariaDB are there for it.
//!
//! Those that are named by `DUMPER_TEST_POSTGRES_URL` and `DUMPER_TEST_MYSQL_URL`
//! are left as they are; for each other a throwaway server is started, and named
//! by its variable.

#![expect(clippy::print_stderr, reason = "it is a command")]

use std::env;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus};

use dumper_tests::{Kind, Server};

fn main() -> ExitCode {
    match run() {
        // As shells tell of a signal.
        Ok(status) => {
            let code = status.code().or(status.signal().map(|signal| 128 + signal));
            ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
        }
        Err(err) => {
            eprintln!("with-databases: {err}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<ExitStatus> {
    let mut words = env::args_os().skip(1);
    let program = words
        .next()
        .ok_or_else(|| io::Error::other("which command?"))?;
    let mut command = Command::new(program);
    command.args(words);
    let mut servers = Vec::new();
    for kind in Kind::ALL {
        let Some(variable) = kind.server_variable() else {
            continue;
        };
        if env::var_os(variable).is_none() {
            let server = Server::start(kind)?;
            command.env(variable, server.url());
            servers.push(server);
        }
    }
    command.status()
}
