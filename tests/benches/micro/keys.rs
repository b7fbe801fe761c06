//! Making the key of a request.

use std::fmt;

use divan::{Bencher, black_box};
use dumper::{Key, KeyRef};

use crate::pages::{HOST, SCHEME};

/// What a request asks for.
struct Target {
    name: &'static str,
    path: &'static str,
    query: Option<&'static str>,
}

const TARGETS: [Target; 4] = [
    Target {
        name: "plain",
        path: "/flavors/vanilla/",
        query: None,
    },
    Target {
        name: "an escape that stays",
        path: "/flavors/cr%C3%A8me/",
        query: None,
    },
    Target {
        name: "an escape that is decoded",
        path: "/flavors/vanilla%21/",
        query: None,
    },
    Target {
        name: "a query",
        path: "/flavors/",
        query: Some("page=2&sort=name"),
    },
];

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[divan::bench(args = TARGETS)]
fn borrowed(bencher: Bencher<'_, '_>, target: &Target) {
    bencher.bench(|| {
        let Target { path, query, .. } = black_box(target);
        KeyRef::new(SCHEME, HOST.into(), path, query.map(Into::into))
    });
}

#[divan::bench(args = TARGETS)]
fn owned(bencher: Bencher<'_, '_>, target: &Target) {
    bencher.bench(|| {
        let Target { path, query, .. } = black_box(target);
        Key::new(SCHEME, HOST, path, *query)
    });
}
