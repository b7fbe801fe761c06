//! Whether a client has the page already (RFC 9110 §13).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::http::header::{
    CONTENT_ENCODING, DATE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED,
};

use crate::date;

/// How long before its `Date` a page must have been modified last, so that it
/// cannot have been modified again in the same second: enough for two clocks
/// that do not agree (RFC 9110 §8.8.2.2).
const CLOCKS_APART: Duration = Duration::from_mins(1);

/// Makes the strong validator of a body.
pub(crate) fn etag_of(body: &[u8]) -> HeaderValue {
    // 128 bits are enough never to meet two bodies with the same.
    const DIGITS: usize = 32;

    let hash = blake3::hash(body).to_hex();
    let mut quoted = [b'"'; DIGITS + 2];
    quoted[1..=DIGITS].copy_from_slice(&hash.as_bytes()[..DIGITS]);
    HeaderValue::from_bytes(&quoted).expect("hex digits are a header value")
}

/// Whether a request is to be answered with 304 instead of a success that has
/// these headers (RFC 9110 §13.2.2).
///
/// `created` is when the page was made, if it is one: without `Last-Modified`
/// that counts as its last change (RFC 9111 §4.3.2).
pub(crate) fn not_modified(
    request: &HeaderMap,
    response: &HeaderMap,
    created: Option<SystemTime>,
) -> bool {
    let mut asked = request.get_all(IF_NONE_MATCH).peekable();
    if asked.peek().is_some() {
        let etag = response.get(ETAG).map(HeaderValue::as_bytes);
        return asked.any(|line| lists(line.as_bytes(), etag));
    }
    let Some(since) = date(request, &IF_MODIFIED_SINCE) else {
        return false;
    };
    let modified = if response.contains_key(LAST_MODIFIED) {
        date(response, &LAST_MODIFIED)
    } else {
        created.map(|created| change_before(created, response))
    };
    modified.is_some_and(|modified| modified <= since)
}

/// The entity tag of a page, if it is the one that a request has, by itself: what nearly
/// all send who have the page.
pub(crate) fn named(
    request: &HeaderMap,
    etag: impl FnOnce() -> Option<HeaderValue>,
) -> Option<HeaderValue> {
    let known = only(request, &IF_NONE_MATCH)?;
    etag().filter(|etag| etag.as_bytes() == known)
}

/// Whether a `Range` is to be obeyed, for all that `If-Range` says (RFC 9110
/// §13.1.5).
pub(crate) fn range_applies(
    request: &HeaderMap,
    response: &HeaderMap,
    created: SystemTime,
) -> bool {
    if !request.contains_key(IF_RANGE) {
        return true;
    }
    let Some(validator) = only(request, &IF_RANGE) else {
        return false;
    };
    if validator.starts_with(b"\"") {
        return only(response, &ETAG) == Some(validator);
    }
    // What the client has may be of the same date and in no coding: the render of
    // this page as it streamed.
    if response.contains_key(CONTENT_ENCODING) {
        return false;
    }
    let (Some(since), Some(modified)) = (date(request, &IF_RANGE), date(response, &LAST_MODIFIED))
    else {
        return false;
    };
    let made = date(response, &DATE).map_or(created, |made| made.min(created));
    since == modified
        && made
            .duration_since(modified)
            .is_ok_and(|apart| apart >= CLOCKS_APART)
}

/// The moment of the last change of a page that does not tell it.
///
/// It is the next whole second, since a page that was served earlier in this one
/// may have the same `Date`.
fn change_before(created: SystemTime, response: &HeaderMap) -> SystemTime {
    let seconds = created.duration_since(UNIX_EPOCH).unwrap_or_default();
    let next = UNIX_EPOCH + Duration::from_secs(seconds.as_secs() + 1);
    date(response, &DATE).map_or(next, |made| made.max(next))
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    only(headers, name)?;
    date::read(headers.get(name)?, SystemTime::now())
}

/// The value of a field that may have but one line.
pub(crate) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut lines = headers.get_all(name);
    let line = lines.next()?;
    lines.next().is_none().then(|| line.as_bytes())
}

