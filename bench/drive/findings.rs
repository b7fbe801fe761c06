//! What was found out.

use crate::spread::Spread;

#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) rows: Vec<Row>,
    pub(crate) figures: Vec<Figure>,
    /// What went wrong once, and not when it was measured again.
    pub(crate) failures: Vec<String>,
}

/// How two compare that were measured by turns.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// Of both sides.
    pub(crate) sides: [Side; 2],
    /// How many requests a second the one answers for each of the other.
    pub(crate) rate: Spread,
    /// How long the one runs for a request, as a multiple of the other.
    pub(crate) cpu: Spread,
    /// How many microseconds longer.
    pub(crate) added_cpu: Spread,
    /// How many cores went elsewhere in the worst of its rounds.
    pub(crate) foreign: f64,
}

#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(crate) name: &'static str,
    /// Requests a second.
    pub(crate) rate: f64,
    /// Microseconds of the server a request.
    pub(crate) cpu: f64,
    /// How many cores the server had.
    pub(crate) busy: f64,
}

/// What is no comparison.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) value: f64,
}

impl Findings {
    pub(crate) fn add(&mut self, more: Self) {
        self.rows.extend(more.rows);
        self.figures.extend(more.figures);
        self.failures.extend(more.failures);
    }

    /// How many cores went elsewhere in the worst round that counts.
    pub(crate) fn foreign(&self) -> f64 {
        self.rows.iter().map(|row| row.foreign).fold(0.0, f64::max)
    }

    /// Everything by its name, as programs read it.
    pub(crate) fn values(&self) -> Vec<(String, f64)> {
        let rows = self.rows.iter().flat_map(|row| {
            let cpu = format!("{}:cpu", row.name);
            [(row.name.clone(), row.rate.median), (cpu, row.cpu.median)]
        });
        let figures = self.figures.iter();
        rows.chain(figures.map(|figure| (figure.name.to_owned(), figure.value)))
            .collect()
    }
}

impl From<Vec<Row>> for Findings {
    fn from(rows: Vec<Row>) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }
}
