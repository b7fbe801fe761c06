//! The header fields of a page.

use std::fmt;
use std::str;

use bytes::Bytes;

use crate::weight::shared;

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

/// The names that most responses have, each of which takes a byte: its place here, from
/// one on. Another name is spelled after a zero.
const COMMON: [&str; 32] = [
    "access-control-allow-origin",
    "cache-control",
    "cdn-cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-location",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "etag",
    "expires",
    "last-modified",
    "link",
    "location",
    "permissions-policy",
    "referrer-policy",
    "retry-after",
    "server",
    "server-timing",
    "strict-transport-security",
    "surrogate-control",
    "vary",
    "via",
    "x-content-type-options",
    "x-frame-options",
    "x-powered-by",
    "x-request-id",
    "x-robots-tag",
    "x-xss-protection",
];

impl Headers {
    /// The names and values. A value shares the memory of all of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Bytes)> {
        self.fields().map(|(name, value)| (name, self.share(value)))
    }

    /// The names and values as texts, of which nobody counts who has them.
    #[inline]
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || Some((name(&mut rest)?, text(&mut rest)?)))
    }

    /// A value, or a part of one, that shares the memory of all of them.
    ///
    /// # Panics
    ///
    /// Panics if the text is not one of these [fields](Self::fields).
    #[must_use]
    pub fn share(&self, value: &[u8]) -> Bytes {
        self.0.slice_ref(value)
    }

    /// The value of the first field of a name in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Bytes> {
        let mut fields = self.fields();
        let (_, value) = fields.find(|(it, _)| *it == name)?;
        Some(self.share(value))
    }

    /// The bytes they take.
    pub(super) fn weight(&self) -> usize {
        shared(self.0.len())
    }
}

/// Takes a name.
#[inline]
fn name<'b>(rest: &mut &'b [u8]) -> Option<&'b str> {
    match usize::from(*rest.split_off_first()?) {
        0 => str::from_utf8(text(rest)?).ok(),
        at => COMMON.get(at - 1).copied(),
    }
}

/// Takes a text that stands behind its length.
#[inline]
fn text<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = length(rest)?;
    rest.split_off(..length)
}

/// Takes a length: seven bits in each byte, the lowest first, and the eighth says that
/// there are more (LEB128).
#[inline]
fn length(rest: &mut &[u8]) -> Option<usize> {
    let mut length = 0;
    for shift in (0..usize::BITS).step_by(7) {
        let byte = *rest.split_off_first()?;
        length |= usize::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(length);
        }
    }
    None
}

fn put_name(name: &str, block: &mut Vec<u8>) {
    match COMMON.binary_search(&name) {
        Ok(at) => block.push(u8::try_from(at + 1).expect("there are few")),
        Err(_) => {
            block.push(0);
            put_text(name.as_bytes(), block);
        }
    }
}

fn put_text(text: &[u8], block: &mut Vec<u8>) {
    let mut length = text.len();
    loop {
        let [low, ..] = length.to_le_bytes();
        length >>= 7;
        if length == 0 {
            block.push(low);
            break;
        }
        block.push(low | 0x80);
    }
    block.extend(text);
}

impl<N: AsRef<str>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut block = Vec::with_capacity(256);
        for (name, value) in fields {
            put_name(name.as_ref(), &mut block);
            put_text(value.as_ref(), &mut block);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn common_names_can_be_searched() {
        assert!(COMMON.is_sorted());
    }

    #[test]
    fn a_common_name_takes_one_byte() {
        let headers: Headers = [("content-type", "text/html")].into_iter().collect();
        assert_eq!(headers.0.len(), "n".len() + "l".len() + "text/html".len());
    }

    proptest! {
        #[test]
        fn fields_are_kept_as_they_are(
            fields in prop::collection::vec(
                (
                    prop_oneof![
                        prop::sample::select(&COMMON[..]).prop_map(ToOwned::to_owned),
                        "[a-z0-9-]{1,200}",
                    ],
                    prop_oneof![
                        prop::collection::vec(any::<u8>(), 0..300),
                        prop::collection::vec(any::<u8>(), 16_380..16_390),
                    ],
                ),
                0..9,
            ),
        ) {
            let headers: Headers = fields.iter().map(|(name, value)| (name, value)).collect();
            let kept = headers.iter().map(|(name, value)| (name.to_owned(), value.to_vec()));
            prop_assert_eq!(kept.collect::<Vec<_>>(), fields);
        }
    }
}
