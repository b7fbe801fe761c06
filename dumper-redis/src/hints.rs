//! What is known of keys before Redis is asked, so that it is asked once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What to ask for to get the page of a key. It may be wrong: the answer tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hint {
    /// The request headers that select among its pages, in order.
    pub(crate) names: Arc<[String]>,
    /// The tags and entities that its page is filed under.
    pub(crate) ids: Arc<[String]>,
}

/// The hints of the keys that were asked for lately; those without any are not kept.
#[derive(Debug, Default)]
pub(crate) struct Hints(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    young: HashMap<String, Hint>,
    old: HashMap<String, Hint>,
}

/// Half of what may be kept: the older half goes when the younger is full.
const HALF: usize = 8192;

impl Hints {
    /// The hint for a key, by the hash of its identity.
    pub(crate) fn of(&self, key: &str) -> Hint {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hint) = kept.young.get(key) {
            return hint.clone();
        }
        let Some(hint) = kept.old.remove(key) else {
            return Hint::default();
        };
        kept.insert(key, hint.clone());
        hint
    }

    pub(crate) fn remember(&self, key: &str, hint: Hint) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.old.remove(key);
        if hint == Hint::default() {
            kept.young.remove(key);
        } else {
            kept.insert(key, hint);
        }
    }
}

impl Kept {
    fn insert(&mut self, key: &str, hint: Hint) {
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key.to_owned(), hint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(name: &str) -> Hint {
        Hint {
            names: [name.to_owned()].into(),
            ids: [].into(),
        }
    }

    #[test]
    fn hints_are_bounded_and_those_in_use_stay() {
        let hints = Hints::default();
        hints.remember("used", hint("accept"));
        for key in 0..5 * HALF {
            hints.remember(&key.to_string(), hint("dnt"));
            assert_eq!(hints.of("used"), hint("accept"));
        }
        let kept = hints.0.lock().unwrap();
        assert!(kept.young.len() + kept.old.len() <= 2 * HALF);
    }

    #[test]
    fn an_empty_hint_takes_no_room() {
        let hints = Hints::default();
        hints.remember("a", hint("accept"));
        hints.remember("a", Hint::default());
        assert_eq!(hints.of("a"), Hint::default());
        assert!(hints.0.lock().unwrap().young.is_empty());
    }
}
