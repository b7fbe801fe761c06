//! Which pages may be sent in a content coding.

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, VARY};

use crate::directives::Directives;
use crate::fields::tokens;

/// Tells in the headers of a page that its representation depends on the codings
/// that a client takes, if it may be sent in any.
pub(crate) fn offer_codings(headers: &mut HeaderMap) {
    if is_compressible(headers) && !varies_by_coding(headers) {
        headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    }
}

/// Whether the representation depends on the codings that a client takes.
pub(crate) fn varies_by_coding(headers: &HeaderMap) -> bool {
    tokens(headers, &VARY).is_some_and(|names| names.iter().any(|name| name == "accept-encoding"))
}

/// Whether a page with these headers may be sent in a coding, and gets smaller by
/// it, as far as its type tells.
pub(crate) fn is_compressible(headers: &HeaderMap) -> bool {
    /// They are about the bytes that are sent.
    const DIGESTS: [&str; 4] = ["content-digest", "content-md5", "digest", "repr-digest"];

    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let may_be_changed =
        Directives::of_cache_control(headers).is_some_and(|said| !said.no_transform());
    content_type.is_some_and(is_compressible_type)
        && may_be_changed
        && !headers.contains_key(CONTENT_ENCODING)
        && DIGESTS.iter().all(|name| !headers.contains_key(*name))
}

fn is_compressible_type(content_type: &str) -> bool {
    const TYPES: [&str; 17] = [
        "application/ecmascript",
        "application/graphql",
        "application/javascript",
        "application/json",
        "application/rtf",
        "application/vnd.ms-fontobject",
        "application/wasm",
        "application/x-javascript",
        "application/x-ndjson",
        "application/x-yaml",
        "application/xml",
        "application/yaml",
        "font/collection",
        "font/otf",
        "font/ttf",
        "image/bmp",
        "image/vnd.microsoft.icon",
    ];
    let essence = content_type.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || ["+json", "+text", "+xml", "+yaml"]
            .iter()
            .any(|suffix| essence.ends_with(suffix))
        || TYPES.contains(&essence.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_are_compressed_already_are_left_alone() {
        let headers = |kind: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            headers
        };
        for kind in [
            "text/html; charset=utf-8",
            "Text/CSS",
            "application/json",
            "application/ld+json",
            "image/svg+xml",
            "application/wasm",
        ] {
            assert!(is_compressible(&headers(kind)), "{kind}");
        }
        for kind in [
            "image/png",
            "application/zip",
            "video/mp4",
            "font/woff2",
            "application/pdf",
            "",
        ] {
            assert!(!is_compressible(&headers(kind)), "{kind}");
        }
        assert!(!is_compressible(&HeaderMap::new()));
        for (name, value) in [
            ("content-encoding", "br"),
            ("cache-control", "max-age=60, No-Transform"),
            ("cache-control", "max-age=\"60"),
            ("repr-digest", "sha-256=:x:"),
        ] {
            let mut headers = headers("text/html");
            headers.insert(name.parse().unwrap(), HeaderValue::from_static(value));
            assert!(!is_compressible(&headers), "{name}: {value}");
        }
    }
}
