//! What selects a page.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::path::{Path, read};
use crate::weight::{allocated, counted};

/// What of a request selects a page, besides the headers that `Vary` names: the
/// path, and the variant by scheme, host, query and spelling.
///
/// # Examples
///
/// ```
/// use dumper::Key;
///
/// let key = |path| Key::new("https", "parlour.example", path, None);
/// assert_eq!(key("/caf%c3%a9/"), key("/caf%C3%A9/"));
/// assert_ne!(key("/a%2Fb/"), key("/a/b/"));
/// assert_eq!(key("/100%/"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    path: Path,
    origin: Arc<Origin>,
    details: Option<Box<Details>>,
}

/// What most keys have not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Details {
    /// The path as it was written, if that is not its canonical form.
    spelling: Option<Box<str>>,
    query: Option<Box<str>>,
}

/// Where a request was sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    scheme: Box<str>,
    host: Box<str>,
    /// What else a handler may take for its origin.
    told: Option<Box<str>>,
}

impl Key {
    /// Makes the key of a request, from its path and query as they were sent.
    ///
    /// Returns `None` if a percent sign in the path encodes nothing: what a
    /// handler makes of it cannot be foreseen, so such a request is not for a
    /// cache.
    #[must_use]
    pub fn new(scheme: &str, host: &str, path: &str, query: Option<&str>) -> Option<Self> {
        let key = KeyRef::new(scheme, host.into(), path, query.map(Cow::Borrowed))?;
        Some(key.to_key())
    }

    /// Adds what else the request tells of its origin: headers of proxies that a
    /// handler may read instead of scheme and host.
    #[must_use]
    pub fn told(mut self, origin: Option<String>) -> Self {
        Arc::make_mut(&mut self.origin).told = origin.map(String::into_boxed_str);
        self
    }

    /// The same key, as one that borrows from this.
    #[must_use]
    pub fn borrowed(&self) -> KeyRef<'_> {
        let Self {
            path,
            origin,
            details: _,
        } = self;
        let (spelling, query) = self.details();
        let [told, spelling, query] =
            [origin.told.as_deref(), spelling, query].map(|part| part.map(Cow::Borrowed));
        KeyRef {
            path: path.as_str().into(),
            scheme: &origin.scheme,
            host: (&*origin.host).into(),
            told,
            spelling,
            query,
        }
    }

    /// The path: the unit of invalidation.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Everything that the key is made of, as bytes that no other key has.
    ///
    /// They are the same in all processes of a version of this crate, so that a
    /// store can find pages by them.
    #[must_use]
    pub fn identity(&self) -> Vec<u8> {
        let Self {
            path,
            origin,
            details: _,
        } = self;
        let (spelling, query) = self.details();
        let parts = [path.as_str(), &origin.scheme, &origin.host].map(Some);
        let options = [origin.told.as_deref(), spelling, query];
        let mut identity = Vec::new();
        for part in parts.into_iter().chain(options) {
            let Some(part) = part else {
                identity.push(0);
                continue;
            };
            identity.push(1);
            identity.extend((part.len() as u64).to_be_bytes());
            identity.extend(part.as_bytes());
        }
        identity
    }

    /// Whether it is the page that the path alone asks for, as the path is spelled
    /// and without a query.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.details.is_none()
    }

    pub(super) fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    /// The same, with an origin that equals its own.
    pub(super) fn with(&self, origin: Arc<Origin>) -> Self {
        Self {
            origin,
            ..self.clone()
        }
    }

    /// The bytes it takes beside itself. A visitor may make up an origin of his own, so
    /// its texts count, though most pages share one.
    pub(super) fn weight(&self) -> usize {
        let Origin { host, told, .. } = &*self.origin;
        let own = told.as_ref().map_or(0, |_| counted(size_of::<Origin>()));
        let details = self.details.as_ref();
        let details = details.map_or(0, |_| allocated(size_of::<Details>()));
        let (spelling, query) = self.details();
        let options = [told.as_deref(), spelling, query].into_iter().flatten();
        let texts = options.map(|text| allocated(text.len()));
        self.path.weight() + own + host.len() + details + texts.sum::<usize>()
    }

    /// The path as it was written, if that is not its canonical form, and the query.
    fn details(&self) -> (Option<&str>, Option<&str>) {
        let details = self.details.as_deref();
        details.map_or((None, None), |Details { spelling, query }| {
            (spelling.as_deref(), query.as_deref())
        })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.borrowed().fmt(f)
    }
}

/// A [`Key`] that borrows from its request, to look for a page without a copy of
/// anything.
#[derive(Clone, Debug)]
pub struct KeyRef<'r> {
    path: Cow<'r, str>,
    scheme: &'r str,
    host: Cow<'r, str>,
    told: Option<Cow<'r, str>>,
    spelling: Option<Cow<'r, str>>,
    query: Option<Cow<'r, str>>,
}

impl<'r> KeyRef<'r> {
    /// Makes the key of a request; see [`Key::new`].
    #[must_use]
    pub fn new(
        scheme: &'r str,
        host: Cow<'r, str>,
        path: &'r str,
        query: Option<Cow<'r, str>>,
    ) -> Option<Self> {
        let (path, spelling) = read(path)?;
        Some(Self {
            path,
            scheme,
            host,
            told: None,
            spelling,
            query,
        })
    }

    /// Adds what else the request tells of its origin; see [`Key::told`].
    pub fn tell(&mut self, origin: String) {
        self.told = Some(Cow::Owned(origin));
    }

    /// The text of its [path](Key::path).
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Makes the key that this is.
    #[must_use]
    pub fn to_key(&self) -> Key {
        let owned = |part: &Option<Cow<'_, str>>| part.as_deref().map(Box::from);
        let origin = Origin {
            scheme: self.scheme.into(),
            host: (&*self.host).into(),
            told: owned(&self.told),
        };
        let details = Details {
            spelling: owned(&self.spelling),
            query: owned(&self.query),
        };
        let has_details = self.spelling.is_some() || self.query.is_some();
        Key {
            path: Path::of_canonical(&self.path),
            origin: Arc::new(origin),
            details: has_details.then(|| Box::new(details)),
        }
    }

    /// Whether it is the same as a key that owns its parts.
    pub(super) fn is(&self, key: &Key) -> bool {
        let Key {
            path,
            origin,
            details: _,
        } = key;
        let (spelling, query) = key.details();
        self.path == path.as_str()
            && *self.host == *origin.host
            && self.query.as_deref() == query
            && *self.scheme == *origin.scheme
            && self.spelling.as_deref() == spelling
            && self.told.as_deref() == origin.told.as_deref()
    }
}

impl fmt::Display for KeyRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, .. } = self;
        let path = self.spelling.as_deref().unwrap_or(&self.path);
        write!(f, "{scheme}://{host}{path}")?;
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        match &self.told {
            Some(told) => write!(f, " ({told})"),
            None => Ok(()),
        }
    }
}
