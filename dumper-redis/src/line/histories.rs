//! Since when the histories of servers are known.
//!
//! A server begins a new history when it is promoted. Others may still ask the one
//! before, and believe it, for [as long as they may](super::view::BELIEVED) since they
//! asked who it is. So what is written in a new history is not done before that is
//! over: then nobody believes any more who was a primary before it began.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::view::BELIEVED;

/// How long what is written settles, from when the history was seen first. It has
/// room for clocks that are not equally fast.
const SETTLING: Duration = BELIEVED.saturating_mul(2);

/// How many are remembered: one that is forgotten settles again.
const KNOWN: usize = 16;

/// The histories that a process has seen, by their replication ids, with the moments
/// at which it saw them first.
#[derive(Debug, Default)]
pub(super) struct Histories(Mutex<Vec<(Arc<str>, Instant)>>);

impl Histories {
    /// When what is written in a history is settled, that is seen now.
    pub(super) fn settled(&self, replid: &Arc<str>, now: Instant) -> Instant {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, seen)) = known.iter().find(|(it, _)| it == replid) {
            return *seen + SETTLING;
        }
        if known.len() == KNOWN {
            known.remove(0);
        }
        known.push((Arc::clone(replid), now));
        now + SETTLING
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_settles_once() {
        let histories = Histories::default();
        let (first, second) = ("a".into(), "b".into());
        let seen = Instant::now();
        assert_eq!(histories.settled(&first, seen), seen + SETTLING);
        let later = seen + SETTLING / 2;
        assert_eq!(histories.settled(&first, later), seen + SETTLING);
        assert_eq!(histories.settled(&second, later), later + SETTLING);
    }

    #[test]
    fn the_number_of_histories_is_bounded() {
        let histories = Histories::default();
        for number in 0..2 * KNOWN {
            histories.settled(&number.to_string().into(), Instant::now());
        }
        assert_eq!(histories.0.lock().unwrap().len(), KNOWN);
    }
}
