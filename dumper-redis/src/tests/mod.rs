//! The store against real servers.

mod bounds;
mod cluster;
mod fences;
mod foreign;
mod histories;
mod locks;
mod memory;
mod releases;
mod rights;
mod tags;

use std::time::Duration;

use bytes::Bytes;
use dumper::store::{
    Change, Changes, Fence, Filing, Leased, Moves, Reached, Rendered, Stamp, Store, Unavailable,
};
use dumper::{Key, NotStored, Page, Path};

use crate::changes::Plan;
use crate::generations::Terms;
use crate::line::tests::server::Server;
use crate::{Builder, Redis};

const WRITER: u128 = 7;

/// A handle that has time enough, of a release of its own name.
fn builder(server: &Server) -> Builder {
    Redis::builder(server.url())
        .release("test")
        .deadline(Duration::from_secs(5))
}

async fn connect(server: &Server) -> Redis {
    builder(server).connect().await.unwrap()
}

fn key(path: &str) -> Key {
    key_of(path, None)
}

fn key_of(path: &str, query: Option<&str>) -> Key {
    Key::new("https", "parlour.example", path, query).unwrap()
}

fn page(body: &str) -> Page {
    Page::new(200, Vec::new(), Bytes::copy_from_slice(body.as_bytes()))
}

async fn lease(store: &Redis, key: &Key) -> Stamp {
    match store.lease(key, &|_| None, false).await {
        Ok(Leased::Granted(stamp)) => stamp,
        other => panic!("{other:?}"),
    }
}

async fn fill(store: &Redis, key: &Key, page: &Page, stamp: &Stamp) -> Result<Stamp, NotStored> {
    fill_tagged(store, key, page, &[], stamp).await
}

async fn fill_tagged(
    store: &Redis,
    key: &Key,
    page: &Page,
    tags: &[&str],
    stamp: &Stamp,
) -> Result<Stamp, NotStored> {
    let mut filing = Filing::at(key.path());
    filing.add_tags(tags.iter().map(|&tag| tag.into()));
    let rendered = Rendered {
        key,
        page,
        filing: &filing,
        stamp,
        max_variants: 8,
    };
    store.fill(rendered).await
}

async fn put(store: &Redis, key: &Key, tags: &[&str]) -> Stamp {
    let stamp = lease(store, key).await;
    let filled = fill_tagged(store, key, &page("page"), tags, &stamp).await;
    filled.unwrap()
}

async fn is_found(store: &Redis, key: &Key) -> bool {
    store.look_up(key, &|_| None).await.unwrap().is_some()
}

async fn change(
    store: &Redis,
    reached: Reached<'_>,
    fence: Fence,
    moved: bool,
) -> Result<Moves, Unavailable> {
    let change = Change { reached, fence };
    let changes = Changes {
        writer: WRITER,
        changes: &[change],
        time_to_live: Duration::from_mins(1),
        moved,
        renew: false,
    };
    store.apply(&changes).await
}

async fn drop_pages(store: &Redis, reached: Reached<'_>) {
    change(store, reached, Fence::None, false).await.unwrap();
}

/// Renews a fence.
async fn renew(store: &Redis, reached: Reached<'_>) {
    let change = Change {
        reached,
        fence: Fence::Stands,
    };
    let changes = Changes {
        writer: WRITER,
        changes: &[change],
        time_to_live: Duration::from_mins(1),
        moved: false,
        renew: true,
    };
    store.apply(&changes).await.unwrap();
}

/// Drops the pages of an entity by the patterns of their paths.
async fn drop_entity(store: &Redis, name: &str, patterns: &[&str], fence: Fence) {
    let terms = Terms {
        writer: format!("{WRITER:032x}"),
        stands: "60000".to_owned(),
        is_renewal: false,
    };
    let mut plan = Plan::empty(terms, false);
    let patterns: Vec<_> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
    plan.entity(name, &patterns, fence, &store.names);
    store.carry_out(plan).await.unwrap();
}

async fn moves(store: &Redis) -> Moves {
    let nothing = Changes {
        writer: WRITER,
        changes: &[],
        time_to_live: Duration::from_mins(1),
        moved: false,
        renew: false,
    };
    store.apply(&nothing).await.unwrap()
}

fn path(path: &str) -> Path {
    Path::requested(path)
}

/// The key in Redis of the pages of a path.
fn pages(store: &Redis, path: &str) -> String {
    let pages = store.names.pages(&self::path(path).kin());
    String::from_utf8(pages).unwrap()
}

fn generations(store: &Redis) -> String {
    String::from_utf8(store.names.generations()).unwrap()
}
