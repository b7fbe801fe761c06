//! The names of keys and fields.

use std::borrow::Cow;

use dumper::{Key, Kin, RequestHeaders};

use crate::hex::hex;
use crate::wire::write_names;

/// The names of one namespace and one format.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    namespace: String,
    /// Paths are chosen by strangers: keyed by the namespace, so that nobody can look
    /// for two with one hash in advance.
    secret: [u8; 32],
    /// What pages of this format and release have in the names of their fields, and
    /// those of others have not.
    label: String,
}

/// Where the pages of a key are.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The hash of the pages of a path and its kin.
    pub(crate) pages: Vec<u8>,
    /// What tells the key from others.
    pub(crate) identity: Vec<u8>,
    /// The field with the names of the headers that select among the pages of the key.
    pub(crate) selecting: String,
    /// The fields of the page that no header selects.
    pub(crate) unselected: Fields,
}

/// The fields of one page.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    pub(crate) page: String,
    pub(crate) lock: String,
}

/// The field of the token under which the pages of a key are true.
pub(crate) const TOKEN: &str = "t";
/// The field of the base under which all pages are true.
pub(crate) const BASE: &str = "b";
/// The field of the registry of entities.
pub(crate) const REGISTRY: &str = "r";
/// Stands for all pages among the ids of tags and entities.
pub(crate) const ALL: &str = "a";

impl Names {
    pub(crate) fn new(namespace: &str, version: u8, release: &str) -> Self {
        let secret = *blake3::hash(namespace.as_bytes()).as_bytes();
        let mut label = blake3::Hasher::new_keyed(&secret);
        label.update(&[version]);
        label.update(release.as_bytes());
        Self {
            namespace: namespace.to_owned(),
            label: hex(&label.finalize().as_bytes()[..8]),
            secret,
        }
    }

    pub(crate) fn place(&self, key: &Key) -> Place {
        let pages = self.pages(&key.path().kin());
        let identity = key.identity();
        let hash = self.hash(&[&identity]);
        Place {
            pages,
            selecting: ["n", &*self.label, &*hash].concat(),
            unselected: self.selected_fields(key, &identity, &[]),
            identity,
        }
    }

    /// The hash of the pages of kin.
    pub(crate) fn pages(&self, kin: &Kin) -> Vec<u8> {
        let hash = self.hash(&[kin.as_str().as_bytes()]);
        [&*self.namespace, "{", &hash, "}"].concat().into_bytes()
    }

    /// The hash of the marks of the fences on pages. The braces put both into one slot
    /// of a cluster.
    pub(crate) fn fences(pages: &[u8]) -> Vec<u8> {
        [pages, b":fences"].concat()
    }

    /// The hash of the generations of tags and entities.
    pub(crate) fn generations(&self) -> Vec<u8> {
        format!("{}{{generations}}", self.namespace).into_bytes()
    }

    /// The hash of the fences on tags, entities and all pages.
    pub(crate) fn generations_fences(&self) -> Vec<u8> {
        format!("{}{{generations}}:fences", self.namespace).into_bytes()
    }

    /// The fields of the page for requests with these values of the headers that select.
    pub(crate) fn fields<'a>(
        &self,
        key: &Key,
        place: &'a Place,
        selected: &Selected,
    ) -> Cow<'a, Fields> {
        if selected.is_empty() {
            return Cow::Borrowed(&place.unselected);
        }
        Cow::Owned(self.selected_fields(key, &place.identity, selected))
    }

    fn selected_fields(&self, key: &Key, identity: &[u8], selected: &Selected) -> Fields {
        let mut values = Vec::new();
        for (name, value) in selected {
            write_names(&mut values, [name.as_bytes()]);
            values.push(u8::from(value.is_some()));
            write_names(&mut values, [value.as_deref().unwrap_or_default()]);
        }
        let hash = self.hash(&[identity, &values]);
        let kind = if is_plain(key, selected) { "p" } else { "v" };
        Fields {
            page: [kind, &*self.label, &*hash].concat(),
            lock: ["l", &*self.label, &*hash].concat(),
        }
    }

    /// What the names of all fields with pages of this format have behind their first
    /// letter.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    pub(crate) fn tag(&self, tag: &str) -> String {
        format!("t{}", self.hash(&[tag.as_bytes()]))
    }

    /// A path among its kin.
    pub(crate) fn path(&self, path: &str) -> String {
        self.hash(&[path.as_bytes()])
    }

    /// Releases may declare other paths for an entity: to each its own.
    pub(crate) fn entity(&self, name: &str, patterns: &[String]) -> String {
        let mut parts = Vec::new();
        write_names(&mut parts, [name.as_bytes()]);
        write_names(&mut parts, patterns.iter().map(String::as_bytes));
        format!("e{}", self.hash(&[&parts]))
    }

    fn hash(&self, parts: &[&[u8]]) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        for part in parts {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        hex(&hasher.finalize().as_bytes()[..16])
    }
}

