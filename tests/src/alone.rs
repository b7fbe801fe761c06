//! A process for each test, and for each database that it is tried on.
//!
//! Fences, the registry and the process's own cache are shared by all that runs
//! in a process, as they should be. So a test that uses them runs alone.

use std::any::type_name_of_val;
use std::env;
use std::future::Future;
use std::process::Command;

use crate::{Database, Kind};

const ALONE: &str = "DUMPER_TEST_ALONE";
const DATABASE: &str = "DUMPER_TEST_DATABASE";

/// Runs a test that needs no database in a process of its own: this executable,
/// called for the test alone. To be the only thing that a `#[test]` does.
///
/// # Panics
///
/// Panics if the test fails.
pub fn alone<T, F>(test: T)
where
    T: FnOnce() -> F,
    F: Future<Output = ()>,
{
    let name = name_of(&test);
    if is_alone(&name) {
        run(test);
    } else if let Err(said) = run_alone(&name, None) {
        panic!("{said}");
    }
}

/// Runs a test [alone] with an empty [database](database_url) of each kind.
///
/// # Panics
///
/// Panics if the test fails on any of them.
pub fn on_each_database<T, F>(test: T)
where
    T: FnOnce() -> F,
    F: Future<Output = ()>,
{
    on_databases(Kind::tested(), test);
}

/// Runs a test [alone] with an empty [database](database_url) of some kinds, for
/// what the others do not have.
///
/// # Panics
///
/// Panics if the test fails on any of them.
pub fn on_databases<T, F>(kinds: &[Kind], test: T)
where
    T: FnOnce() -> F,
    F: Future<Output = ()>,
{
    let name = name_of(&test);
    if is_alone(&name) {
        return run(test);
    }
    let kinds = kinds.iter().filter(|kind| Kind::tested().contains(kind));
    let failures: Vec<String> = kinds
        .filter_map(|kind| {
            let said = match Database::create(*kind) {
                Ok(database) => run_alone(&name, Some(database.url())).err()?,
                Err(err) => err.to_string(),
            };
            Some(format!("{name} on {kind}:\n{said}"))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Where the database is that is there for this test.
///
/// # Panics
///
/// Panics outside of a test that is run on one.
#[must_use]
pub fn database_url() -> String {
    env::var(DATABASE).expect("the test is run on a database")
}

/// The name of a test, by the closure that is its body.
fn name_of<T>(test: &T) -> String {
    // `it::module::test_name::{{closure}}`
    let name = type_name_of_val(test).split("::").skip(1);
    let name: Vec<&str> = name.take_while(|part| !part.starts_with('{')).collect();
    name.join("::")
}

fn is_alone(name: &str) -> bool {
    env::var(ALONE).is_ok_and(|alone| alone == name)
}

fn run<F: Future<Output = ()>>(test: impl FnOnce() -> F) {
    actix_web::rt::System::new().block_on(test());
}

/// Runs a test in a process of its own, and returns what it says if it fails.
fn run_alone(name: &str, database_url: Option<&str>) -> Result<(), String> {
    let executable = env::current_exe().expect("a test is a program");
    let output = Command::new(executable)
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(ALONE, name)
        .envs(database_url.map(|url| (DATABASE, url)))
        .output()
        .expect("a program that runs can be run again");
    let printed = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && printed.contains("1 passed") {
        return Ok(());
    }
    let complaints = String::from_utf8_lossy(&output.stderr);
    Err(format!("{printed}\n{complaints}"))
}
