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

/// A field begins with a byte. One of these names is its place among them, from one on,
/// and before the value stands its length. Another name is spelled after a zero, as a
/// value is.
const NAMES: [&str; 32] = [
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

/// Fields that many responses have: name and value are one byte, behind the names.
const FIELDS: [(&str, &str); 12] = [
    ("cache-control", "no-cache"),
    ("content-type", "application/json"),
    ("content-type", "text/html"),
    ("content-type", "text/html; charset=utf-8"),
    ("content-type", "text/plain; charset=utf-8"),
    ("referrer-policy", "no-referrer"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("vary", "Accept-Encoding"),
    ("vary", "accept-encoding"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("x-frame-options", "SAMEORIGIN"),
];

impl Headers {
    /// The names and values.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || field(&mut rest))
    }

    /// A value as bytes of which there is no copy.
    ///
    /// # Panics
    ///
    /// Panics if it is not one of these [values](Self::iter).
    #[must_use]
    pub fn share(&self, value: &[u8]) -> Bytes {
        let mut common = FIELDS.iter().map(|(_, text)| text.as_bytes());
        match common.find(|text| *text == value) {
            Some(text) => Bytes::from_static(text),
            None => self.0.slice_ref(value),
        }
    }

    /// The value of the first field of a name in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Bytes> {
        let mut fields = self.iter();
        let (_, value) = fields.find(|(it, _)| *it == name)?;
        Some(self.share(value))
    }

    /// The bytes they take.
    pub(super) fn weight(&self) -> usize {
        shared(self.0.len())
    }
}

/// Takes a field.
#[inline]
fn field<'b>(rest: &mut &'b [u8]) -> Option<(&'b str, &'b [u8])> {
    let name = match usize::from(*rest.split_off_first()?) {
        0 => str::from_utf8(text(rest)?).ok()?,
        at if at <= NAMES.len() => NAMES[at - 1],
        at => {
            let (name, value) = FIELDS.get(at - NAMES.len() - 1)?;
            return Some((name, value.as_bytes()));
        }
    };
    Some((name, text(rest)?))
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

fn put_field(name: &str, value: &[u8], block: &mut Vec<u8>) {
    let byte = |at| u8::try_from(at).expect("there are few");
    let is_it = |(known, text): &(&str, &str)| *known == name && text.as_bytes() == value;
    if let Some(at) = FIELDS.iter().position(is_it) {
        block.push(byte(NAMES.len() + 1 + at));
        return;
    }
    if let Ok(at) = NAMES.binary_search(&name) {
        block.push(byte(at + 1));
    } else {
        block.push(0);
        put_text(name.as_bytes(), block);
    }
    put_text(value, block);
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
            put_field(name.as_ref(), value.as_ref(), &mut block);
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
        let fields = self.iter();
        let fields = fields.map(|(name, value)| (name, self.share(value)));
        f.debug_list().entries(fields).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_can_be_searched() {
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn what_is_common_takes_one_byte() {
        for (value, length) in [
            ("text/html", 1),
            ("text/css", "nl".len() + "text/css".len()),
        ] {
            let headers: Headers = [("content-type", value)].into_iter().collect();
            assert_eq!(headers.0.len(), length, "{value}");
            assert_eq!(headers.get("content-type").unwrap(), value);
        }
    }

    proptest! {
        #[test]
        fn fields_are_kept_as_they_are(
            fields in prop::collection::vec(
                (
                    prop_oneof![
                        prop::sample::select(&NAMES[..]).prop_map(ToOwned::to_owned),
                        "[a-z0-9-]{1,200}",
                    ],
                    prop_oneof![
                        prop::sample::select(&FIELDS[..]).prop_map(|(_, text)| text.into()),
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
