//! What selects a page.

use std::fmt;

use crate::path::{Path, is_well_formed, spelling};

/// What of a request selects a page, besides the headers that `Vary` names: the
/// path, and the variant by scheme, host, query and spelling.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    path: Path,
    /// `scheme://host`, the path if it is not spelled canonically, `?query`.
    variant: String,
    is_plain: bool,
}

impl Key {
    /// Makes the key of a request, from its path and query as they were sent.
    ///
    /// Returns `None` if a percent sign in the path encodes nothing: what a
    /// handler makes of it cannot be foreseen, so such a request is not for a
    /// cache.
    #[must_use]
    pub fn new(scheme: &str, host: &str, path: &str, query: Option<&str>) -> Option<Self> {
        if !is_well_formed(path) {
            return None;
        }
        let spelling = spelling(path);
        let mut variant = format!("{scheme}://{host}");
        variant.push_str(spelling.as_deref().unwrap_or_default());
        if let Some(query) = query {
            variant.push('?');
            variant.push_str(query);
        }
        Some(Self {
            path: Path::requested(path),
            variant,
            is_plain: spelling.is_none() && query.is_none(),
        })
    }

    /// The path: the unit of invalidation.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn variant(&self) -> &str {
        &self.variant
    }

    /// Whether it is the page that the path alone asks for.
    pub(super) fn is_plain(&self) -> bool {
        self.is_plain
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.variant)
    }
}
