//! The content codings that a client takes (RFC 9110 §12.5.3).

use actix_web::http::header::{
    ACCEPT_ENCODING, Encoding, HeaderMap, Preference, Quality, QualityItem,
};

/// How much a client wants each coding.
#[derive(Debug)]
pub(crate) struct Accepted(Vec<QualityItem<Preference<Encoding>>>);

impl Accepted {
    /// Reads the `Accept-Encoding` of a request. What cannot be read is not
    /// accepted.
    pub(crate) fn by(request: &HeaderMap) -> Self {
        let lines = request.get_all(ACCEPT_ENCODING);
        let lines = lines.filter_map(|line| line.to_str().ok());
        let items = lines.flat_map(|line| line.split(','));
        Self(items.filter_map(|item| item.trim().parse().ok()).collect())
    }

    /// How much it wants a coding; 0 if not at all.
    pub(crate) fn quality(&self, coding: &str) -> Quality {
        let named = self.named(coding).or_else(|| {
            let mut items = self.0.iter();
            let any = items.find(|item| matches!(item.item, Preference::Any))?;
            Some(any.quality)
        });
        named.unwrap_or(Quality::ZERO)
    }

    /// Whether it takes a coding at all.
    pub(crate) fn takes_any(&self) -> bool {
        let identity = Preference::Specific(Encoding::identity());
        let mut items = self.0.iter();
        items.any(|item| item.item != identity && item.quality > Quality::ZERO)
    }

    /// How much it wants no coding, if it says so; otherwise 0.
    #[cfg(feature = "compress")]
    pub(crate) fn identity(&self) -> Quality {
        self.named("identity").unwrap_or(Quality::ZERO)
    }

    fn named(&self, coding: &str) -> Option<Quality> {
        let mut items = self.0.iter();
        let named = items.find(|item| match &item.item {
            Preference::Any => false,
            Preference::Specific(Encoding::Known(known)) => known.as_str() == coding,
            Preference::Specific(Encoding::Unknown(name)) => is(name, coding),
        });
        named.map(|item| item.quality)
    }
}

/// Whether a name is that of a coding; `x-gzip` is one of `gzip` (RFC 9110
/// §8.4.1.3).
fn is(name: &str, coding: &str) -> bool {
    name.eq_ignore_ascii_case(coding) || (coding == "gzip" && name.eq_ignore_ascii_case("x-gzip"))
}
