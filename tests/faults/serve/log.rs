//! What dumper has to say, for whoever looks into a failure.

use std::time::Instant;

use log::{LevelFilter, Log, Metadata, Record};

/// Writes what is a warning or worse to standard error.
pub(super) struct Lines {
    started: Instant,
}

impl Lines {
    pub(super) fn install() {
        let lines = Self {
            started: Instant::now(),
        };
        // Nobody else installs one.
        if log::set_boxed_logger(Box::new(lines)).is_ok() {
            log::set_max_level(LevelFilter::Warn);
        }
    }
}

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("dumper")
    }

    #[expect(clippy::print_stderr, reason = "it is the log of a command")]
    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let seconds = self.started.elapsed().as_secs_f64();
            eprintln!("{seconds:7.3} {} {}", record.level(), record.args());
        }
    }

    fn flush(&self) {}
}
