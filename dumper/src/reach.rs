//! What an invalidation reaches, and where a page is filed to be reached.

use std::any::TypeId;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::path::{Kin, Path};
use crate::template::Patterns;

/// A user's name for a group of pages.
pub(crate) type Tag = Arc<str>;

/// The pages that an invalidation drops, or that a fence keeps from being stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reach {
    /// The pages of one path.
    Path(Path),
    /// The pages that may show the row of a declared path.
    Kin(Kin),
    /// The pages filed under a tag.
    Tag(Tag),
    /// No pages, but whoever has read the row to know the paths of another.
    Row(RowId),
    /// No pages, but whoever has read which rows are related to this one.
    Related(RowId),
    /// No pages, but whoever has read any rows.
    Rows,
    /// The pages that a row of an entity may have.
    Entity(EntityTag),
    /// All pages.
    All,
}

impl Reach {
    /// The entity, if this is a row of it, or what is related to one.
    pub(crate) fn row_of(&self) -> Option<EntityTag> {
        match self {
            Self::Row(row) | Self::Related(row) => Some(row.entity.clone()),
            _ => None,
        }
    }

    pub(crate) fn is_of_pages(&self) -> bool {
        !matches!(self, Self::Row(_) | Self::Related(_) | Self::Rows)
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "path \"{path}\""),
            Self::Kin(kin) => write!(f, "path \"{}\"", kin.path()),
            Self::Tag(tag) => write!(f, "tag \"{tag}\""),
            Self::Row(row) => write!(f, "instance #{} of {}", row.key, row.entity.name()),
            Self::Related(row) => {
                write!(
                    f,
                    "what is related to instance #{} of {}",
                    row.key,
                    row.entity.name()
                )
            }
            Self::Rows => f.write_str("all rows"),
            Self::Entity(entity) => write!(f, "all paths of \"{}\"", entity.name()),
            Self::All => f.write_str("all paths"),
        }
    }
}

/// A row, by the text of its primary key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RowId {
    pub(crate) entity: EntityTag,
    pub(crate) key: Arc<str>,
}

/// Every page that a row of an entity may have: those its templates match.
///
/// Cloning is shallow.
#[derive(Clone, Debug)]
pub(crate) struct EntityTag(Arc<Entity>);

#[derive(Debug)]
struct Entity {
    id: TypeId,
    name: String,
    patterns: Option<Patterns>,
}

impl EntityTag {
    /// `patterns` is `None` for an entity whose pages can lie anywhere.
    pub(crate) fn new(id: TypeId, name: String, patterns: Option<Patterns>) -> Self {
        Self(Arc::new(Entity { id, name, patterns }))
    }

    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn reach(&self) -> Reach {
        match self.0.patterns {
            Some(_) => Reach::Entity(self.clone()),
            None => Reach::All,
        }
    }

    /// Regular expressions for the paths of its pages.
    pub(crate) fn patterns(&self) -> &[String] {
        let patterns = self.0.patterns.as_ref();
        patterns.map_or(&[], Patterns::as_strings)
    }

    pub(crate) fn has_page_at(&self, path: &Path) -> bool {
        match &self.0.patterns {
            Some(patterns) => patterns.match_path(path.as_str()),
            None => true,
        }
    }
}

impl PartialEq for EntityTag {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for EntityTag {}

impl Hash for EntityTag {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

/// Where a page is filed: all that can reach it.
///
/// # Examples
///
/// ```
/// use dumper::Path;
/// use dumper::store::Filing;
///
/// let mut filing = Filing::at(&Path::requested("/flavors/"));
/// filing.add_tags(["menu".into()]);
/// assert_eq!(filing.tags().collect::<Vec<_>>(), ["menu"]);
/// ```
#[derive(Clone, Debug)]
pub struct Filing {
    /// The path asked for, and those an inner service made of it; with their kin.
    paths: Vec<Kin>,
    /// In order, each once.
    tags: Vec<Tag>,
}

impl Filing {
    /// The filing of a page at a path.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self {
            paths: vec![path.kin()],
            tags: Vec::new(),
        }
    }

    /// The path asked for, and those that an inner service made of it.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter().map(Kin::path)
    }

    /// The tags that the response named.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().map(|tag| &**tag)
    }

    /// Files it under a further path too.
    pub fn add_path(&mut self, path: &Path) {
        if self.paths().all(|it| it != path) {
            self.paths.push(path.kin());
        }
    }

    /// Files it under tags too.
    pub fn add_tags(&mut self, tags: impl IntoIterator<Item = Arc<str>>) {
        self.tags.extend(tags);
        self.tags.sort_unstable();
        self.tags.dedup();
    }

    /// Everything that reaches the page by name, entities and *all* apart.
    pub(crate) fn names(&self) -> impl Iterator<Item = Reach> {
        let paths = self
            .paths
            .iter()
            .flat_map(|kin| [Reach::Path(kin.path().clone()), Reach::Kin(kin.clone())]);
        paths.chain(self.tags.iter().cloned().map(Reach::Tag))
    }

    pub(crate) fn is_page_of(&self, entity: &EntityTag) -> bool {
        self.paths().any(|path| entity.has_page_at(path))
    }
}
