//! A process for each test.
//!
//! Fences, the registry and the process's own cache are shared by all that runs
//! in a process, as they should be. So a test that uses them runs alone.

use std::any::type_name_of_val;
use std::env;
use std::future::Future;
use std::process::Command;

const ALONE: &str = "DUMPER_TEST_ALONE";

/// Runs a test in a process of its own: this executable, called for the test
/// alone. To be the only thing that a `#[test]` does.
pub(crate) fn alone<T, F>(test: T)
where
    T: FnOnce() -> F,
    F: Future<Output = ()>,
{
    let test_type = type_name_of_val(&test);
    // `it::module::test_name::{{closure}}`
    let name = test_type.split("::").skip(1);
    let name: Vec<&str> = name.take_while(|part| !part.starts_with('{')).collect();
    let name = name.join("::");
    if env::var(ALONE).as_ref() == Ok(&name) {
        return actix_web::rt::System::new().block_on(test());
    }
    let executable = env::current_exe().unwrap();
    let output = Command::new(executable)
        .args([&name, "--exact", "--nocapture", "--test-threads=1"])
        .env(ALONE, &name)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && printed.contains("1 passed"),
        "{printed}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
