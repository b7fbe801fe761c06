//! What the checks are made of.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::path::Path;
use crate::reach::EntityTag;
use crate::store::{
    Change, Changes, Entity, Fence, Filing, Leased, Moves, Reached, Rendered, Stamp, Store, Stored,
};
use crate::template::{Patterns, Template};
use crate::{Key, NotStored, Page};

/// Two processes that write.
pub(super) const ANNA: u128 = 0xa;
pub(super) const BOB: u128 = 0xb << 100;

/// Longer than any check takes.
pub(super) const LONG: Duration = Duration::from_mins(1);

/// How long something is polled for that is to come by itself.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) const VARIANTS: usize = 64;

pub(super) fn key(path: &str) -> Key {
    key_of(path, None)
}

pub(super) fn key_of(path: &str, query: Option<&str>) -> Key {
    Key::new("https", "parlour.example", path, query).expect("the path is well-formed")
}

pub(super) fn path(path: &str) -> Path {
    Path::requested(path)
}

pub(super) fn page(body: &str) -> Page {
    let headers = vec![("content-type".to_owned(), Bytes::from_static(b"text/html"))];
    Page::new(200, headers, Bytes::copy_from_slice(body.as_bytes()))
}

pub(super) fn tagged(path: &str, tags: &[&str]) -> Filing {
    let mut filing = Filing::at(&self::path(path));
    filing.add_tags(tags.iter().map(|&tag| Arc::from(tag)));
    filing
}

/// An entity whose rows have pages at the paths of a template.
pub(super) fn entity<T: 'static>(name: &str, template: &str) -> EntityTag {
    let template = Template::new(template).expect("the template is one");
    let patterns = Patterns::of(&[template]);
    EntityTag::new(std::any::TypeId::of::<T>(), name.to_owned(), Some(patterns))
}

pub(super) fn of(entity: &EntityTag) -> Reached<'_> {
    Reached::Entity(Entity(entity))
}

pub(super) async fn look_up<S: Store>(store: &S, key: &Key) -> Option<Stored> {
    let found = store.look_up(key, &|_| None).await;
    found.expect("a page can be looked up")
}

/// The body of the page of a key.
pub(super) async fn body<S: Store>(store: &S, key: &Key) -> Option<String> {
    let stored = look_up(store, key).await?;
    Some(String::from_utf8_lossy(stored.page.body()).into_owned())
}

pub(super) async fn is_current<S: Store>(store: &S, key: &Key, stamp: &Stamp) -> bool {
    let current = store.is_current(key, stamp).await;
    current.expect("a stamp can be asked about")
}

/// Asks for a lease, and not to wait.
pub(super) async fn try_lease<S: Store>(store: &S, key: &Key) -> Option<Stamp> {
    match store.lease(key, &|_| None, false).await {
        Ok(Leased::Granted(stamp)) => Some(stamp),
        Ok(Leased::Fenced) => None,
        other => panic!("a lease is granted or not, and not {other:?}"),
    }
}

pub(super) async fn lease<S: Store>(store: &S, key: &Key) -> Stamp {
    let stamp = try_lease(store, key).await;
    stamp.unwrap_or_else(|| panic!("{key} can be leased while no fence stands on it"))
}

pub(super) async fn fill<S: Store>(
    store: &S,
    key: &Key,
    filing: &Filing,
    page: &Page,
    stamp: &Stamp,
) -> Result<Stamp, NotStored> {
    let rendered = Rendered {
        key,
        page,
        filing,
        stamp,
        max_variants: VARIANTS,
    };
    store.fill(rendered).await
}

/// Fills a lease with a page that has a path and no tags.
pub(super) async fn fill_with<S: Store>(
    store: &S,
    key: &Key,
    body: &str,
    stamp: &Stamp,
) -> Result<Stamp, NotStored> {
    let filing = Filing::at(key.path());
    fill(store, key, &filing, &page(body), stamp).await
}

/// Leases and stores a page.
pub(super) async fn put<S: Store>(store: &S, key: &Key, body: &str, tags: &[&str]) -> Stamp {
    let filing = tagged(key.path().as_str(), tags);
    put_page(store, key, &filing, &page(body)).await
}

pub(super) async fn put_page<S: Store>(
    store: &S,
    key: &Key,
    filing: &Filing,
    page: &Page,
) -> Stamp {
    let leased = lease(store, key).await;
    let filled = fill(store, key, filing, page, &leased).await;
    filled.unwrap_or_else(|err| panic!("{key} is stored under its lease, not: {err}"))
}

pub(super) fn change(reached: Reached<'_>, fence: Fence) -> Change<'_> {
    Change { reached, fence }
}

pub(super) fn changes<'a>(changes: &'a [Change<'a>]) -> Changes<'a> {
    Changes {
        writer: ANNA,
        changes,
        time_to_live: LONG,
        moved: false,
        renew: false,
    }
}

pub(super) async fn apply<S: Store>(store: &S, changes: Changes<'_>) -> Moves {
    store.apply(&changes).await.expect("changes can be made")
}

/// Drops pages, without a fence.
pub(super) async fn drop_pages<S: Store>(store: &S, reached: Reached<'_>) {
    apply(store, changes(&[change(reached, Fence::None)])).await;
}

pub(super) async fn raise<S: Store>(store: &S, writer: u128, reached: Reached<'_>) {
    raise_for(store, writer, reached, LONG).await;
}

pub(super) async fn raise_for<S: Store>(
    store: &S,
    writer: u128,
    reached: Reached<'_>,
    time_to_live: Duration,
) {
    let changed = [change(reached, Fence::Stands)];
    let raised = Changes {
        writer,
        time_to_live,
        ..changes(&changed)
    };
    apply(store, raised).await;
}

pub(super) async fn lift<S: Store>(store: &S, writer: u128, reached: Reached<'_>) {
    let changed = [change(reached, Fence::Lifted)];
    let lifted = Changes {
        writer,
        ..changes(&changed)
    };
    apply(store, lifted).await;
}

/// Asks again and again until something has come.
pub(super) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let give_up = Instant::now() + PATIENCE;
    while Instant::now() < give_up {
        if let Some(found) = ask().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{what}, but not within {PATIENCE:?}");
}
