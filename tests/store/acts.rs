//! What the tests of shared caches are made of.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dumper::{Cache, Key, Lease, Lookup, NotStored, Page};
use tokio::time::{sleep, timeout};

/// Longer than anything takes that is to come by itself.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn key(path: &str) -> Key {
    Key::new("https", "parlour.example", path, None).unwrap()
}

/// A request without headers.
pub(crate) fn plain(_: &str) -> Option<Cow<'static, [u8]>> {
    None
}

pub(crate) fn page(body: &str) -> Page {
    Page::new(200, Vec::new(), Bytes::copy_from_slice(body.as_bytes()))
}

/// Waits for what is to come by itself.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    let waited = timeout(PATIENCE, future).await;
    waited.expect("it does not come")
}

/// Waits until something is so.
pub(crate) async fn until(is_so: impl AsyncFn() -> bool) {
    soon(async {
        while !is_so().await {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

pub(crate) async fn look_up(cache: &Cache, path: &str) -> Lookup {
    soon(cache.look_up(&key(path), &plain)).await
}

/// Waits until a cache has nothing left to tell its store, not even at its start.
pub(crate) async fn settle(cache: &Cache) {
    soon(cache.invalidate_paths(["/else/"])).await;
}

/// The body of the page that is served, if one is.
pub(crate) async fn served(cache: &Cache, path: &str) -> Option<String> {
    match look_up(cache, path).await {
        Lookup::Hit(page) => Some(text(&page)),
        _ => None,
    }
}

pub(crate) fn text(page: &Page) -> String {
    String::from_utf8_lossy(page.body()).into_owned()
}

/// Takes the lease of a page that is not there.
pub(crate) async fn miss(cache: &Cache, path: &str) -> Lease {
    match look_up(cache, path).await {
        Lookup::Miss(lease) => lease,
        other => panic!("no lease of {path}: {other:?}"),
    }
}

/// Renders a page that is not there.
pub(crate) async fn render(cache: &Cache, path: &str, body: &str) -> Result<Arc<Page>, NotStored> {
    let lease = miss(cache, path).await;
    soon(lease.fill(page(body))).await
}

/// Renders pages that are not there, each with its path for a body.
pub(crate) async fn render_all(cache: &Cache, paths: &[&str]) {
    for path in paths {
        render(cache, path, path).await.unwrap();
    }
}

/// Which of these are served.
pub(crate) async fn served_of<'a>(cache: &Cache, paths: &[&'a str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    for path in paths {
        if served(cache, path).await.is_some() {
            found.push(*path);
        }
    }
    found
}

/// Asserts that a request is answered by a render that is not stored.
pub(crate) async fn assert_fenced(cache: &Cache, path: &str) {
    let found = look_up(cache, path).await;
    assert!(matches!(found, Lookup::Fenced), "{path}: {found:?}");
    let found = soon(cache.look_up_if(&key(path), &plain, |_| true)).await;
    assert!(matches!(found, Lookup::Fenced), "{path}: {found:?}");
    let found = soon(cache.stored(&key(path), &plain)).await;
    assert!(found.is_none(), "{path}: {found:?}");
}
