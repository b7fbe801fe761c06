//! What a store is told, and when.

use std::any::TypeId;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::FutureExt;
use shuttle::future::block_on;

use super::{AT_A_TIME, Moved, Outbox};
use crate::path::Path;
use crate::process::Process;
use crate::reach::{EntityTag, Reach};
use crate::store::{Changes, Leased, Moves, Rendered, Stamp, Store, Stored, Unavailable};
use crate::{Key, NotStored, RequestHeaders};

/// A store that keeps nothing, and notes what it is told.
#[derive(Clone, Debug, Default)]
struct Notes(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    /// How many changes at a time, and whether rows were moved.
    told: Vec<(usize, bool)>,
    is_down: bool,
    panics: bool,
}

impl Notes {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self) -> Vec<(usize, bool)> {
        self.noted().told.clone()
    }
}

impl Store for Notes {
    async fn look_up(
        &self,
        _: &Key,
        _: &RequestHeaders<'_>,
    ) -> Result<Option<Stored>, Unavailable> {
        Ok(None)
    }

    async fn is_current(&self, _: &Key, _: &Stamp) -> Result<bool, Unavailable> {
        Ok(false)
    }

    async fn lease(&self, _: &Key, _: &RequestHeaders<'_>, _: bool) -> Result<Leased, Unavailable> {
        Ok(Leased::Fenced)
    }

    async fn fill(&self, _: Rendered<'_>) -> Result<Stamp, NotStored> {
        Err(NotStored::Unavailable)
    }

    fn release(&self, _: &Key, _: &Stamp) {}

    async fn apply(&self, changes: &Changes<'_>) -> Result<Moves, Unavailable> {
        let mut noted = self.noted();
        assert!(!noted.panics, "a mistake of the store");
        if noted.is_down {
            return Err(Unavailable::new("down"));
        }
        noted.told.push((changes.changes.len(), changes.moved));
        Ok(Moves {
            found: Bytes::new(),
            left: Bytes::new(),
        })
    }
}

/// Runs a check with an outbox that nobody empties.
fn check(is_strict: bool, check: impl Fn(&Notes, &Arc<Outbox>) + Send + Sync + 'static) {
    let once = move || {
        let store = Notes::default();
        let process = Arc::new(Process::new(Instant::now));
        let outbox = Outbox::new(Arc::new(store.clone()), process, Duration::ZERO, is_strict);
        check(&store, &Arc::new(outbox));
    };
    shuttle::check_random(once, 1);
}

fn paths(count: usize) -> Vec<Reach> {
    let path = |number| Reach::Path(Path::requested(&format!("/{number}/")));
    (0..count).map(path).collect()
}

fn moved(since: u64) -> Moved {
    let entity = EntityTag::new(TypeId::of::<()>(), "flavor".to_owned(), None);
    Moved {
        since: Some(since),
        entities: HashSet::from([entity]),
    }
}

#[test]
fn that_rows_were_moved_is_told_before_any_page_is_dropped() {
    check(false, |store, outbox| {
        let _ = outbox.push(&paths(2 * AT_A_TIME), Some(&moved(1)));
        assert!(block_on(outbox.tell()).is_ok());
        assert_eq!(store.told(), [(AT_A_TIME, true), (AT_A_TIME, false)]);
    });
}

#[test]
fn ends_of_moves_take_no_more_room_than_their_entities() {
    check(false, |store, outbox| {
        store.noted().is_down = true;
        for since in [1, 1, 2, 1] {
            let _ = outbox.push(&paths(1), Some(&moved(since)));
            assert!(block_on(outbox.tell()).is_err());
        }
        let kept = outbox.state().moved.clone().unwrap_or_default();
        assert_eq!(kept.into_values().collect::<Vec<_>>(), [None]);
        store.noted().is_down = false;
        assert!(block_on(outbox.tell()).is_ok());
        // The path, and the entity that others may have moved rows of.
        assert_eq!(store.told(), [(1, true), (1, false)]);
    });
}

#[test]
fn a_store_that_panics_is_told_again() {
    check(false, |store, outbox| {
        let _ = outbox.push(&paths(1), None);
        store.noted().panics = true;
        assert!(block_on(outbox.tell()).is_err());
        store.noted().panics = false;
        assert!(block_on(outbox.tell()).is_ok());
        assert_eq!(store.told(), [(1, false)]);
    });
}

#[test]
fn in_trouble_only_who_is_strict_waits_for_his_fences() {
    for is_strict in [false, true] {
        check(is_strict, move |store, outbox| {
            store.noted().is_down = true;
            let _ = outbox.push(&paths(1), None);
            assert!(block_on(outbox.tell()).is_err());
            let delivery = outbox.push(&paths(2), None);
            let raised = delivery.raised().now_or_never();
            assert_eq!(raised.is_none(), is_strict);
            assert!(block_on(outbox.tell()).is_err());
            let raised = delivery.raised().now_or_never();
            assert_eq!(raised.map(|raised| raised.is_err()), Some(is_strict));
        });
    }
}
