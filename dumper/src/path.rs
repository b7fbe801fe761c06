//! The one canonical form in which a declared path and a requested path meet.
//!
//! Three strings come of one path:
//!
//! - its *canonical* form, the unit of invalidation: every percent-encoding
//!   that a router decodes before it matches is decoded (RFC 3986 §6.2.2, and
//!   the delimiters that may stand in a segment as they are), all else is
//!   encoded with upper-case digits. `%2F` stays apart from `/`, nothing is
//!   done to `//` or dot segments;
//! - its *spelling*, if it was written in another way that a handler can tell
//!   from the canonical one (`%21` for `!`): it selects a variant of the path;
//! - its *kin*: what is left when one overlooks what handlers overlook when
//!   they look a row up. `/items/007/` finds row 7, and `/flavors/VANILLA/`
//!   finds `vanilla` under the collations that MariaDB has by default. A write
//!   to the row drops all of them.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use percent_encoding::percent_decode_str;
use smol_str::SmolStr;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::weight::counted;

/// A request path in its canonical form: the unit of invalidation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(SmolStr);

impl Path {
    /// Reads a path that a request or a redirect carries, without its query.
    #[must_use]
    pub fn requested(path: &str) -> Self {
        Self(canonical(path).into())
    }

    /// A path whose text is in canonical form.
    pub(crate) fn of_canonical(path: &str) -> Self {
        Self(path.into())
    }

    /// Reads a path that a model declares.
    ///
    /// # Errors
    ///
    /// Returns [`NotAPath`] if the text is empty or does not begin with a
    /// slash. A query and a fragment are cut off, and of a URL the path is
    /// taken.
    pub(crate) fn declared(text: &str) -> Result<Self, NotAPath> {
        let path = without_origin(text);
        let path = path.find(['?', '#']).map_or(path, |end| &path[..end]);
        if path.starts_with('/') {
            Ok(Self::requested(path))
        } else {
            Err(NotAPath(text.to_owned()))
        }
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bytes it takes beside itself.
    pub(crate) fn weight(&self) -> usize {
        if self.0.is_heap_allocated() {
            counted(self.0.len())
        } else {
            0
        }
    }

    /// The paths a lenient handler may take for this one.
    #[must_use]
    pub fn kin(&self) -> Kin {
        Kin {
            path: self.clone(),
            folded: fold(&self.0).into(),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All paths that a lenient handler may answer with the same row as this one: what
/// is left of a path when case, accents, punctuation and leading zeros are
/// overlooked.
///
/// # Examples
///
/// ```
/// use dumper::Path;
///
/// let kin = |path| Path::requested(path).kin();
/// assert_eq!(kin("/items/007/"), kin("/items/7"));
/// assert_eq!(kin("/flavors/VANILLA/"), kin("/flavors/vanilla/"));
/// ```
#[derive(Clone, Debug)]
pub struct Kin {
    path: Path,
    folded: SmolStr,
}

impl Kin {
    /// What all of them have in common: a name for them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.folded
    }

    /// The path of which these are the kin.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl PartialEq for Kin {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for Kin {}

impl Hash for Kin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

/// The text is not a path of this site.
#[derive(Debug)]
pub(crate) struct NotAPath(String);

impl fmt::Display for NotAPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a path: it must begin with a slash", self.0)
    }
}

/// Returns the canonical form of a request path; borrowed if it is in it.
pub(crate) fn canonical(path: &str) -> Cow<'_, str> {
    normalize(path, is_segment_byte)
}

/// Reads a request path: its canonical form, and its spelling, if that is another one
/// that a handler can tell from it, after the normalization that RFC 3986 §6.2.2
/// calls safe.
///
/// `None` if a percent sign encodes no byte: what a handler makes of that cannot be
/// foreseen (some decode twice).
pub(crate) fn read(path: &str) -> Option<(Cow<'_, str>, Option<Cow<'_, str>>)> {
    if is_canonical(path) {
        return Some((Cow::Borrowed(path), None));
    }
    is_well_formed(path).then(|| {
        let canonical = canonical(path);
        let spelling = normalize(path, is_unreserved);
        let is_other = spelling != canonical;
        (canonical, is_other.then_some(spelling))
    })
}

fn is_well_formed(path: &str) -> bool {
    path.bytes()
        .enumerate()
        .all(|(at, byte)| byte != b'%' || hex_pair(&path.as_bytes()[at + 1..]).is_some())
}

/// Encodes a value as one segment of a path.
pub(crate) fn encode_segment(value: &str, path: &mut String) {
    for byte in value.bytes() {
        push(byte, is_segment_byte(byte), path);
    }
}

/// Encodes a value that may span several segments.
pub(crate) fn encode_segments(value: &str, path: &mut String) {
    for byte in value.bytes() {
        push(byte, byte == b'/' || is_segment_byte(byte), path);
    }
}

/// `decodes` tells which encoded bytes are to stand as they are. A stray percent
/// sign stands for itself.
fn normalize(path: &str, decodes: fn(u8) -> bool) -> Cow<'_, str> {
    if is_canonical(path) {
        return Cow::Borrowed(path);
    }
    let mut normal = String::with_capacity(path.len() + 16);
    let mut rest = path.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        match (byte, hex_pair(after)) {
            (b'%', Some(encoded)) => {
                push(encoded, decodes(encoded), &mut normal);
                rest = &after[2..];
            }
            (&byte, _) => push(byte, byte == b'/' || is_segment_byte(byte), &mut normal),
        }
    }
    Cow::Owned(normal)
}

