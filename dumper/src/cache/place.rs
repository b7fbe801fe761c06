//! Where a page is stored.

use std::iter;

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
    /// The name of the kin of its path.
    kin: Name,
    further: Option<Box<Further>>,
}

/// What else reaches a page that has tags, or that an inner service answered as another
/// path.
#[derive(Debug)]
struct Further {
    names: Box<[Name]>,
    /// The paths that an inner service made of its own.
    paths: Box<[Path]>,
}

impl Place {
    pub(super) fn new(key: Key, filing: &Filing, names: &Names) -> Self {
        let path = key.path();
        let is_own = |name: &Reach| matches!(name, Reach::Path(it) if it == path);
        let reaches = filing.names().filter(|name| !is_own(name));
        let mut reaches = reaches.map(|reach| names.of(&reach));
        let kin = reaches.next().expect("each path has kin");
        let further = Further {
            names: reaches.collect(),
            paths: filing.paths().filter(|it| *it != path).cloned().collect(),
        };
        let has_further = !further.names.is_empty() || !further.paths.is_empty();
        Self {
            kin,
            further: has_further.then(|| Box::new(further)),
            key,
        }
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// What reaches it besides its own path.
    pub(super) fn names(&self) -> impl Iterator<Item = Name> {
        let further = self.further.iter().flat_map(|it| &it.names);
        iter::once(self.kin).chain(further.copied())
    }

    pub(super) fn is_page_of(&self, entity: &EntityTag) -> bool {
        let further = self.further.iter().flat_map(|it| &it.paths);
        let mut paths = iter::once(self.key.path()).chain(further);
        paths.any(|path| entity.has_page_at(path))
    }

    /// The bytes it takes with its names in the index, beside itself.
    pub(super) fn weight(&self) -> usize {
        let further = self.further.as_ref().map_or(0, |it| it.weight());
        self.key.weight() + Index::PLACE + further
    }
}

impl Further {
    fn weight(&self) -> usize {
        let paths = self.paths.iter().map(Path::weight);
        allocated(size_of::<Self>())
            + allocated(size_of_val(&*self.names))
            + self.names.len() * Index::PLACE
            + allocated(size_of_val(&*self.paths))
            + paths.sum::<usize>()
    }
}
