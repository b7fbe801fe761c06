//! The header fields of a page.

use std::fmt;
use std::str;

use bytes::Bytes;

use super::weight::{allocated, shared};

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
pub struct Headers {
    /// Of each the name and the value, each behind its length.
    block: Bytes,
    count: u32,
}

const LENGTH: usize = size_of::<u32>();

impl Headers {
    /// The names and values. A value shares the memory of all of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Bytes)> {
        let mut rest = &*self.block;
        std::iter::from_fn(move || {
            let name = str::from_utf8(next(&mut rest)?).ok()?;
            let value = next(&mut rest)?;
            Some((name, self.block.slice_ref(value)))
        })
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
        shared(self.block.len()) + allocated(self.count as usize * READY)
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
        let mut count = 0;
        for (name, value) in fields {
            count += 1;
            for text in [name.as_ref().as_bytes(), value.as_ref()] {
                let length = u32::try_from(text.len()).expect("a header is shorter than 4 GiB");
                block.extend(length.to_ne_bytes());
                block.extend(text);
            }
        }
        // No more memory is kept than there are bytes.
        let block = block.into_boxed_slice().into();
        Self { block, count }
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
