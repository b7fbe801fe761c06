//! What pages are filed under, besides their own paths.

use std::collections::{HashMap, HashSet};

use ahash::RandomState;

use super::names::Name;

/// Which paths a name stands for, by their names.
#[derive(Debug, Default)]
pub(super) struct Index(HashMap<Name, Paths, RandomState>);

/// Mostly a name stands for one.
#[derive(Debug)]
enum Paths {
    One(Name),
    Many(Box<Many>),
}

#[derive(Debug)]
struct Many(HashSet<Name, RandomState>);

impl Index {
    /// What a name takes in it: a table is two thirds full, more or less.
    pub(super) const PLACE: usize = (size_of::<(Name, Paths)>() + 1) * 3 / 2;

    pub(super) fn file(&mut self, path: Name, names: &[Name]) {
        for name in names {
            match self.0.get_mut(name) {
                Some(paths) => paths.insert(path),
                None => {
                    self.0.insert(*name, Paths::One(path));
                }
            }
        }
    }

    pub(super) fn unfile(&mut self, path: Name, names: &[Name]) {
        for name in names {
            if let Some(paths) = self.0.get_mut(name)
                && paths.remove(path)
            {
                self.0.remove(name);
            }
        }
    }

    /// Takes a name out, with the paths that it stands for: all of them are dropped.
    pub(super) fn take(&mut self, name: Name) -> Vec<Name> {
        match self.0.remove(&name) {
            None => Vec::new(),
            Some(Paths::One(path)) => vec![path],
            Some(Paths::Many(many)) => many.0.into_iter().collect(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.0 = HashMap::default();
    }

    /// How many names there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Paths {
    fn insert(&mut self, path: Name) {
        match self {
            Self::One(one) if *one == path => {}
            Self::One(one) => {
                let both = [*one, path];
                *self = Self::Many(Box::new(Many(both.into_iter().collect())));
            }
            Self::Many(many) => {
                many.0.insert(path);
            }
        }
    }

    /// Returns whether there is none any more.
    fn remove(&mut self, path: Name) -> bool {
        match self {
            Self::One(one) => *one == path,
            Self::Many(many) => {
                many.0.remove(&path);
                many.0.is_empty()
            }
        }
    }
}
