//! How it is measured.

use crate::cores::Cores;
use crate::load::Wrk;

/// How many cores others may have while a round is measured, if it is to count.
pub(crate) const DISTURBED: f64 = 0.15;

#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) cores: Cores,
    pub(crate) wrk: Wrk,
    pub(crate) effort: Effort,
}

/// How often, and how patiently.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// How many rounds more there may be in the place of disturbed ones.
    pub(crate) more: usize,
    /// Whether there is a round before those that count.
    pub(crate) warms_up: bool,
}