fn is_canonical(path: &str) -> bool {
    let mut rest = path.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = match after {
            _ if AS_IT_IS[usize::from(*byte)] => after,
            [high, low, after @ ..] if *byte == b'%' && is_canonical_pair([*high, *low]) => after,
            _ => return false,
        };
    }
    true
}

/// Whether a byte that has to be encoded is, with upper-case digits.
fn is_canonical_pair(digits: [u8; 2]) -> bool {
    let encoded = hex_pair(&digits);
    encoded.is_some_and(|byte| !is_segment_byte(byte)) && !digits.iter().any(u8::is_ascii_lowercase)
}

/// The bytes of a path in canonical form, but for percent-encodings: each path that is
/// asked for is looked through.
static AS_IT_IS: [bool; 256] = {
    let mut bytes = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "it is less than 256")]
        let is = byte as u8 == b'/' || is_segment_byte(byte as u8);
        bytes[byte] = is;
        byte += 1;
    }
    bytes
};

fn push(byte: u8, raw: bool, path: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if raw {
        path.push(char::from(byte));
    } else {
        path.push('%');
        path.push(char::from(DIGITS[usize::from(byte >> 4)]));
        path.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let [high, low, ..] = bytes else { return None };
    let high = char::from(*high).to_digit(16)?;
    let low = char::from(*low).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

/// RFC 3986 §2.3.
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// What may stand in a segment as it is: RFC 3986 §3.3, `pchar`.
const fn is_segment_byte(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(
            byte,
            b'!' | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b':'
                | b'@'
        )
}

fn without_origin(text: &str) -> &str {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text;
    };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    match rest.find(['/', '?', '#']) {
        _ if !is_scheme => text,
        Some(start) if rest[start..].starts_with('/') => &rest[start..],
        _ => "/",
    }
}

fn fold(path: &str) -> String {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let mut folded = String::with_capacity(decoded.len());
    // `NormalizePath` overlooks empty segments.
    for segment in decoded.split('/').filter(|segment| !segment.is_empty()) {
        folded.push('/');
        fold_segment(segment, &mut folded);
    }
    folded
}

fn fold_segment(segment: &str, folded: &mut String) {
    // Of ASCII letters only the case is overlooked, and each write folds several paths.
    if segment.is_ascii() {
        let letters = segment.chars().map(|letter| letter.to_ascii_lowercase());
        push_folded(segment, letters, folded);
    } else {
        push_folded(segment, plain_letters(segment), folded);
    }
}

/// The letters without case, accents and other ways to write them.
fn plain_letters(segment: &str) -> impl Iterator<Item = char> {
    segment
        .nfkd()
        .filter(|&letter| !is_combining_mark(letter))
        .map(within_basic_plane)
        // In three steps, since of some letters only the small one has a large one.
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
}

fn push_folded(segment: &str, letters: impl Iterator<Item = char>, folded: &mut String) {
    // `2024-1-5` is a date as `2024-01-05` is, but a UUID may do without hyphens.
    let is_word = |letter: char| letter.is_alphanumeric() && !letter.is_ascii_digit();
    let is_numeric = !segment.contains(is_word);
    let start = folded.len();
    let mut last = None;
    for letter in letters {
        if !letter.is_alphanumeric() && letter != char::REPLACEMENT_CHARACTER {
            last = last.filter(|_| !is_numeric);
            continue;
        }
        let is_leading_zero = letter == '0' && last.is_none();
        // `ß` is `ss`, or `s`.
        if is_leading_zero || (letter == 's' && last == Some('s')) {
            continue;
        }
        last = Some(letter);
        match letter {
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ł' => folded.push('l'),
            'ħ' => folded.push('h'),
            'ı' => folded.push('i'),
            letter => folded.push(letter),
        }
    }
    if folded[start..].starts_with("urnuuid") {
        folded.replace_range(start..start + "urnuuid".len(), "");
    }
}

/// Some collations hold all characters beyond the basic plane for the same.
fn within_basic_plane(letter: char) -> char {
    match u32::from(letter) {
        ..=0xFFFF => letter,
        _ => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spelling(path: &str) -> Option<String> {
        let (_, spelling) = read(path)?;
        spelling.map(Cow::into_owned)
    }

    #[test]
    fn equivalent_spellings_are_one_path() {
        for (written, path) in [
            ("/caf%c3%a9/", "/caf%C3%A9/"),
            ("/café/", "/caf%C3%A9/"),
            ("/%72ead", "/read"),
            ("/a b", "/a%20b"),
            ("/a%2fb", "/a%2Fb"),
            ("/a%21b", "/a!b"),
            ("/a+b", "/a%2Bb"),
            ("/100%", "/100%25"),
            ("/%zz", "/%25zz"),
        ] {
            assert_eq!(Path::requested(written), Path::requested(path), "{written}");
        }
    }

    #[test]
    fn paths_that_a_router_tells_apart_stay_apart() {
        for (one, other) in [
            ("/a%2Fb", "/a/b"),
            ("//a", "/a"),
            ("/a/", "/a"),
            ("/./a", "/a"),
            ("/a/../b", "/b"),
            ("/a%3Fb", "/a"),
            ("/a%23b", "/a"),
            ("/A", "/a"),
            ("/%2525", "/%25"),
            ("/a%5Cb", "/a/b"),
            ("/a%00", "/a"),
        ] {
            assert_ne!(Path::requested(one), Path::requested(other), "{one}");
        }
    }

    #[test]
    fn a_spelling_is_kept_where_a_handler_can_tell() {
        assert_eq!(spelling("/a%21b"), Some("/a%21b".to_owned()));
        assert_eq!(spelling("/caf%c3%a9"), None);
        assert_eq!(spelling("/%72ead"), None);
        assert_eq!(spelling("/a!b"), None);
    }

    #[test]
    fn a_path_in_canonical_form_is_not_copied() {
        for path in ["/a/", "/caf%C3%A9/", "/a%2Fb%20c%25", "/a!b"] {
            assert!(
                matches!(read(path), Some((Cow::Borrowed(_), None))),
                "{path}"
            );
        }
        for path in ["/caf%c3%A9", "/%41", "/a%21b", "/é"] {
            assert!(matches!(read(path), Some((Cow::Owned(_), _))), "{path}");
        }
        assert_eq!(read("/a%2"), None);
    }

    #[test]
    fn a_stray_percent_sign_is_seen() {
        assert!(is_well_formed("/100%25/caf%c3%a9"));
        for path in ["/100%", "/%zz", "/%%34%31", "/%4"] {
            assert!(!is_well_formed(path), "{path}");
        }
    }

    #[test]
    fn a_declared_path_is_read_leniently_and_nonsense_refused() {
        let path = |text| Path::declared(text).map(|path| path.to_string()).ok();
        assert_eq!(path("/a/?page=2#top"), Some("/a/".to_owned()));
        assert_eq!(path("https://shop.example/a/?b"), Some("/a/".to_owned()));
        assert_eq!(path("https://shop.example"), Some("/".to_owned()));
        assert_eq!(
            path("/go/https://else.example/"),
            Some("/go/https://else.example/".to_owned())
        );
        assert_eq!(path(""), None);
        assert_eq!(path("flavors/"), None);
        assert_eq!(path("?a=/b"), None);
    }

    #[test]
    fn what_a_lenient_handler_takes_for_the_same_row_is_kin() {
        let kin = |path| Path::requested(path).kin();
        for (one, other) in [
            ("/items/007/", "/items/7/"),
            ("/items/+7/", "/items/7/"),
            ("/flavors/VANILLA/", "/flavors/vanilla/"),
            ("/flavors/Cr%C3%A8me/", "/flavors/creme/"),
            ("/flavors/vanilla%20/", "/flavors/vanilla/"),
            ("/files/a%2Fb", "/files/a/b"),
            ("/uuid/%7B67E5-5044%7D/", "/uuid/67e55044/"),
            ("/flavors/vanilla", "/flavors/vanilla/"),
            ("//flavors//vanilla", "/flavors/vanilla/"),
            ("/sizes/ßmall", "/sizes/small"),
            ("/x/STRAẞE", "/x/straße"),
            ("/x/urn:uuid:67e5-5044", "/x/67e55044"),
            ("/x/2024-1-5", "/x/2024-01-05"),
            ("/x/cremæ", "/x/cremae"),
        ] {
            assert_eq!(kin(one), kin(other), "{one}");
        }
        assert_ne!(kin("/flavors/!/"), kin("/flavors/"));
        assert_ne!(kin("/items/70/"), kin("/items/7/"));
    }

    proptest! {
        #[test]
        fn ascii_is_folded_as_any_letters(segment in "[ -~]{0,20}|[0-9.+-]{0,12}") {
            let mut folded = String::new();
            fold_segment(&segment, &mut folded);
            let mut as_any = String::new();
            push_folded(&segment, plain_letters(&segment), &mut as_any);
            prop_assert_eq!(folded, as_any);
        }

        #[test]
        fn the_canonical_form_is_its_own(path in "/.{0,40}") {
            let once = canonical(&path).into_owned();
            let twice = canonical(&once).into_owned();
            prop_assert_eq!(&twice, &once);
            prop_assert!(once.bytes().all(|byte| byte == b'%' || byte == b'/' || is_segment_byte(byte)));
        }

        #[test]
        fn any_value_in_a_segment_is_found_again(value in "\\PC{0,20}", other in "\\PC{0,20}") {
            let path = |value: &str| {
                let mut path = "/flavors/".to_owned();
                encode_segment(value, &mut path);
                path
            };
            let declared = Path::declared(&path(&value)).unwrap();
            // As a browser may send it: every byte encoded, in lower case.
            let encoded: Vec<String> = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let encoded = encoded.concat();
            prop_assert_eq!(&Path::requested(&format!("/flavors/{encoded}")), &declared);
            prop_assert_eq!(declared == Path::declared(&path(&other)).unwrap(), value == other);
        }

        #[test]
        fn one_path_and_one_spelling_decode_alike(
            one in "/([a-c/!+]|%2[0-9a-fA-F]|%6[12]|é){0,8}",
            other in "/([a-c/!+]|%2[0-9a-fA-F]|%6[12]|é){0,8}",
        ) {
            let key = |path: &str| (canonical(path).into_owned(), spelling(path));
            let decode = |path: &str| percent_decode_str(path).collect::<Vec<u8>>();
            if key(&one) == key(&other) {
                prop_assert_eq!(decode(&one), decode(&other));
            }
            if decode(&one) == decode(&other) {
                prop_assert_eq!(Path::requested(&one).kin(), Path::requested(&other).kin());
            }
        }
    }
}
