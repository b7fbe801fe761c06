//! What paths are known by, and whatever else pages are filed under.

use std::hash::{BuildHasherDefault, Hasher};

use ahash::RandomState;

use crate::reach::Reach;

/// The hash of a path, of its kin or of a tag.
///
/// Two that have the same name are dropped and evicted together, no more; and nobody can
/// bring that about, since nobody knows how they are hashed.
pub(super) type Name = u64;

/// Hashes names for tables: a name is a hash, and is taken as it is.
pub(super) type AsItIs = BuildHasherDefault<Unhashed>;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unhashed(u64);

impl Hasher for Unhashed {
    fn write_u64(&mut self, name: Name) {
        self.0 = name;
    }

    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("a name is a number");
    }
}

/// Gives names.
#[derive(Debug, Default)]
pub(super) struct Names(RandomState);

impl Names {
    /// The name of a path, by its canonical text.
    pub(super) fn of_path(&self, path: &str) -> Name {
        self.0.hash_one(path)
    }

    /// The name of what an invalidation reaches.
    pub(super) fn of(&self, reach: &Reach) -> Name {
        match reach {
            Reach::Path(path) => self.of_path(path.as_str()),
            _ => self.0.hash_one(reach),
        }
    }
}
