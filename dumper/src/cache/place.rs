//! Where a page is stored.

use std::sync::atomic::{AtomicUsize, Ordering};

use smallvec::SmallVec;

use super::index::Index;
use super::key::Key;
use super::names::{Name, Names};
use crate::path::Path;
use crate::reach::{EntityTag, Filing, Reach};
use crate::weight::allocated;

/// Where a page is stored: under its key, and whatever else can reach it.
#[derive(Debug)]
pub(super) struct Place {
    key: Key,
    /// Mostly the kin of its path, and a tag at most.
    names: SmallVec<[Name; 2]>,
    /// The paths that an inner service made of its own.
    also_at: Box<[Path]>,
    /// The bytes of what was made of the page since it was stored.
    added: AtomicUsize,
}

impl Place {
    pub(super) fn new(key: Key, filing: &Filing, names: &Names) -> Self {
        let path = key.path();
        let is_own = |name: &Reach| matches!(name, Reach::Path(it) if it == path);
        let reaches = filing.names().filter(|name| !is_own(name));
        let also_at = filing.paths().filter(|it| *it != path);
        Self {
            names: reaches.map(|reach| names.of(&reach)).collect(),
            also_at: also_at.cloned().collect(),
            added: AtomicUsize::new(0),
            key,
        }
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// What reaches it besides its own path.
    pub(super) fn names(&self) -> &[Name] {
        &self.names
    }

    pub(super) fn is_page_of(&self, entity: &EntityTag) -> bool {
        let mut paths = self.also_at.iter().chain([self.key.path()]);
        paths.any(|path| entity.has_page_at(path))
    }

    pub(super) fn added(&self) -> usize {
        self.added.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, bytes: usize) {
        self.added.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn take_back(&self, bytes: usize) {
        self.added.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// The bytes it takes with its names in the index, beside itself.
    pub(super) fn weight(&self) -> usize {
        let names = if self.names.spilled() {
            allocated(self.names.capacity() * size_of::<Name>())
        } else {
            0
        };
        let also_at = self.also_at.iter().map(Path::weight);
        self.key.weight()
            + names
            + allocated(size_of_val(&*self.also_at))
            + also_at.sum::<usize>()
            + self.names.len() * Index::PLACE
    }
}
