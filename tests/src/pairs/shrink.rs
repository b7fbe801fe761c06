//! Simplifying what fails.

use super::trial::{Outcome, Trial};

/// Makes the bytes of a pair that fails fewer and smaller, as long as it does.
pub(super) async fn shrunk(trial: &Trial, bytes: &[u8]) -> Vec<u8> {
    let mut simplest = bytes.to_vec();
    loop {
        let before = simplest.clone();
        for simpler in simpler(&before) {
            if matches!(trial.send(&simpler).await, Outcome::Failed(_)) {
                simplest = simpler;
                break;
            }
        }
        if simplest == before {
            return simplest;
        }
    }
}

fn simpler(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let shorter = (0..bytes.len()).map(|len| bytes[..len].to_vec());
    let without = (0..bytes.len()).map(|at| [&bytes[..at], &bytes[at + 1..]].concat());
    let places = bytes.iter().enumerate();
    let smaller = places.flat_map(move |(at, &byte)| {
        let values = [0, byte / 2, byte.saturating_sub(1)];
        values
            .into_iter()
            .filter(move |value| *value < byte)
            .map(move |value| {
                let mut bytes = bytes.to_vec();
                bytes[at] = value;
                bytes
            })
    });
    shorter.chain(without).chain(smaller)
}
