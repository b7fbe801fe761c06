//! How long each of very many took, in little memory.

use std::time::Duration;

/// Into how many steps a doubling is divided: a time is known to a part in 32.
const STEPS: u32 = 32;

/// Times, counted by their logarithms.
pub(crate) struct Latencies(Vec<u64>);

impl Default for Latencies {
    fn default() -> Self {
        Self(vec![0; (u32::BITS * STEPS) as usize])
    }
}

impl Latencies {
    pub(crate) fn add(&mut self, time: Duration) {
        let nanoseconds = u32::try_from(time.as_nanos()).unwrap_or(u32::MAX).max(1);
        let doublings = nanoseconds.ilog2();
        // The bits after the first, of which some tell the step.
        let rest = (nanoseconds << (u32::BITS - 1 - doublings)) << 1;
        let step = rest >> (u32::BITS - STEPS.ilog2());
        self.0[(doublings * STEPS + step) as usize] += 1;
    }

    /// How long 99 of 100 took at most.
    pub(crate) fn p99(&self) -> Duration {
        let all: u64 = self.0.iter().sum();
        let mut slower = all / 100;
        let slowest_first = self.0.iter().enumerate().rev();
        for (at, count) in slowest_first {
            match slower.checked_sub(*count) {
                Some(left) => slower = left,
                None => return longest(at as u64),
            }
        }
        Duration::ZERO
    }
}

/// The longest time that is counted there.
fn longest(at: u64) -> Duration {
    let (doublings, step) = (at / u64::from(STEPS), at % u64::from(STEPS));
    let in_steps = (u64::from(STEPS) + step + 1) << doublings;
    Duration::from_nanos(in_steps / u64::from(STEPS))
}

pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
