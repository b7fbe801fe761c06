//! What pages are filed under, besides their own paths.

use std::collections::{HashMap, HashSet};

use ahash::RandomState;

use super::weight::{allocated, counted};
use crate::path::Path;
use crate::reach::{EntityTag, Filing, Reach};

/// Which paths a name stands for.
///
/// Names are known by their hashes: to take one for another drops a page too many,
/// no more, and nobody knows how they are hashed.
#[derive(Debug, Default)]
pub(super) struct Index {
    paths: HashMap<Name, Paths, RandomState>,
    hasher: RandomState,
}

/// The hash of a name.
type Name = u64;

/// Mostly a name stands for one.
#[derive(Debug)]
enum Paths {
    One(Path),
    Many(Box<Many>),
}

#[derive(Debug, Default)]
struct Many(HashSet<Path, RandomState>);

/// Where a page is filed, besides its own path.
#[derive(Clone, Debug)]
pub(super) struct Filed {
    names: Box<[Name]>,
    /// The paths that an inner service made of its own.
    also_at: Box<[Path]>,
}

impl Index {
    /// What is kept of a filing by a page at a path.
    pub(super) fn filed(&self, path: &Path, filing: &Filing) -> Filed {
        let is_own = |name: &Reach| matches!(name, Reach::Path(it) if it == path);
        let names = filing.names().filter(|name| !is_own(name));
        let also_at = filing.paths().filter(|it| *it != path);
        Filed {
            names: names.map(|name| self.name(&name)).collect(),
            also_at: also_at.cloned().collect(),
        }
    }

    pub(super) fn file(&mut self, path: &Path, filed: &Filed) {
        for name in &filed.names {
            match self.paths.get_mut(name) {
                Some(paths) => paths.insert(path),
                None => {
                    self.paths.insert(*name, Paths::One(path.clone()));
                }
            }
        }
    }

    pub(super) fn unfile(&mut self, path: &Path, filed: &Filed) {
        for name in &filed.names {
            if let Some(paths) = self.paths.get_mut(name)
                && paths.remove(path)
            {
                self.paths.remove(name);
            }
        }
    }

    /// Takes a name out, with the paths that it stands for: all of them are dropped.
    pub(super) fn take(&mut self, reach: &Reach) -> Vec<Path> {
        match self.paths.remove(&self.name(reach)) {
            None => Vec::new(),
            Some(Paths::One(path)) => vec![path],
            Some(Paths::Many(many)) => many.0.into_iter().collect(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.paths = HashMap::default();
    }

    /// How many names there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.paths.len()
    }

    fn name(&self, reach: &Reach) -> Name {
        self.hasher.hash_one(reach)
    }
}

impl Paths {
    fn insert(&mut self, path: &Path) {
        match self {
            Self::One(one) if one == path => {}
            Self::One(one) => {
                let both = [one.clone(), path.clone()];
                *self = Self::Many(Box::new(Many(both.into_iter().collect())));
            }
            Self::Many(many) => {
                many.0.insert(path.clone());
            }
        }
    }

    /// Returns whether there is none any more.
    fn remove(&mut self, path: &Path) -> bool {
        match self {
            Self::One(one) => one == path,
            Self::Many(many) => {
                many.0.remove(path);
                many.0.is_empty()
            }
        }
    }
}

impl Filed {
    pub(super) fn is_page_of(&self, entity: &EntityTag) -> bool {
        self.also_at.iter().any(|path| entity.has_page_at(path))
    }

    /// The bytes it takes with its place in the index, beside itself.
    pub(super) fn weight(&self) -> usize {
        // A table is two thirds full, more or less.
        const PLACE: usize = (size_of::<(Name, Paths)>() + 1) * 3 / 2;
        let also_at = self.also_at.iter();
        let also_at = also_at.map(|path| counted(path.as_str().len()));
        allocated(size_of_val(&*self.names))
            + allocated(size_of_val(&*self.also_at))
            + also_at.sum::<usize>()
            + self.names.len() * PLACE
    }
}
