//! A slice of what the fuzz target `fields` does at length.

use dumper_tests::alone::alone;
use dumper_tests::headers::Page;

/// What header values are made of.
const PARTS: [&str; 64] = [
    "no-store",
    "private",
    "no-cache",
    "public",
    "max-age=60",
    "max-age=0",
    "s-maxage=60",
    "s-maxage=0",
    "max-age=",
    "max-age=\"60\"",
    "max-age=-1",
    "max-age=99999999999999999999",
    "MAX-AGE=60",
    "No-Store",
    "private=\"x\"",
    "no-cache=\"a, b\"",
    "must-understand",
    "must-revalidate",
    "\"",
    "\\",
    "\\\"",
    ",",
    ", ",
    ";",
    "=",
    "*",
    " ",
    "\t",
    "accept",
    "Accept-Language",
    "accept-encoding",
    "cookie",
    "W/",
    "\"a\"",
    "W/\"a\"",
    "bytes=",
    "0-",
    "-1",
    "0-3",
    "3-1",
    ",",
    "18446744073709551616-",
    "0-18446744073709551615",
    "gzip",
    "br",
    "identity",
    ";q=0",
    ";q=0.5",
    ";q=1.0001",
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    "Thu, 01 Jan 2099 00:00:00 GMT",
    "0",
    "id=1",
    "_ga=1",
    "%69d=1",
    "close",
    "text/event-stream",
    "host=a",
    "for=\"",
    "https",
    "é",
    "\u{0}",
];

#[test]
#[allow(clippy::print_stdout, reason = "shown when it fails")]
fn whatever_headers_say_nothing_is_served_that_they_forbid() {
    alone(async || {
        let seed = fastrand::u64(..);
        fastrand::seed(seed);
        println!("seed {seed}");
        let page = Page::start().await;
        let mut hits = 0;
        for _ in 0..20_000 {
            let mut text = Vec::new();
            for _ in 0..fastrand::usize(1..4) {
                text.push(fastrand::u8(b'A'..b'A' + 26));
                for _ in 0..fastrand::usize(1..4) {
                    text.extend_from_slice(fastrand::choice(PARTS).unwrap_or_default().as_bytes());
                }
                text.push(b'\n');
            }
            hits += usize::from(page.check(&text).await);
        }
        assert!(hits > 2_000, "{hits} prove little");
    });
}
