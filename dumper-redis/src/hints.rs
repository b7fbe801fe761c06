//! What is known of keys before Redis is asked: where their pages are, and what to ask
//! for, so that it is asked once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use dumper::Key;

use crate::keys::Place;

/// What is known of a key.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) place: Arc<Place>,
    pub(crate) hint: Hint,
}

/// What to ask for to get the page of a key. It may be wrong: the answer tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hint {
    /// The request headers that select among its pages, in order.
    pub(crate) names: Arc<[String]>,
    /// The tags and entities that its page is filed under.
    pub(crate) ids: Arc<[String]>,
}

/// What is known of the keys that were asked for lately.
#[derive(Debug, Default)]
pub(crate) struct Hints(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    young: HashMap<Key, Arc<Known>>,
    old: HashMap<Key, Arc<Known>>,
}

/// Half of what may be kept: the older half goes when the younger is full. Each takes
/// about half a kilobyte.
const HALF: usize = 4096;

impl Hints {
    /// What is known of a key, or its place.
    pub(crate) fn of(&self, key: &Key, place: impl FnOnce(&Key) -> Place) -> Arc<Known> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.young.get(key) {
            return Arc::clone(known);
        }
        let known = kept.old.remove(key).unwrap_or_else(|| {
            Arc::new(Known {
                place: place(key).into(),
                hint: Hint::default(),
            })
        });
        kept.insert(key, &known);
        known
    }

    /// Keeps another hint for a key.
    pub(crate) fn remember(&self, key: &Key, known: &Known, hint: Hint) -> Arc<Known> {
        let place = Arc::clone(&known.place);
        let known = Arc::new(Known { place, hint });
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.old.remove(key);
        kept.insert(key, &known);
        known
    }
}

impl Kept {
    fn insert(&mut self, key: &Key, known: &Arc<Known>) {
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key.clone(), Arc::clone(known));
    }
}

#[cfg(test)]
mod tests {
    use crate::keys::Names;

    use super::*;

    fn key(path: &str) -> Key {
        Key::new("https", "parlour.example", path, None).unwrap()
    }

    fn place(key: &Key) -> Place {
        Names::new("dumper.cached_path.", 1, "a").place(key)
    }

    fn hint(name: &str) -> Hint {
        Hint {
            names: [name.to_owned()].into(),
            ids: [].into(),
        }
    }

    #[test]
    fn hints_are_bounded_and_those_in_use_stay() {
        let hints = Hints::default();
        let used = key("/used");
        hints.remember(&used, &hints.of(&used, place), hint("accept"));
        for number in 0..5 * HALF {
            let key = key(&format!("/{number}"));
            hints.remember(&key, &hints.of(&key, place), hint("dnt"));
            assert_eq!(hints.of(&used, place).hint, hint("accept"));
        }
        let kept = hints.0.lock().unwrap();
        assert!(kept.young.len() + kept.old.len() <= 2 * HALF);
    }

    #[test]
    fn a_place_is_found_once_and_another_hint_leaves_it() {
        let hints = Hints::default();
        let key = key("/a");
        let first = hints.of(&key, place);
        assert_eq!(first.hint, Hint::default());
        let again = |_: &Key| panic!("it is known");
        hints.remember(&key, &first, hint("accept"));
        let second = hints.of(&key, again);
        assert_eq!(second.hint, hint("accept"));
        assert!(Arc::ptr_eq(&first.place, &second.place));
    }
}
