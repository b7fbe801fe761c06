//! The memory that this process has.

use std::fs;

/// The bytes that are in memory, by the kernel's account.
pub(crate) fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("it is Linux");
    let mut lines = status.lines();
    let kilobytes = lines
        .find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"))
        .and_then(|number| number.trim().parse::<u64>().ok());
    kilobytes.expect("a process has a number of kilobytes") << 10
}

pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
