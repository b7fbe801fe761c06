//! How much longer one of two things takes, on a machine that does others besides.

use std::time::Duration;

/// Times that were taken side by side, pair by pair.
#[derive(Default)]
pub(crate) struct Pairs {
    plain: Vec<Duration>,
    dumped: Vec<Duration>,
    ratios: Vec<f64>,
}

/// What came of all pairs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) plain: Duration,
    pub(crate) dumped: Duration,
    pub(crate) ratio: f64,
    /// Half of the ratios lie between these.
    pub(crate) spread: [f64; 2],
}

impl Pairs {
    pub(crate) fn add(&mut self, plain: Duration, dumped: Duration) {
        self.plain.push(plain);
        self.dumped.push(dumped);
        self.ratios.push(dumped.as_secs_f64() / plain.as_secs_f64());
    }

    pub(crate) fn outcome(mut self) -> Outcome {
        self.ratios.sort_by(f64::total_cmp);
        let [low, ratio, high] =
            [1, 2, 3].map(|quarters| self.ratios[self.ratios.len() * quarters / 4]);
        Outcome {
            plain: median(&mut self.plain),
            dumped: median(&mut self.dumped),
            ratio,
            spread: [low, high],
        }
    }
}

pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
