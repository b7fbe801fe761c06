//! Paths and queries, and how visitors disfigure them.

use std::fmt::Write;

use super::choices::Choices;

/// Paths that reach each route of the app.
const PATHS: [&str; 40] = [
    "/page",
    "/page/",
    "/",
    "/item/7",
    "/item/a%20b",
    "/item/7/edit",
    "/number/42",
    "/slug/cafe",
    "/user/ann/post/3",
    "/tree/a/b/c",
    "/tree/",
    "/file/a.css",
    "/file/a",
    "/shop",
    "/shop/",
    "/shop/cart/3",
    "/shop/de/page",
    "/tenant",
    "/beta",
    "/language",
    "/format",
    "/cors",
    "/proxied",
    "/query",
    "/stream",
    "/fresh",
    "/tagged",
    "/get-only",
    "/account",
    "/account/orders",
    "/private",
    "/login",
    "/csrf",
    "/members",
    "/admin/page",
    "/nowhere",
    "/caf%C3%A9",
    "/A/B",
    "/.well-known/x",
    "*",
];

const PATH_TOKENS: [&str; 72] = [
    "/",
    "//",
    "/./",
    "/../",
    "/.",
    "/..",
    ".",
    "..",
    "%2E",
    "%2e%2e",
    "/%2e%2e/",
    ";",
    ";a=1",
    ";/",
    "%3B",
    "%00",
    "%00.css",
    "%2F",
    "%2f",
    "%252F",
    "%5C",
    "%5c",
    "\\",
    "%23",
    "%3F",
    "%3f",
    "%25",
    "%2525",
    "%25%32%46",
    "%C3%A9",
    "%c3%a9",
    "%E9",
    "%C0%AF",
    "%EF%BC%8F",
    "%E2%80%8B",
    "+",
    "%2B",
    "%2b",
    "%20",
    "%09",
    "%0d%0a",
    "%7F",
    ".css",
    ".js",
    "%2Ecss",
    "/x.css",
    "%2fx.css",
    ";x.css",
    "!",
    "%21",
    "~",
    "%7E",
    "%7e",
    "%",
    "%zz",
    "%4",
    "%u0041",
    "a",
    "A",
    "%61",
    "%41",
    "0",
    "1",
    "|",
    "{",
    "%7B",
    "\"",
    "'",
    "@",
    ":",
    "&",
    "*",
];

const QUERIES: [&str; 36] = [
    "",
    "a=1",
    "a=1&b=2",
    "b=2&a=1",
    "a=2",
    "a=1&a=2",
    "a=2&a=1",
    "a",
    "a=",
    "a=1&",
    "&a=1",
    "a=1&&b=2",
    "a=1;b=2",
    "%61=1",
    "a=%31",
    "A=1",
    "a=1%26b=2",
    "a%3D1",
    "a=1%3Bb=2",
    "a=+",
    "a=%20",
    "a=%2B",
    "utm_source=x",
    "a=1&utm_source=x",
    "utm_source=x&a=1",
    "utm_source=x;a=1",
    "utm_%73ource=x&a=1",
    "UTM_SOURCE=x",
    "utm_source=x%26a=1",
    "fbclid=1",
    "gclid=1&a=1",
    "a=1&fbclid=1&a=2",
    "a[]=1",
    "page=2",
    "callback=evil",
    "_method=DELETE",
];

const QUERY_TOKENS: [&str; 24] = [
    "&",
    ";",
    "=",
    "&&",
    "?",
    "%26",
    "%3D",
    "%3B",
    "a",
    "=1",
    "&a=3",
    ";a=3",
    "&utm_source=y",
    ";utm_source=y",
    "&fbclid=2",
    "%00",
    "%",
    "%zz",
    "+",
    "%20",
    "%2B",
    "/",
    "%C3%A9",
    "%E9",
];

pub(super) fn path(choices: &mut Choices<'_>) -> String {
    choices.pick(&PATHS).to_owned()
}

