//! The statements that hooks have told of, so that each of them is excused once
//! when it is observed.

use std::collections::HashMap;
use std::sync::Arc;

use super::write::Verb;
use crate::reach::EntityTag;

/// What tells statements of one owner apart; the key of a row that has none yet
/// is `None`.
type Name = (EntityTag, Verb, Option<Arc<str>>);

/// The announced statements of one owner.
#[derive(Clone, Debug, Default)]
pub(super) struct Announced(HashMap<Name, Count>);

#[derive(Clone, Debug, Default)]
struct Count {
    /// Statements whose end no hook has told.
    open: usize,
    /// Those that were not observed.
    unseen: usize,
}

impl Announced {
    pub(super) fn announce(&mut self, entity: &EntityTag, verb: Verb, key: Option<&Arc<str>>) {
        let name = (entity.clone(), verb, key.cloned());
        let count = self.0.entry(name).or_default();
        count.open += 1;
        count.unseen += 1;
    }

    /// Whether a statement that was observed is one of them; if so it is no more.
    /// A statement may write several rows, each told of by a hook.
    pub(super) fn excuse(
        &mut self,
        entity: &EntityTag,
        verb: Verb,
        keys: &[Option<Arc<str>>],
    ) -> bool {
        for (at, key) in keys.iter().enumerate() {
            let count = self.0.get_mut(&(entity.clone(), verb, key.clone()));
            match count.filter(|count| count.unseen > 0) {
                Some(count) => count.unseen -= 1,
                None => {
                    for key in &keys[..at] {
                        let name = (entity.clone(), verb, key.clone());
                        self.0.entry(name).or_default().unseen += 1;
                    }
                    return false;
                }
            }
        }
        !keys.is_empty()
    }

    /// Takes note that a hook has told the end of a statement. It cannot be
    /// observed any more; where nobody observes, it never was.
    pub(super) fn settle(&mut self, entity: &EntityTag, key: &Arc<str>, inserted: bool) {
        let key = Some(key.clone());
        if !inserted {
            // Which of the two has ended is not known here.
            self.close(&(entity.clone(), Verb::Update, key.clone()));
            self.close(&(entity.clone(), Verb::Delete, key));
        } else if !self.close(&(entity.clone(), Verb::Insert, key)) {
            self.close(&(entity.clone(), Verb::Insert, None));
        }
    }

    pub(super) fn forget(&mut self, entity: &EntityTag) {
        self.0.retain(|(of, ..), _| of != entity);
    }

    fn close(&mut self, name: &Name) -> bool {
        let Some(count) = self.0.get_mut(name) else {
            return false;
        };
        count.open -= 1;
        count.unseen = count.unseen.min(count.open);
        if count.open == 0 {
            self.0.remove(name);
        }
        true
    }
}
