//! Pages that are in the cache no more.

use std::{mem, thread};

use super::group::Group;
use super::names::Name;

/// Pages that are in the cache no more, to be freed by whoever holds no lock.
#[must_use = "it is dropped when the locks are released"]
pub(crate) struct Dropped(pub(super) Vec<(Name, Group)>);

/// So many are freed in about a millisecond.
const MANY: usize = 1 << 10;

impl Drop for Dropped {
    /// Very many are freed by a thread of their own: requests wait for whoever
    /// invalidates, and for what else his thread serves.
    fn drop(&mut self) {
        if self.0.len() < MANY {
            return;
        }
        let groups = mem::take(&mut self.0);
        let freeing = thread::Builder::new().name("dumper-free".to_owned());
        // If there can be no thread, what it would have freed is dropped here.
        drop(freeing.spawn(|| drop(groups)));
    }
}
