//! A site whose pages are in memory.

use std::sync::Arc;

use bytes::Bytes;
use dumper::{Cache, Headers, Key, KeyRef, Lease, Lookup, Page};
use futures::FutureExt;

const HOST: &str = "parlour.example";

pub(crate) fn path(number: usize) -> String {
    format!("/flavors/{number}/")
}

/// Looks a page up as a request does.
pub(crate) fn hit(cache: &Cache, path: &str) -> Option<Arc<Page>> {
    let key = KeyRef::new("https", HOST.into(), path, None).expect("nothing is encoded");
    cache.hit(&key, &|_| None, |_| true)
}

/// Takes the lease of a page, whether there is one or not.
pub(crate) fn lease(cache: &Cache, path: &str) -> Lease {
    let key = Key::new("https", HOST, path, None).expect("nothing is encoded");
    match done(cache.look_up_if(&key, &|_| None, |_| false)) {
        Lookup::Miss(lease) => lease,
        other => panic!("{path} may be stored: {other:?}"),
    }
}

/// Stores a page of so many bytes that nobody writes to meanwhile.
pub(crate) fn store(cache: &Cache, number: usize, length: usize, tag: Option<&str>) {
    fill(cache, number, vec![b'.'; length].into(), tag);
}

/// Stores a page with a body, as [`store`] does.
pub(crate) fn fill(cache: &Cache, number: usize, body: Bytes, tag: Option<&str>) {
    let mut lease = lease(cache, &path(number));
    lease.tag(tag.map(Into::into));
    let filled = done(lease.fill(page(number, body)));
    filled.expect("nobody writes meanwhile");
}

/// A page with what the middleware makes of its headers.
pub(crate) fn page(number: usize, body: Bytes) -> Page {
    let etag = format!("\"{number:032x}\"");
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-cache"),
        ("etag", &etag),
    ];
    let headers: Headers = headers.into_iter().collect();
    Page::new(200, headers, body)
}

/// What comes of a future that has nothing to wait for, as those of a cache without a
/// store.
pub(crate) fn done<T>(future: impl Future<Output = T>) -> T {
    let output = future.now_or_never();
    output.expect("without a store nobody is waited for")
}
