//! The pages of a site that is measured.

use std::fmt::Write;

/// How many there are where more than one is asked for.
pub const PAGES: usize = 10_000;

/// The path of the page that is asked for where it is one alone.
pub const HOT: &str = "/pages/00000/";

/// The flavor of the parlour that nobody saves, by its slug.
pub const SAVED_EXCEPT: &str = "vanilla";

/// The path of a page.
#[must_use]
pub fn path(page: usize) -> String {
    format!("/pages/{page:05}/")
}

/// What stands on a page of this path and length, which looks like HTML and gets
/// smaller by compression about as well. No two pages are alike.
#[must_use]
pub fn body(path: &str, bytes: usize) -> String {
    const LONGEST_LINE: usize = 80;

    let seed = path.bytes().fold(0, |seed: u64, byte| {
        seed.wrapping_mul(31).wrapping_add(byte.into())
    });
    let mut random = fastrand::Rng::with_seed(seed);
    let mut body = String::with_capacity(bytes + LONGEST_LINE);
    while body.len() < bytes {
        let number = random.u32(..);
        let _ = writeln!(
            body,
            "<li class=\"flavor\"><a href=\"/flavors/{number}/\">{number}</a></li>"
        );
    }
    body.truncate(bytes);
    body
}
