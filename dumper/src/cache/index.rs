//! What pages are filed under, besides their own paths.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::names::{AsItIs, Name};

/// Which paths a name stands for, by their names.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The names that stand for one: most of them.
    one: HashMap<Name, Name, AsItIs>,
    many: HashMap<Name, HashSet<Name, AsItIs>, AsItIs>,
}

impl Index {
    /// What a name takes in it: a table is two thirds full, more or less.
    pub(super) const PLACE: usize = (size_of::<(Name, Name)>() + 1) * 3 / 2;

    pub(super) fn file(&mut self, path: Name, name: Name) {
        if let Some(paths) = self.many.get_mut(&name) {
            paths.insert(path);
            return;
        }
        match self.one.entry(name) {
            Entry::Vacant(entry) => {
                entry.insert(path);
            }
            Entry::Occupied(entry) if *entry.get() == path => {}
            Entry::Occupied(entry) => {
                let both = [entry.remove(), path];
                self.many.insert(name, both.into_iter().collect());
            }
        }
    }

    pub(super) fn unfile(&mut self, path: Name, name: Name) {
        match self.one.entry(name) {
            Entry::Occupied(entry) if *entry.get() == path => {
                entry.remove();
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(_) => self.unfile_of_many(path, name),
        }
    }

    fn unfile_of_many(&mut self, path: Name, name: Name) {
        if let Some(paths) = self.many.get_mut(&name) {
            paths.remove(&path);
            if paths.is_empty() {
                self.many.remove(&name);
            }
        }
    }

    /// Takes a name out, with the paths that it stands for: all of them are dropped.
    pub(super) fn take(&mut self, name: Name) -> Vec<Name> {
        match self.one.remove(&name) {
            Some(path) => vec![path],
            None => {
                let paths = self.many.remove(&name);
                paths.into_iter().flatten().collect()
            }
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many names there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.one.len() + self.many.len()
    }
}
