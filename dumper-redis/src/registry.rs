//! The entities that were ever invalidated as a whole, and the paths of their pages.

use bytes::Bytes;
use regex::bytes::RegexSet;

use crate::hex::{hex, unhex};
use crate::wire::{Reader, write_count, write_long};

/// The entities that Redis knew under a base. A page bears the generations of those
/// that may have pages at its path.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    /// There is another registry only under another base.
    pub(crate) base: Bytes,
    entities: Vec<Entity>,
}

#[derive(Debug)]
struct Entity {
    id: String,
    /// `None` for what cannot be read as patterns: any path may be its own.
    paths: Option<RegexSet>,
}

/// The text of an entity in the registry: a line.
pub(crate) fn entry(id: &str, patterns: &[String]) -> String {
    let mut bytes = Vec::new();
    write_count(&mut bytes, patterns.len());
    for pattern in patterns {
        write_long(&mut bytes, pattern.as_bytes());
    }
    format!("{id}:{}\n", hex(&bytes))
}

impl Registry {
    /// Reads the registry. `None` if it is not one.
    pub(crate) fn read(base: Bytes, text: &[u8]) -> Option<Self> {
        let lines = text.split_inclusive(|&byte| byte == b'\n');
        let entities = lines.map(Entity::read).collect::<Option<_>>()?;
        Some(Self { base, entities })
    }

    /// The entities that may have a page at a path.
    pub(crate) fn ids<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a str> {
        let entities = self.entities.iter();
        let there = entities.filter(move |entity| entity.has_page_at(path));
        there.map(|entity| entity.id.as_str())
    }
}

impl Entity {
    fn read(line: &[u8]) -> Option<Self> {
        let line = line.strip_suffix(b"\n")?;
        let colon = line.iter().position(|&byte| byte == b':')?;
        let id = std::str::from_utf8(&line[..colon]).ok()?.to_owned();
        let mut from = Reader::new(unhex(&line[colon + 1..])?.into());
        let patterns = from.many(Reader::text)?;
        Some(Self {
            id,
            paths: RegexSet::new(patterns).ok(),
        })
    }

    fn has_page_at(&self, path: &str) -> bool {
        let paths = self.paths.as_ref();
        paths.is_none_or(|paths| paths.is_match(path.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(text: &str) -> Option<Registry> {
        Registry::read(Bytes::new(), text.as_bytes())
    }

    #[test]
    fn entities_are_found_by_the_paths_of_their_pages() {
        let patterns = |patterns: &[&str]| -> Vec<String> {
            patterns.iter().map(|&pattern| pattern.to_owned()).collect()
        };
        let text = [
            entry("e1", &patterns(&["^/a/$", "^/b/"])),
            entry("e2", &patterns(&["^/b/x$"])),
            entry("e3", &patterns(&["("])),
        ]
        .concat();
        let registry = registry(&text).unwrap();
        let ids = |path| registry.ids(path).collect::<Vec<_>>();
        assert_eq!(ids("/a/"), ["e1", "e3"]);
        assert_eq!(ids("/b/x"), ["e1", "e2", "e3"]);
        assert_eq!(ids("/c/"), ["e3"]);
    }

    #[test]
    fn what_is_no_registry_is_seen() {
        assert!(registry("").is_some());
        for text in [
            "x",
            "e1:00",
            "e1:0\n",
            "e1:ffffffff\n",
            "\n",
            "e1:00000001\n",
        ] {
            assert!(registry(text).is_none(), "{text:?}");
        }
    }
}
