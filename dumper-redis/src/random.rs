//! Numbers that no other process draws.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::hex::hex;

/// Draws 128 bits, as 32 hexadecimal digits.
///
/// Tokens and generations need not be secret, but none may come twice, in whatever
/// process. The seed is what the system gives to [`RandomState`], 128 bits of its
/// own source for each process, so that processes which start at the same moment
/// differ; the number of the process keeps those apart that were forked from one.
pub(crate) fn draw() -> String {
    static SEED: LazyLock<[u8; 32]> = LazyLock::new(seed);
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    let mut hasher = blake3::Hasher::new_keyed(&SEED);
    hasher.update(&std::process::id().to_be_bytes());
    hasher.update(&DRAWN.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    hex(&hasher.finalize().as_bytes()[..16])
}

fn seed() -> [u8; 32] {
    let state = RandomState::new();
    let mut seed = [0; 32];
    for (place, part) in seed.chunks_exact_mut(8).enumerate() {
        part.copy_from_slice(&state.hash_one(place).to_be_bytes());
    }
    seed
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_number_comes_twice() {
        let numbers: HashSet<_> = (0..1000).map(|_| draw()).collect();
        assert_eq!(numbers.len(), 1000);
        assert!(numbers.iter().all(|number| number.len() == 32));
        assert_ne!(seed(), seed());
    }
}
