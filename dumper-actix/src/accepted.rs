//! The content codings that a client takes (RFC 9110 §12.5.3).

use std::convert::Infallible;
use std::str::FromStr;

use actix_web::http::header::{
    ACCEPT_ENCODING, ContentEncoding, HeaderMap, Preference, Quality, QualityItem,
};

/// The codings that clients mostly name.
const KNOWN: [ContentEncoding; 5] = [
    ContentEncoding::Brotli,
    ContentEncoding::Zstd,
    ContentEncoding::Gzip,
    ContentEncoding::Deflate,
    ContentEncoding::Identity,
];

/// How much a client wants each coding. Of items that name the same, the first counts.
#[derive(Debug)]
pub(crate) struct Accepted<'r> {
    request: &'r HeaderMap,
    /// By its place among those [known](KNOWN).
    known: [Option<Quality>; KNOWN.len()],
    any: Option<Quality>,
}

impl<'r> Accepted<'r> {
    /// Reads the `Accept-Encoding` of a request. What cannot be read is not
    /// accepted.
    pub(crate) fn by(request: &'r HeaderMap) -> Self {
        let mut accepted = Self {
            request,
            known: [None; KNOWN.len()],
            any: None,
        };
        for QualityItem { item, quality } in items(request) {
            let place = match item {
                Name::Any => &mut accepted.any,
                Name::Known(place) => &mut accepted.known[place],
                Name::Other => continue,
            };
            place.get_or_insert(quality);
        }
        accepted
    }

    /// How much it wants a coding, by its name in lower case; 0 if not at all.
    pub(crate) fn quality(&self, coding: &str) -> Quality {
        let named = match place(|known| known.as_str() == coding) {
            Some(place) => self.known[place],
            None => other(self.request, coding),
        };
        named.or(self.any).unwrap_or(Quality::ZERO)
    }

    /// How much it wants no coding, if it says so; otherwise 0.
    #[cfg(feature = "compress")]
    pub(crate) fn identity(&self) -> Quality {
        let place = place(|known| known == ContentEncoding::Identity);
        let named = place.and_then(|place| self.known[place]);
        named.unwrap_or(Quality::ZERO)
    }
}

/// Whether a client takes a coding at all.
pub(crate) fn takes_any(request: &HeaderMap) -> bool {
    let identity = place(|known| known == ContentEncoding::Identity).map(Name::Known);
    items(request)
        .any(|QualityItem { item, quality }| Some(item) != identity && quality > Quality::ZERO)
}

/// What an item names: a copy of the name itself would cost every hit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Any,
    /// By its place among those [known](KNOWN).
    Known(usize),
    Other,
}

impl FromStr for Name {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let name = name.trim();
        // `x-gzip` is one of `gzip` (RFC 9110 §8.4.1.3).
        let coding = if name.eq_ignore_ascii_case("x-gzip") {
            "gzip"
        } else {
            name
        };
        Ok(
            match place(|known| known.as_str().eq_ignore_ascii_case(coding)) {
                Some(place) => Self::Known(place),
                None if name == "*" => Self::Any,
                None => Self::Other,
            },
        )
    }
}

/// The items of the field, as far as they can be read.
fn items<T: FromStr>(request: &HeaderMap) -> impl Iterator<Item = QualityItem<T>> {
    let lines = request.get_all(ACCEPT_ENCODING);
    let lines = lines.filter_map(|line| line.to_str().ok());
    let items = lines.flat_map(|line| line.split(','));
    items.filter_map(|item| item.trim().parse().ok())
}

fn place(is: impl Fn(ContentEncoding) -> bool) -> Option<usize> {
    KNOWN.into_iter().position(is)
}

/// How much a client wants a coding that is not [known](KNOWN), if it says so.
fn other(request: &HeaderMap, coding: &str) -> Option<Quality> {
    let mut items = items::<Preference<String>>(request);
    let named = items.find(|QualityItem { item, .. }| {
        matches!(item, Preference::Specific(name) if name.eq_ignore_ascii_case(coding))
    });
    named.map(|item| item.quality)
}
