//! Many pairs, from a seed.

use std::fmt;
use std::ops::AddAssign;
use std::str::FromStr;

use fastrand::Rng;

use super::trial::{Outcome, Trial};

/// More than a pair asks for.
const BYTES: usize = 64;

/// How it went with many pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub pairs: u64,
    /// One of the two was nothing that a server reads.
    pub refused: u64,
    /// The second was answered from the cache.
    pub hits: u64,
    /// The second was so, and was another request than the first.
    pub hits_of_others: u64,
}

impl Tally {
    fn count(&mut self, outcome: &Outcome) {
        self.pairs += 1;
        match outcome {
            Outcome::Refused => self.refused += 1,
            Outcome::Hit { differs } => {
                self.hits += 1;
                self.hits_of_others += u64::from(*differs);
            }
            Outcome::Rendered | Outcome::Failed(_) => {}
        }
    }

    /// Whether enough of the pairs hit, and most of those by another request, for
    /// it to mean something that none failed.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        10 * self.hits_of_others > self.pairs && 4 * self.refused < self.pairs
    }
}

impl Tally {
    /// The result of a run, as its last line has it.
    #[must_use]
    pub fn json(&self, seed: u64) -> String {
        let Self {
            pairs,
            refused,
            hits,
            hits_of_others,
        } = self;
        format!(
            r#"{{"pairs":{pairs},"seed":{seed},"failures":0,"hits":{hits},"hits_of_another_request":{hits_of_others},"refused":{refused}}}"#
        )
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.pairs += other.pairs;
        self.refused += other.refused;
        self.hits += other.hits;
        self.hits_of_others += other.hits_of_others;
    }
}

/// Four numbers, as one process tells them another.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pairs,
            refused,
            hits,
            hits_of_others,
        } = self;
        write!(f, "{pairs} {refused} {hits} {hits_of_others}")
    }
}

impl FromStr for Tally {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split(' ').map(str::parse);
        let numbers: Result<Vec<u64>, _> = numbers.collect();
        match numbers.as_deref() {
            Ok(&[pairs, refused, hits, hits_of_others]) => Ok(Self {
                pairs,
                refused,
                hits,
                hits_of_others,
            }),
            _ => Err(format!("no tally: {text:?}")),
        }
    }
}

/// Sends as many pairs as asked for, and stops at one that fails.
///
/// # Errors
///
/// Returns the pair that failed.
pub async fn run(trial: &Trial, seed: u64, pairs: u64) -> Result<Tally, String> {
    let mut rng = Rng::with_seed(seed);
    let mut tally = Tally::default();
    let mut bytes = [0; BYTES];
    for _ in 0..pairs {
        rng.fill(&mut bytes);
        let outcome = trial.send(&bytes).await;
        if let Outcome::Failed(_) = outcome {
            return Err(trial.told(&bytes).await);
        }
        tally.count(&outcome);
    }
    Ok(tally)
}
