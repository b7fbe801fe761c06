//! What was logged.

use std::sync::Mutex;

use log::{LevelFilter, Log, Metadata, Record};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Capture;

impl Log for Capture {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("dumper")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = format!("{} {}: {}", record.level(), record.target(), record.args());
            LINES.lock().unwrap().push(line);
        }
    }

    fn flush(&self) {}
}

/// Keeps every line that dumper logs from now on.
pub(crate) fn capture() {
    log::set_logger(&Capture).unwrap();
    log::set_max_level(LevelFilter::Trace);
}

/// The lines so far, as `LEVEL target: message`.
pub(crate) fn lines() -> Vec<String> {
    LINES.lock().unwrap().clone()
}

/// Whether a line holds all of these.
pub(crate) fn has_line(parts: &[&str]) -> bool {
    let lines = lines();
    let mut lines = lines.iter();
    lines.any(|line| parts.iter().all(|part| line.contains(part)))
}
