//! Header fields, honest ones and others.

use super::choices::Choices;

/// A header, and what visitors send in it.
type Field = (&'static str, &'static [&'static str]);

pub(super) const HOSTS: [&str; 16] = [
    "parlour.example",
    "PARLOUR.example",
    "parlour.example:80",
    "parlour.example:8080",
    "parlour.example.",
    "other.example",
    "evil.example",
    "user@parlour.example",
    "parlour.example, evil.example",
    "parlour.example/page",
    "parlour.example?a=1",
    " parlour.example",
    "",
    "[::1]",
    "parlour.ex\u{e4}mple",
    "parlour.ex\u{f6}mple",
];

/// Headers by which proxies and visitors tell of another URL, client or method.
/// All of them are echoed by the app.
pub(super) const TELLING: [Field; 42] = [
    (
        "x-forwarded-host",
        &[
            "parlour.example",
            "evil.example",
            "a.example, b.example",
            "ev\u{ef}l",
        ],
    ),
    (
        "x-forwarded-proto",
        &["https", "http", "https, http", "HTTPS", "javascript"],
    ),
    (
        "forwarded",
        &[
            "host=parlour.example",
            "host=evil.example;proto=https",
            "host =parlour.example",
            "Host=\"evil.example\"",
            "for=1;host=a.example, for=2;host=b.example",
            "host=\"a;b\"",
            "host=\"a;c\"",
            "proto = https",
            "for=\"x;host=a.example\"",
            "host=ev\u{ef}l",
        ],
    ),
    ("x-forwarded-prefix", &["/evil"]),
    ("x-forwarded-port", &["1", "443"]),
    ("x-forwarded-server", &["evil.example"]),
    ("x-forwarded-scheme", &["nothttps", "http"]),
    ("x-forwarded-path", &["/evil"]),
    ("x-forwarded-uri", &["/evil"]),
    ("x-forwarded-ssl", &["on", "off"]),
    ("x-forwarded-method", &["DELETE"]),
    ("x-forwarded", &["evil.example"]),
    ("x-original-url", &["/evil"]),
    ("x-original-uri", &["/evil"]),
    ("x-original-host", &["evil.example"]),
    ("x-rewrite-url", &["/evil"]),
    ("x-http-method", &["DELETE"]),
    ("x-http-method-override", &["DELETE", "POST"]),
    ("x-method-override", &["DELETE"]),
    ("x-host", &["evil.example"]),
    ("x-http-host-override", &["evil.example"]),
    ("x-http-path-override", &["/evil"]),
    ("x-http-destinationurl", &["http://evil.example/"]),
    ("x-proxy-url", &["http://evil.example/"]),
    ("x-proxy-host", &["evil.example"]),
    ("x-scheme", &["https"]),
    ("x-url-scheme", &["https"]),
    ("front-end-https", &["on"]),
    ("cloudfront-forwarded-proto", &["https"]),
    ("cf-visitor", &["{\"scheme\":\"https\"}"]),
    ("x-original-path", &["/evil"]),
    ("x-original-prefix", &["/evil"]),
    ("x-envoy-original-path", &["/evil"]),
    ("x-envoy-original-host", &["evil.example"]),
    ("x-script-name", &["/evil"]),
    ("x-ingress-path", &["/evil"]),
    ("base-url", &["http://evil.example/"]),
    ("request-uri", &["/evil"]),
    ("x-original-forwarded-host", &["evil.example"]),
    ("x-arr-ssl", &["1"]),
    ("fastly-ssl", &["1"]),
    ("forwarded-host", &["evil.example"]),
];

/// Headers that tell who a visitor is. The app echoes those too.
pub(super) const CREDENTIALS: [Field; 6] = [
    ("authorization", &["Bearer ann", "Bearer bob", ""]),
    ("x-api-key", &["ann", "bob"]),
    (
        "cookie",
        &[
            "id=ann",
            "id=bob",
            "%69d=ann",
            "_ga=1; id=ann",
            "id",
            "id=\u{e4}",
            "; id =ann",
        ],
    ),
    ("proxy-authorization", &["Basic x"]),
    ("x-forwarded-user", &["ann"]),
    ("cf-access-jwt-assertion", &["ann"]),
];

/// Headers that select nothing, or what `Vary` says.
const OTHERS: [Field; 20] = [
    ("user-agent", &["curl/8", "Mozilla/5.0"]),
    (
        "accept",
        &[
            "text/html",
            "application/json",
            "*/*",
            "text/html;q=0.1",
            "application/json, text/html",
        ],
    ),
    (
        "accept-language",
        &["de", "en", "de, en", "DE", "en;q=0.5, de", ""],
    ),
    (
        "accept-encoding",
        &["gzip", "br", "gzip, br;q=0", "identity;q=0", "*", "zstd"],
    ),
    ("cookie", &["_ga=1", "_ga=2; _gid=3", ""]),
    (
        "if-none-match",
        &["*", "\"known\"", "W/\"known\"", "\"x\", \"known\"", "known"],
    ),
    (
        "if-modified-since",
        &[
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:36 GMT",
            "now",
        ],
    ),
    (
        "range",
        &[
            "bytes=0-3",
            "bytes=-4",
            "bytes=2-",
            "bytes=0-1,4-5",
            "bytes=9999-",
            "lines=1-2",
        ],
    ),
    (
        "if-range",
        &["\"known\"", "Sun, 06 Nov 1994 08:49:37 GMT", "\"x\""],
    ),
    (
        "cache-control",
        &["no-cache", "no-store", "max-age=0", "only-if-cached"],
    ),
    ("pragma", &["no-cache"]),
    (
        "origin",
        &["http://parlour.example", "http://evil.example", "null"],
    ),
    ("referer", &["http://evil.example/"]),
    ("x-beta", &["1", "0"]),
    ("x-forwarded-for", &["192.0.2.1", "192.0.2.2"]),
    ("content-length", &["0", "4", "00", "+4"]),
    ("transfer-encoding", &["chunked", "identity"]),
    ("connection", &["close", "x-beta", "keep-alive"]),
    ("upgrade-insecure-requests", &["1"]),
    ("te", &["trailers"]),
];

/// The headers of a plain request.
pub(super) fn plain() -> Vec<(&'static str, Vec<u8>)> {
    vec![("host", latin1(HOSTS[0]))]
}

/// Changes the headers in one place.
pub(super) fn change(choices: &mut Choices<'_>, headers: &mut Vec<(&'static str, Vec<u8>)>) {
    match choices.below(8) {
        0 | 1 => add(choices, headers, &OTHERS),
        2 => add(choices, headers, &TELLING[..3]),
        3 => add(choices, headers, &TELLING),
        4 => add(choices, headers, &CREDENTIALS),
        5 => {
            headers.retain(|(name, _)| *name != "host");
            headers.insert(0, ("host", latin1(choices.pick(&HOSTS))));
        }
        6 if choices.once_in(3) => headers.push(("host", latin1(choices.pick(&HOSTS)))),
        _ if headers.is_empty() => {}
        _ => {
            let at = choices.below(headers.len());
            headers.remove(at);
        }
    }
}

/// Writes the host in other letters.
pub(super) fn change_spelling(headers: &mut [(&'static str, Vec<u8>)]) {
    let host = headers.iter_mut().find(|(name, _)| *name == "host");
    if let Some((_, host)) = host {
        host.make_ascii_uppercase();
    }
}

/// Adds a header that few pages depend on.
pub(super) fn add_harmless(choices: &mut Choices<'_>, headers: &mut Vec<(&'static str, Vec<u8>)>) {
    add(choices, headers, &OTHERS);
}

fn add(choices: &mut Choices<'_>, headers: &mut Vec<(&'static str, Vec<u8>)>, among: &[Field]) {
    let (name, values) = choices.pick(among);
    let value = latin1(choices.pick(values));
    if choices.once_in(4) {
        // In front: it is the first line that many read.
        headers.insert(0, (name, value));
    } else {
        headers.push((name, value));
    }
}

/// Header values are bytes, and no UTF-8.
fn latin1(text: &str) -> Vec<u8> {
    let bytes = text
        .chars()
        .map(|letter| u8::try_from(letter).unwrap_or(b'?'));
    bytes.collect()
}
