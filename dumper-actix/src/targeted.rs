//! Fields that tell some caches alone what `Cache-Control` tells all of them
//! (RFC 9213).

use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use sfv::{BareItem, Dictionary, ListEntry, Parser};

use crate::directives::{Argument, Directives};
use crate::fields::LONGEST;

/// Meant for this cache, and taken off every response that it has to do with.
pub(crate) const DUMPER_CACHE_CONTROL: HeaderName = HeaderName::from_static("dumper-cache-control");

/// Meant for the caches of content delivery networks.
pub(crate) const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

/// The directives of a targeted field, or `None` if it is absent, empty or cannot
/// be read, which is all the same (RFC 9213 §2.1).
pub(crate) fn targeted(headers: &HeaderMap, field: &HeaderName) -> Option<Directives> {
    let lines = headers.get_all(field).map(HeaderValue::as_bytes);
    let lines: Vec<&[u8]> = lines.filter(|line| !line.trim_ascii().is_empty()).collect();
    if lines.is_empty() {
        return None;
    }
    let members: Dictionary = Parser::new(&lines.join(&b',')).parse().ok()?;
    let directives = members.iter().map(|(name, member)| {
        let argument = match member {
            ListEntry::Item(item) => argument(&item.bare_item),
            ListEntry::InnerList(_) => Argument::Other,
        };
        (name.as_str().to_owned(), argument)
    });
    (!members.is_empty()).then(|| directives.collect())
}

fn argument(value: &BareItem) -> Argument {
    match value {
        BareItem::Boolean(true) => Argument::None,
        BareItem::Boolean(false) => Argument::False,
        BareItem::Integer(seconds) => u64::try_from(i64::from(*seconds))
            .map_or(Argument::Other, |seconds| {
                Argument::Seconds(Duration::from_secs(seconds).min(LONGEST))
            }),
        _ => Argument::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::freshness::Lifetime;

    fn read(lines: &[&str]) -> Option<Directives> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(DUMPER_CACHE_CONTROL, HeaderValue::from_str(line).unwrap());
        }
        targeted(&headers, &DUMPER_CACHE_CONTROL)
    }

    #[test]
    fn what_is_no_dictionary_or_empty_is_as_if_it_were_not_there() {
        for lines in [
            &[][..],
            &[""],
            &["", "  "],
            &["max-age=60,"],
            &[",max-age=60"],
            &["No-Store"],
            &["max-age="],
            &["max-age =60"],
            &["max-age= 60"],
            &["max-age=60 no-store"],
            &["max-age=60; Public"],
            &["no-store, &&&"],
            &["max-age=1234567890123456"],
            &["no-store", "x=\"a"],
            &["x=\"a", "b\", no-store="],
            &["é"],
        ] {
            assert_eq!(read(lines), None, "{lines:?}");
        }
    }

    #[test]
    fn a_lifetime_is_an_integer() {
        use Lifetime::{Unclear, Unsaid};
        let seconds = |seconds| Lifetime::Is(Duration::from_secs(seconds));
        for (line, lifetime) in [
            ("public", Unsaid),
            ("max-age=60", seconds(60)),
            ("max-age=60;x=\"no-store\"", seconds(60)),
            ("max-age=0060", seconds(60)),
            ("max-age=999999999999999", seconds(1 << 31)),
            ("max-age=60, s-maxage=10", seconds(10)),
            ("max-age=60, max-age=30", seconds(30)),
            ("max-age=\"60\"", Unclear),
            ("max-age=60.0", Unclear),
            ("max-age=-60", Unclear),
            ("max-age=x60", Unclear),
            ("max-age=(60)", Unclear),
            ("max-age=@60", Unclear),
            ("max-age", Unclear),
            ("max-age=?0", Unclear),
        ] {
            let directives = read(&[line]).unwrap();
            assert_eq!(directives.lifetime(), lifetime, "{line}");
            assert_eq!(directives.forbidding(), None, "{line}");
        }
    }

    #[test]
    fn what_forbids_does_so_whatever_it_is_given_but_false() {
        for (lines, forbidding) in [
            (&["no-store"][..], Some("no-store")),
            (&["max-age=60", "", "no-store"], Some("no-store")),
            (&["no-store;x=?0"], Some("no-store")),
            (&["no-store=1"], Some("no-store")),
            (&["private=\"set-cookie\""], Some("private")),
            (&["no-cache=(a b)"], Some("no-cache")),
            (&["no-store=?0"], None),
            (&["no-store, no-store=?0"], None),
            (&["x=\"a, no-store\""], None),
            (&["x;no-store"], None),
            (&["no-store, must-understand"], None),
            (&["no-store, must-understand=?0"], Some("no-store")),
        ] {
            let directives = read(lines).unwrap();
            assert_eq!(directives.forbidding(), forbidding, "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_cause_a_panic(bytes: Vec<u8>, text in "[-a-z0-9,=\"?;() ]{0,30}") {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                if let Ok(value) = HeaderValue::from_bytes(bytes) {
                    let mut headers = HeaderMap::new();
                    headers.append(CDN_CACHE_CONTROL, value);
                    targeted(&headers, &CDN_CACHE_CONTROL);
                }
            }
        }
    }
}
