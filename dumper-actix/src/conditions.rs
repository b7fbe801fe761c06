//! Whether a client has the page already (RFC 9110 §13).

use actix_web::http::header::{
    ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};

/// Makes the strong validator of a body.
pub(crate) fn etag_of(body: &[u8]) -> HeaderValue {
    let hash = blake3::hash(body).to_hex();
    // 128 bits are enough never to meet two bodies with the same.
    HeaderValue::from_str(&format!("\"{}\"", &hash[..32])).expect("hex digits are a header value")
}

/// Whether a request is to be answered with 304 instead of a 200 that has these
/// headers.
pub(crate) fn not_modified(request: &HeaderMap, response: &HeaderMap) -> bool {
    let mut asked = request.get_all(IF_NONE_MATCH).peekable();
    if asked.peek().is_some() {
        let etag = response.get(ETAG).and_then(|etag| etag.to_str().ok());
        return asked.any(|line| line.to_str().is_ok_and(|line| lists(line, etag)));
    }
    let date = |headers: &HeaderMap, name| {
        let value = headers.get(name)?.to_str().ok()?;
        httpdate::parse_http_date(value).ok()
    };
    match (
        date(request, IF_MODIFIED_SINCE),
        date(response, LAST_MODIFIED),
    ) {
        (Some(since), Some(modified)) => modified <= since,
        _ => false,
    }
}

/// Whether a list of entity tags, or `*`, has this one by weak comparison
/// (RFC 9110 §8.8.3.2).
fn lists(mut list: &str, etag: Option<&str>) -> bool {
    if list.trim() == "*" {
        return true;
    }
    let Some(etag) = etag else { return false };
    let opaque = etag.strip_prefix("W/").unwrap_or(etag);
    // An entity tag may hold commas, so the list is not split at them.
    loop {
        list = list.trim_start_matches([' ', '\t', ',']);
        let tag = list.strip_prefix("W/").unwrap_or(list);
        let Some(end) = tag.strip_prefix('"').and_then(|tag| tag.find('"')) else {
            return false;
        };
        let (tag, rest) = tag.split_at(end + 2);
        if tag == opaque {
            return true;
        }
        list = rest;
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    fn headers(fields: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn entity_tags_are_compared_weakly_in_lists() {
        let response = headers(&[(ETAG, "\"a,b\"")]);
        for list in [
            "*",
            "\"a,b\"",
            "W/\"a,b\"",
            "\"x\", W/\"y\" ,\"a,b\"",
            " ,\"a,b\",",
        ] {
            assert!(
                not_modified(&headers(&[(IF_NONE_MATCH, list)]), &response),
                "{list}"
            );
        }
        for list in ["", "a,b", "\"a\"", "\"a,b", "\"x\" \"a", "W/"] {
            assert!(
                !not_modified(&headers(&[(IF_NONE_MATCH, list)]), &response),
                "{list}"
            );
        }
    }

    #[test]
    fn a_date_counts_only_without_an_entity_tag() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let later = "Sun, 06 Nov 1994 08:49:38 GMT";
        let response = headers(&[(LAST_MODIFIED, date), (ETAG, "\"a\"")]);
        assert!(not_modified(
            &headers(&[(IF_MODIFIED_SINCE, date)]),
            &response
        ));
        assert!(not_modified(
            &headers(&[(IF_MODIFIED_SINCE, later)]),
            &response
        ));
        let both = [(IF_NONE_MATCH, "\"b\""), (IF_MODIFIED_SINCE, later)];
        assert!(!not_modified(&headers(&both), &response));
        let newer = headers(&[(LAST_MODIFIED, later)]);
        assert!(!not_modified(
            &headers(&[(IF_MODIFIED_SINCE, date)]),
            &newer
        ));
        assert!(!not_modified(
            &headers(&[(IF_MODIFIED_SINCE, "now")]),
            &newer
        ));
    }
}
