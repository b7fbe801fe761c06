//! The header fields of a page.

use std::fmt;
use std::str;

use bytes::Bytes;

use crate::weight::{allocated, shared};

/// The header fields of a page, in their order, in one piece of memory.
///
/// # Examples
///
/// ```
/// use dumper::Headers;
///
/// let headers: Headers = [("content-type", "text/html"), ("vary", "accept")].into_iter().collect();
/// assert_eq!(headers.get("vary").unwrap(), "accept");
/// assert_eq!(headers.iter().count(), 2);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Bytes);

/// Before each name and each value stands its length.
const LENGTH: usize = size_of::<u32>();

impl Headers {
    /// The names and values. A value shares the memory of all of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Bytes)> {
        self.texts()
            .map(|(name, value)| (name, self.0.slice_ref(value)))
    }

    /// The value of the first field of a name in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Bytes> {
        let mut fields = self.iter();
        fields.find(|(it, _)| *it == name).map(|(_, value)| value)
    }

    /// The bytes they take, with what a web framework makes of them: of each a name and
    /// a value that are ready to be sent.
    pub(super) fn weight(&self) -> usize {
        const READY: usize = 80;
        shared(self.0.len()) + allocated(self.texts().count() * READY)
    }

    fn texts(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let name = str::from_utf8(next(&mut rest)?).ok()?;
            Some((name, next(&mut rest)?))
        })
    }
}

/// Takes what is behind its length.
fn next<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, after) = rest.split_first_chunk::<LENGTH>()?;
    let length = u32::from_ne_bytes(*length) as usize;
    let (text, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(text)
}

/// # Panics
///
/// Panics if a name or a value has 4 GiB.
impl<N: AsRef<str>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut block = Vec::with_capacity(256);
        for (name, value) in fields {
            for text in [name.as_ref().as_bytes(), value.as_ref()] {
                let length = u32::try_from(text.len()).expect("a header is shorter than 4 GiB");
                block.extend(length.to_ne_bytes());
                block.extend(text);
            }
        }
        // No more memory is kept than there are bytes.
        Self(block.into_boxed_slice().into())
    }
}

impl From<Vec<(String, Bytes)>> for Headers {
    fn from(fields: Vec<(String, Bytes)>) -> Self {
        fields.into_iter().collect()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