/// The request headers that select a page, by name, with their values in a request.
pub(crate) type Selected = [(String, Option<Vec<u8>>)];

/// The values that headers have in a request.
pub(crate) fn select(
    names: &[String],
    headers: &RequestHeaders<'_>,
) -> Vec<(String, Option<Vec<u8>>)> {
    let value = |name: &String| headers(name).map(Cow::into_owned);
    let selected = names.iter().map(|name| (name.clone(), value(name)));
    selected.collect()
}

/// Whether a page is the one that the path alone asks for.
pub(crate) fn is_plain(key: &Key, selected: &Selected) -> bool {
    key.is_plain() && selected.iter().all(|(_, value)| value.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::new("dumper.cached_path.", 1, "a")
    }

    fn key(path: &str, query: Option<&str>) -> Key {
        Key::new("https", "parlour.example", path, query).unwrap()
    }

    #[test]
    fn kin_are_in_one_hash_and_their_fences_in_its_slot() {
        let place = |path| names().place(&key(path, None));
        assert_eq!(place("/items/007/").pages, place("/items/7").pages);
        assert_ne!(place("/items/007/").selecting, place("/items/7").selecting);
        assert_ne!(place("/items/7/").pages, place("/items/8/").pages);
        let Place { pages, .. } = place("/");
        let fences = Names::fences(&pages);
        let slot = |key: &[u8]| {
            let text = String::from_utf8(key.to_vec()).unwrap();
            text[text.find('{').unwrap()..=text.find('}').unwrap()].to_owned()
        };
        assert_eq!(slot(&pages), slot(&fences));
        assert!(pages.starts_with(b"dumper.cached_path.{"));
    }

    #[test]
    fn namespaces_versions_and_releases_share_no_page() {
        let key = key("/", None);
        let field = |names: &Names| names.place(&key).unselected.page;
        let versions = [
            field(&names()),
            field(&Names::new("dumper.cached_path.", 2, "a")),
            field(&Names::new("dumper.cached_path.", 1, "b")),
        ];
        assert_ne!(versions[0], versions[1]);
        assert_ne!(versions[0], versions[2]);
        let pages = |names: &Names| names.place(&key).pages;
        assert_eq!(
            pages(&names()),
            pages(&Names::new("dumper.cached_path.", 2, "b"))
        );
        let other = Names::new("other.", 1, "a");
        let kept = |names: &Names| names.place(&key).selecting;
        assert_ne!(kept(&names()), kept(&other));
    }

    #[test]
    fn the_values_of_headers_select_a_field() {
        let names = names();
        let field = |query, selected: &Selected| {
            let key = key("/", query);
            names
                .fields(&key, &names.place(&key), selected)
                .page
                .clone()
        };
        let header = |name: &str, value: Option<&str>| {
            (
                name.to_owned(),
                value.map(|value| value.as_bytes().to_vec()),
            )
        };
        let all = [
            field(None, &[]),
            field(Some(""), &[]),
            field(None, &[header("a", None)]),
            field(None, &[header("a", Some(""))]),
            field(None, &[header("a", Some("b"))]),
            field(None, &[header("ab", Some(""))]),
            field(None, &[header("a", None), header("b", None)]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(all[at + 1..].iter().all(|other| other != one));
        }
        let plain = all.iter().map(|field| field.starts_with('p'));
        assert!(plain.eq([true, false, true, false, false, false, true]));
    }

    #[test]
    fn an_entity_is_its_name_and_its_patterns() {
        let names = names();
        let entity = |name, patterns: &[&str]| {
            let patterns: Vec<_> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
            names.entity(name, &patterns)
        };
        assert_eq!(entity("a", &["b"]), entity("a", &["b"]));
        assert_ne!(entity("a", &["b"]), entity("a", &["b", "c"]));
        assert_ne!(entity("a", &["b", "c"]), entity("a", &["bc"]));
        assert_ne!(entity("ab", &[""]), entity("a", &["b"]));
    }
}