pub(super) fn query(choices: &mut Choices<'_>) -> Option<String> {
    let has_one = choices.once_in(3);
    has_one.then(|| choices.pick(&QUERIES).to_owned())
}

/// Changes a path in one place. It begins with a slash as before.
pub(super) fn change_path(choices: &mut Choices<'_>, path: &mut String) {
    match choices.below(16) {
        15 => *path = choices.pick(&PATHS).to_owned(),
        _ if path.len() < 2 => path.push_str(choices.pick(&PATH_TOKENS)),
        _ => change(choices, path, 1, &PATH_TOKENS),
    }
}

/// Writes one byte of a path in another way.
pub(super) fn change_spelling(choices: &mut Choices<'_>, path: &mut String) {
    let at = 1 + choices.below(path.len().clamp(2, 256) - 1);
    let kind = choices.below(4);
    match path.as_bytes().get(at).copied() {
        Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
            path.replace_range(at..=at, &encoded(byte, kind % 2 == 1));
        }
        Some(_) if kind < 2 => decode(path, at),
        Some(b'%') => swap_case(path, at),
        _ => {}
    }
}

/// Changes a query in one place, or gives or takes it.
pub(super) fn change_query(choices: &mut Choices<'_>, query: &mut Option<String>) {
    match (choices.below(4), query) {
        (0, query) => *query = Some(choices.pick(&QUERIES).to_owned()),
        (1, query) => *query = None,
        (_, Some(query)) => change(choices, query, 0, &QUERY_TOKENS),
        (_, query) => *query = Some(String::new()),
    }
}

/// Changes a text of ASCII letters in one place, which is not before `start`.
fn change(choices: &mut Choices<'_>, text: &mut String, start: usize, tokens: &[&str]) {
    let at = start + choices.below((text.len() - start).clamp(1, 256));
    let kind = choices.below(10);
    let Some(byte) = text.as_bytes().get(at).copied() else {
        return text.push_str(choices.pick(tokens));
    };
    match kind {
        0 | 1 => text.replace_range(at..=at, &encoded(byte, false)),
        2 => text.replace_range(at..=at, &encoded(byte, true)),
        3 => text.replace_range(at..=at, &format!("%25{byte:02X}")),
        4 => decode(text, at),
        5 => text.insert_str(at, choices.pick(tokens)),
        6 => text.push_str(choices.pick(tokens)),
        7 => text.replace_range(at..=at, choices.pick(tokens)),
        8 => text.replace_range(at..=at, ""),
        _ => swap_case(text, at),
    }
}

fn encoded(byte: u8, lower: bool) -> String {
    let mut encoded = String::new();
    let written = if lower {
        write!(encoded, "%{byte:02x}")
    } else {
        write!(encoded, "%{byte:02X}")
    };
    debug_assert!(written.is_ok(), "a string takes all that is written");
    encoded
}

/// Decodes the first ASCII byte that is encoded behind a place.
fn decode(text: &mut String, at: usize) {
    let Some(at) = text[at..].find('%').map(|behind| at + behind) else {
        return;
    };
    let digits = text.get(at + 1..at + 3).unwrap_or_default();
    let decoded = u8::from_str_radix(digits, 16);
    if let Some(decoded) = decoded.ok().filter(u8::is_ascii) {
        text.replace_range(at..at + 3, char::from(decoded).encode_utf8(&mut [0; 4]));
    }
}

/// Swaps the case of the digits of an encoded byte, or else of a letter.
fn swap_case(text: &mut String, at: usize) {
    let end = if text[at..].starts_with('%') {
        at + 3
    } else {
        at + 1
    };
    let swapped = text.get(at..end).unwrap_or_default().chars().map(|letter| {
        if letter.is_ascii_lowercase() {
            letter.to_ascii_uppercase()
        } else {
            letter.to_ascii_lowercase()
        }
    });
    let swapped: String = swapped.collect();
    if !swapped.is_empty() {
        text.replace_range(at..end, &swapped);
    }
}
