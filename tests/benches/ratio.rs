//! How much longer one of two things takes, on a machine that does others besides.

use std::time::Duration;

/// Times that were taken side by side, pair by pair.
#[derive(Default)]
pub(crate) struct Pairs {
    plain: Vec<Duration>,
    other: Vec<Duration>,
    ratios: Vec<f64>,
}

/// What came of all pairs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) plain: Duration,
    pub(crate) other: Duration,
    pub(crate) ratio: f64,
    /// Half of the ratios lie between these.
    pub(crate) spread: [f64; 2],
}

impl Pairs {
    pub(crate) fn add(&mut self, plain: Duration, other: Duration) {
        self.plain.push(plain);
        self.other.push(other);
        self.ratios.push(other.as_secs_f64() / plain.as_secs_f64());
    }

    pub(crate) fn outcome(mut self) -> Outcome {
        self.ratios.sort_by(f64::total_cmp);
        let [low, ratio, high] =
            [1, 2, 3].map(|quarters| self.ratios[self.ratios.len() * quarters / 4]);
        Outcome {
            plain: median(&mut self.plain),
            other: median(&mut self.other),
            ratio,
            spread: [low, high],
        }
    }
}

pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
