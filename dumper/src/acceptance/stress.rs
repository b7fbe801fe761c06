//! Renders and writes at the same time, by both handles, with a checker.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures::future::join_all;

use super::acts::{ANNA, BOB, change, changes, entity, fill, key, lift, of, page, path, tagged};
use crate::Key;
use crate::path::Path;
use crate::reach::EntityTag;
use crate::store::{Changes, Fence, Leased, Reached, Stamp, Store};

const PATHS: usize = 6;
const READERS: usize = 8;
const WRITES: u64 = 150;

/// "When `apply` has returned `Ok`, no call that begins later … returns a page … that
/// was stored or leased before", with eight who read and two who write at a time. Each
/// answer is compared with the writes that were done before it was asked for.
pub async fn nobody_is_answered_with_an_older_page<S: Store>(one: S, two: S) {
    let site = Arc::new(Site::new(one, two));
    let writers = [ANNA, BOB].map(|writer| tokio::spawn(write(Arc::clone(&site), writer)));
    let readers = (0..READERS).map(|number| tokio::spawn(read(Arc::clone(&site), number)));
    let readers: Vec<_> = readers.collect();
    for written in join_all(writers).await {
        written.expect("all has been written");
    }
    site.is_over.store(true, Ordering::SeqCst);
    let mut counts = Counts::default();
    for read in join_all(readers).await {
        let read = read.expect("all has been read");
        counts.hits += read.hits;
        counts.near += read.near;
        counts.stored += read.stored;
        counts.stale += read.stale;
    }
    assert_eq!(counts.stale, 0, "stale answers of {counts:?}");
    let is_alive = counts.hits > 0 && counts.stored > 0;
    assert!(is_alive, "hardly anything is stored: {counts:?}");
    site.is_fresh_at_last().await;
}

#[derive(Debug, Default)]
struct Counts {
    hits: u64,
    /// Of copies that each reader keeps.
    near: u64,
    stored: u64,
    stale: u64,
}

struct Site<S> {
    handles: [S; 2],
    rows: Vec<Row>,
    flavors: EntityTag,
    is_over: AtomicBool,
}

/// A row of the database, with its page.
struct Row {
    key: Key,
    path: Path,
    tag: String,
    version: AtomicU64,
    /// The version that a write which is done has left.
    done: AtomicU64,
}

impl<S: Store> Site<S> {
    fn new(one: S, two: S) -> Self {
        let rows = (0..PATHS).map(|number| {
            let at = format!("/flavors/{number}/");
            Row {
                key: key(&at),
                path: path(&at),
                tag: format!("flavor-{number}"),
                version: AtomicU64::new(0),
                done: AtomicU64::new(0),
            }
        });
        Self {
            handles: [one, two],
            rows: rows.collect(),
            flavors: entity::<u8>("flavor", "/flavors/{slug}/"),
            is_over: AtomicBool::new(false),
        }
    }

    fn reached(&self, row: usize, turn: u64) -> Reached<'_> {
        match turn % 8 {
            0 => Reached::All,
            1 => of(&self.flavors),
            2..=4 => Reached::Tag(&self.rows[row].tag),
            _ => Reached::Path(&self.rows[row].path),
        }
    }

    /// When all is quiet, everybody has what the database has.
    async fn is_fresh_at_last(&self) {
        for row in &self.rows {
            let version = row.version.load(Ordering::SeqCst);
            for store in &self.handles {
                if let Some(body) = super::acts::body(store, &row.key).await {
                    assert_eq!(body, version.to_string(), "{} for ever", row.key);
                }
            }
        }
    }
}

async fn write<S: Store>(site: Arc<Site<S>>, writer: u128) {
    let store = &site.handles[usize::from(writer == BOB)];
    let mut random = Random(if writer == ANNA { 41 } else { 42 });
    for turn in 0..WRITES {
        let row = random.below(PATHS);
        let reached = site.reached(row, turn);
        let is_fenced = random.below(2) == 0;
        let told = [change(
            reached,
            if is_fenced {
                Fence::Stands
            } else {
                Fence::None
            },
        )];
        let told = Changes {
            writer,
            ..changes(&told)
        };
        if is_fenced {
            store.apply(&told).await.expect("a fence is raised");
        }
        random.pause().await;
        let version = site.rows[row].version.fetch_add(1, Ordering::SeqCst) + 1;
        random.pause().await;
        if is_fenced {
            lift(store, writer, reached).await;
        } else {
            store.apply(&told).await.expect("pages are dropped");
        }
        site.rows[row].done.fetch_max(version, Ordering::SeqCst);
        random.pause().await;
    }
}

async fn read<S: Store>(site: Arc<Site<S>>, number: usize) -> Counts {
    let store = &site.handles[number % 2];
    let mut random = Random(number as u64 * 2 + 1);
    let mut counts = Counts::default();
    let mut near: Vec<Option<(Stamp, u64)>> = vec![None; PATHS];
    while !site.is_over.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
        let at = random.below(PATHS);
        let row = &site.rows[at];
        let done = row.done.load(Ordering::SeqCst);
        if let Some((stamp, version)) = &near[at] {
            let is_current = store.is_current(&row.key, stamp).await;
            if is_current.expect("a stamp can be asked about") {
                counts.near += 1;
                counts.stale += u64::from(*version < done);
                continue;
            }
            near[at] = None;
        }
        let found = store.look_up(&row.key, &|_| None).await;
        if let Some(stored) = found.expect("a page can be looked up") {
            let body = String::from_utf8_lossy(stored.page.body());
            let version = body.parse().expect("the page is one of those stored");
            counts.hits += 1;
            counts.stale += u64::from(version < done);
            near[at] = Some((stored.stamp, version)).filter(|_| random.below(4) > 0);
            continue;
        }
        near[at] = render(store, row, &mut random).await;
        counts.stored += u64::from(near[at].is_some());
    }
    counts
}

/// Renders a page, and stores it if it may be.
async fn render<S: Store>(store: &S, row: &Row, random: &mut Random) -> Option<(Stamp, u64)> {
    let leased = store.lease(&row.key, &|_| None, random.below(2) == 0).await;
    let Leased::Granted(stamp) = leased.expect("a lease can be asked for") else {
        random.pause().await;
        return None;
    };
    random.pause().await;
    let version = row.version.load(Ordering::SeqCst);
    random.pause().await;
    let filing = tagged(row.path.as_str(), &[&row.tag]);
    let page = page(&version.to_string());
    let stamp = fill(store, &row.key, &filing, &page, &stamp).await.ok()?;
    Some((stamp, version))
}

/// Enough to mix the order of what happens.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("it is below an `usize`")
    }

    /// Lets others go on.
    async fn pause(&mut self) {
        for _ in 0..self.below(8) {
            tokio::task::yield_now().await;
        }
    }
}
