//! What the log is told.

use std::sync::{Mutex, Once, PoisonError};

use log::{Level, LevelFilter, Log, Metadata, Record};

static LINES: Mutex<Vec<(Level, String)>> = Mutex::new(Vec::new());

struct Lines;

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "dumper::store"
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = (record.level(), record.args().to_string());
            LINES
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(line);
        }
    }

    fn flush(&self) {}
}

/// Begins to keep what the log is told, if it was not begun before.
pub(super) fn listen() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        log::set_logger(&Lines).unwrap();
        log::set_max_level(LevelFilter::Info);
    });
}

/// What the log was told of the server on a port.
pub(super) fn told(port: u16) -> Vec<(Level, String)> {
    let address = format!("Redis at 127.0.0.1:{port} ");
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let told = lines
        .iter()
        .filter_map(|(level, line)| Some((*level, line.strip_prefix(&address)?.to_owned())));
    told.collect()
}