/// Whether a list of entity tags, or `*`, has this one by weak comparison
/// (RFC 9110 §8.8.3.2). Entity tags are bytes, not all of them ASCII.
fn lists(mut list: &[u8], etag: Option<&[u8]>) -> bool {
    let Some(etag) = etag else {
        return list.trim_ascii() == b"*";
    };
    // What a handler sent without quotes comes back without them.
    if [b"*", etag].contains(&list.trim_ascii()) {
        return true;
    }
    let opaque = etag.strip_prefix(b"W/").unwrap_or(etag);
    // An entity tag may hold commas, so the list is not split at them.
    loop {
        let between = list.iter().take_while(|byte| b" \t,".contains(byte));
        list = list.get(between.count()..).unwrap_or_default();
        let tag = list.strip_prefix(b"W/").unwrap_or(list);
        let Some(end) = end_of_quoted(tag) else {
            return false;
        };
        let (tag, rest) = tag.split_at(end);
        if tag == opaque {
            return true;
        }
        list = rest;
    }
}

/// Where the quoted bytes end with which a text begins.
fn end_of_quoted(text: &[u8]) -> Option<usize> {
    let quoted = text.strip_prefix(b"\"")?;
    let end = quoted.iter().position(|byte| *byte == b'"')?;
    Some(end + 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EARLY: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
    /// More than a minute after both.
    const MINUTES_LATER: &str = "Sun, 06 Nov 1994 08:52:00 GMT";

    fn headers(fields: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(name.clone(), value);
        }
        headers
    }

    fn is_304(request: &[(HeaderName, &str)], response: &[(HeaderName, &str)]) -> bool {
        not_modified(&headers(request), &headers(response), None)
    }

    #[test]
    fn entity_tags_are_compared_weakly_in_lists() {
        for etag in ["\"a,b\"", "W/\"a,b\""] {
            for list in [
                "*",
                " * ",
                "\"a,b\"",
                "W/\"a,b\"",
                "\"x\", W/\"y\" ,\"a,b\"",
                " ,\"a,b\",",
                "\"ü\",\"a,b\"",
            ] {
                assert!(is_304(&[(IF_NONE_MATCH, list)], &[(ETAG, etag)]), "{list}");
            }
            for list in ["", "a,b", "\"a\"", "\"a,b", "\"x\" \"a", "W/", "w/\"a,b\""] {
                assert!(!is_304(&[(IF_NONE_MATCH, list)], &[(ETAG, etag)]), "{list}");
            }
        }
        assert!(is_304(&[(IF_NONE_MATCH, "\"ü\"")], &[(ETAG, "\"ü\"")]));
        assert!(!is_304(&[(IF_NONE_MATCH, "\"ü\"")], &[(ETAG, "\"ö\"")]));
        assert!(is_304(&[(IF_NONE_MATCH, "a")], &[(ETAG, "a")]));
        assert!(!is_304(&[(IF_NONE_MATCH, "a, b")], &[(ETAG, "a")]));
        assert!(!is_304(&[(IF_NONE_MATCH, "\"a\"")], &[]));
        assert!(is_304(&[(IF_NONE_MATCH, "*")], &[]));
    }

    #[test]
    fn a_date_counts_only_without_an_entity_tag() {
        let response = [(LAST_MODIFIED, EARLY), (ETAG, "\"a\"")];
        assert!(is_304(&[(IF_MODIFIED_SINCE, EARLY)], &response));
        assert!(is_304(&[(IF_MODIFIED_SINCE, LATER)], &response));
        let both = [(IF_NONE_MATCH, "\"b\""), (IF_MODIFIED_SINCE, LATER)];
        assert!(!is_304(&both, &response));
        let newer = [(LAST_MODIFIED, LATER)];
        for since in [EARLY, "now", ""] {
            assert!(!is_304(&[(IF_MODIFIED_SINCE, since)], &newer), "{since}");
        }
        let two = [(IF_MODIFIED_SINCE, LATER), (IF_MODIFIED_SINCE, LATER)];
        assert!(!is_304(&two, &newer));
        assert!(!is_304(&[(IF_MODIFIED_SINCE, LATER)], &[]));
    }

    #[test]
    fn a_page_that_does_not_tell_it_was_changed_in_the_next_second() {
        let parse = |date| httpdate::parse_http_date(date).unwrap();
        let has_it = |since, created: SystemTime, response: &[_]| {
            let request = headers(&[(IF_MODIFIED_SINCE, since)]);
            not_modified(&request, &headers(response), Some(created))
        };
        let half = Duration::from_millis(500);
        for created in [parse(EARLY), parse(EARLY) + half] {
            for response in [&[] as &[_], &[(DATE, EARLY)]] {
                assert!(!has_it(EARLY, created, response));
                assert!(has_it(LATER, created, response));
            }
            assert!(!has_it(LATER, created, &[(DATE, MINUTES_LATER)]));
            assert!(!has_it(LATER, created, &[(LAST_MODIFIED, "never")]));
        }
    }

    #[test]
    fn a_range_needs_a_strong_validator() {
        let created = httpdate::parse_http_date(MINUTES_LATER).unwrap();
        let applies = |validator, response: &[_], created| {
            let request = headers(&[(IF_RANGE, validator)]);
            range_applies(&request, &headers(response), created)
        };
        for (validator, response, expected) in [
            ("\"a\"", &[(ETAG, "\"a\"")] as &[_], true),
            ("\"a\"", &[(ETAG, "\"b\"")], false),
            ("W/\"a\"", &[(ETAG, "W/\"a\"")], false),
            ("\"a\"", &[(ETAG, "W/\"a\"")], false),
            ("W/\"a\"", &[(ETAG, "\"a\"")], false),
            ("\"a\", \"b\"", &[(ETAG, "\"a\"")], false),
            ("*", &[(ETAG, "\"a\"")], false),
            ("a", &[(ETAG, "a")], false),
            ("\"a\"", &[], false),
            (EARLY, &[(LAST_MODIFIED, EARLY)], true),
            (LATER, &[(LAST_MODIFIED, EARLY)], false),
            (EARLY, &[(LAST_MODIFIED, LATER)], false),
            (EARLY, &[(LAST_MODIFIED, EARLY), (DATE, LATER)], false),
            (
                EARLY,
                &[(LAST_MODIFIED, EARLY), (DATE, MINUTES_LATER)],
                true,
            ),
            (MINUTES_LATER, &[(LAST_MODIFIED, MINUTES_LATER)], false),
            (EARLY, &[], false),
            (
                EARLY,
                &[
                    (LAST_MODIFIED, EARLY),
                    (DATE, MINUTES_LATER),
                    (CONTENT_ENCODING, "gzip"),
                ],
                false,
            ),
            (
                "\"a\"",
                &[(ETAG, "\"a\""), (CONTENT_ENCODING, "gzip")],
                true,
            ),
        ] {
            assert_eq!(
                applies(validator, response, created),
                expected,
                "{validator} {response:?}"
            );
        }
        let just_now = httpdate::parse_http_date(LATER).unwrap();
        assert!(!applies(EARLY, &[(LAST_MODIFIED, EARLY)], just_now));
        assert!(range_applies(&headers(&[]), &headers(&[]), created));
    }

    /// An entity tag, of any bytes that one may have.
    fn etag() -> impl Strategy<Value = Vec<u8>> {
        let opaque = prop::collection::vec(
            prop_oneof![Just(b','), 0x23..=0x7e_u8, 0x80..=0xff_u8],
            0..3,
        );
        (any::<bool>(), opaque).prop_map(|(weak, opaque)| {
            let prefix: &[u8] = if weak { b"W/" } else { b"" };
            [prefix, b"\"", &opaque, b"\""].concat()
        })
    }

    proptest! {
        #[test]
        fn any_bytes_are_compared_without_a_panic(list: Vec<u8>, etag: Option<Vec<u8>>) {
            lists(&list, etag.as_deref());
        }

        #[test]
        fn a_list_has_the_entity_tags_of_which_it_is_made(
            listed in prop::collection::vec((etag(), "[ \t,]{0,2}"), 0..6),
            asked in etag(),
        ) {
            let opaque = |etag: &[u8]| etag.strip_prefix(b"W/").unwrap_or(etag).to_vec();
            let list: Vec<u8> = listed
                .iter()
                .flat_map(|(etag, between)| [between.as_bytes(), etag, b","].concat())
                .collect();
            let has_it = listed.iter().any(|(etag, _)| opaque(etag) == opaque(&asked));
            prop_assert_eq!(lists(&list, Some(&asked)), has_it);
        }
    }
}
