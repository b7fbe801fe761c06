//! The content codings that pages are made in.

use actix_web::http::header::{HeaderMap, Quality};

use crate::accepted::Accepted;

/// A coding that pages are made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Brotli,
    Zstd,
    Gzip,
}

impl Coding {
    /// All codings, that which makes pages smallest first.
    pub(crate) const ALL: [Self; 3] = [Self::Brotli, Self::Zstd, Self::Gzip];

    /// The coding in which a client is served best, or `None` if it wants none
    /// that we have.
    ///
    /// What it prefers itself comes first, then how small pages get. It gets none
    /// that it did not ask for, be it by a `*`.
    pub(crate) fn best_for(request: &HeaderMap) -> Option<Self> {
        let accepted = Accepted::by(request);
        // The first of the best: `max_by_key` would take the last.
        let best_last = Self::ALL.into_iter().rev();
        let best = best_last.max_by_key(|coding| accepted.quality(coding.name()))?;
        let quality = accepted.quality(best.name());
        (quality > Quality::ZERO && quality >= accepted.identity()).then_some(best)
    }

    /// The name of the coding (RFC 9110 §8.4.1, and RFC 7932 and 8878).
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{ACCEPT_ENCODING, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    fn best(lines: &[&str]) -> Option<Coding> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT_ENCODING, HeaderValue::from_str(line).unwrap());
        }
        Coding::best_for(&headers)
    }

    #[test]
    fn the_client_chooses_and_then_what_is_smallest() {
        let cases = [
            ("gzip, deflate, br, zstd", Some(Coding::Brotli)),
            ("gzip, deflate, zstd", Some(Coding::Zstd)),
            ("gzip, deflate", Some(Coding::Gzip)),
            ("GZip", Some(Coding::Gzip)),
            ("x-gzip", Some(Coding::Gzip)),
            ("br;q=0.5, gzip;q=0.8", Some(Coding::Gzip)),
            ("br;q=0.8,gzip;q=0.8", Some(Coding::Brotli)),
            ("br ; q=0.001", Some(Coding::Brotli)),
            ("*", Some(Coding::Brotli)),
            ("*, br;q=0", Some(Coding::Zstd)),
            ("gzip;q=0.5, *;q=0.1", Some(Coding::Gzip)),
            ("gzip, identity", Some(Coding::Gzip)),
            ("identity;q=0, gzip;q=0.1", Some(Coding::Gzip)),
        ];
        for (said, coding) in cases {
            assert_eq!(best(&[said]), coding, "{said}");
        }
        assert_eq!(best(&["deflate", "gzip;q=0.2"]), Some(Coding::Gzip));
    }

    #[test]
    fn nobody_gets_what_he_does_not_ask_for() {
        for said in [
            "",
            "identity",
            "deflate, compress",
            "br;q=0, gzip;q=0.000",
            "*;q=0",
            "gzip;q=0, *;q=0",
            "identity, gzip;q=0.9",
            "identity;q=0",
            "gzip;q=2",
            "gzip;q=-1",
            "gzip;q=x",
            "gz ip",
            "brotli",
            "\u{e9}",
        ] {
            assert_eq!(best(&[said]), None, "{said}");
        }
        assert_eq!(best(&[]), None);
    }

    proptest! {
        #[test]
        fn what_is_chosen_is_named_or_starred(said in "[gzipbrstd*;q=01., x-]{0,40}") {
            if let Some(coding) = best(&[&said]) {
                prop_assert!(said.contains(coding.name()) || said.contains('*'), "{said}");
            }
        }
    }
}
