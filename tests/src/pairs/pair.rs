//! Two requests that have to do with each other.

use std::fmt;

use actix_http::Version;

use super::choices::Choices;
use super::request::Request;
use super::setting::Setting;
use super::{fields, target};

/// Two requests, the second sent after the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Where they are sent.
    pub setting: Setting,
    pub(super) first: Request,
    pub(super) second: Request,
    /// Whether the second has the validators of the answer to the first.
    pub(super) knows_first: bool,
}

impl Pair {
    /// Makes a pair by the choices of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut choices = Choices::new(bytes);
        let setting = choices.pick(&Setting::ALL);
        let knows_first = choices.once_in(8);
        let is_swapped = choices.once_in(2);
        let mut one = plain(&mut choices);
        for _ in 0..[0, 0, 0, 1, 1, 2][choices.below(6)] {
            change(&mut choices, &mut one);
        }
        let mut other = one.clone();
        for _ in 0..choices.below(3) {
            change_spelling(&mut choices, &mut other);
        }
        for _ in 0..[0, 1, 1, 1, 2, 3][choices.below(6)] {
            change(&mut choices, &mut other);
        }
        let (first, second) = if is_swapped {
            (other, one)
        } else {
            (one, other)
        };
        Self {
            setting,
            first,
            second,
            knows_first,
        }
    }

    /// Whether the two are not the same to the byte.
    pub(super) fn differs(&self) -> bool {
        self.first != self.second
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            setting,
            first,
            second,
            knows_first,
        } = self;
        write!(f, "in the setting {setting:?}, after\n{first}\nthis")?;
        if *knows_first {
            f.write_str(", with the entity tag of that answer")?;
        }
        write!(f, "\n{second}")
    }
}

fn plain(choices: &mut Choices<'_>) -> Request {
    Request {
        method: "GET",
        version: Version::HTTP_11,
        origin: "",
        path: target::path(choices),
        query: target::query(choices),
        headers: fields::plain(),
        body: "",
    }
}

/// Changes what should make no difference to most pages.
fn change_spelling(choices: &mut Choices<'_>, request: &mut Request) {
    match choices.below(8) {
        0..=3 => target::change_spelling(choices, &mut request.path),
        4 => fields::change_spelling(&mut request.headers),
        5 | 6 => fields::add_harmless(choices, &mut request.headers),
        _ => request.method = "HEAD",
    }
}

fn change(choices: &mut Choices<'_>, request: &mut Request) {
    match choices.below(16) {
        0..=5 => target::change_path(choices, &mut request.path),
        6..=8 => target::change_query(choices, &mut request.query),
        9..=13 => fields::change(choices, &mut request.headers),
        14 => {
            request.method = choices.pick(&[
                "HEAD", "GET", "HEAD", "POST", "OPTIONS", "DELETE", "get", "PURGE",
            ]);
        }
        _ => change_frame(choices, request),
    }
}

/// What is around the target, the headers and the method.
fn change_frame(choices: &mut Choices<'_>, request: &mut Request) {
    const ORIGINS: [&str; 5] = [
        "http://parlour.example",
        "http://evil.example",
        "https://parlour.example",
        "http://user@parlour.example:80",
        "",
    ];
    match choices.below(3) {
        0 => request.origin = choices.pick(&ORIGINS),
        1 => request.version = choices.pick(&[Version::HTTP_2, Version::HTTP_10, Version::HTTP_11]),
        _ => request.body = choices.pick(&["fat", "a=1&b=2", ""]),
    }
}
