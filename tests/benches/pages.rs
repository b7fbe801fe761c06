//! A cache that has pages.

use bytes::Bytes;
use dumper::{Cache, Headers, Key, Lease, Lookup, Page};
use futures::FutureExt;

pub(crate) const SCHEME: &str = "https";
pub(crate) const HOST: &str = "parlour.example";

/// The path of the page of this number.
pub(crate) fn path(number: usize) -> String {
    format!("/flavors/flavor-{number}/")
}

/// A page of 1 KiB.
pub(crate) fn page() -> Page {
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "max-age=0, must-revalidate"),
    ];
    let headers: Headers = headers.into_iter().collect();
    Page::new(200, headers, Bytes::from_static(&[b'.'; 1 << 10]))
}

/// The right to store a page, whether there is one or not.
pub(crate) fn lease(cache: &Cache, path: &str) -> Lease {
    let key = Key::new(SCHEME, HOST, path, None).expect("nothing is encoded");
    match at_once(cache.look_up_if(&key, &|_| None, |_| false)) {
        Lookup::Miss(lease) => lease,
        other => panic!("{key} may be stored: {other:?}"),
    }
}

pub(crate) fn store(cache: &Cache, path: &str) {
    fill(lease(cache, path), page());
}

pub(crate) fn fill(lease: Lease, page: Page) {
    at_once(lease.fill(page)).expect("nobody writes meanwhile");
}

/// What a cache does in memory alone, it does at the first poll.
pub(crate) fn at_once<T>(doing: impl Future<Output = T>) -> T {
    doing.now_or_never().expect("there is nobody to wait for")
}
