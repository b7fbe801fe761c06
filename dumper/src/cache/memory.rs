//! Pages in memory, within a number of bytes.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache as Pages;
use quick_cache::{Lifecycle, OptionsBuilder, Weighter};

use super::dropped::Dropped;
use super::group::{Bounds, Group};
use super::index::Index;
use super::key::{Key, KeyRef};
use super::names::{AsItIs, Name, Names};
use super::origins::Origins;
use super::page::{Page, RequestHeaders};
use super::place::Place;
use super::stats::Counters;
use crate::reach::{Filing, Reach};
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering};

/// The pages of a cache, and the names they are filed under.
///
/// Reading takes no lock but that of a shard. Inserting and removing are done by
/// the process alone, under the lock of the ledger.
pub(crate) struct Memory {
    groups: Pages<Name, Group, ByWeight, AsItIs, Evictions>,
    names: Names,
    common: Mutex<Common>,
    bounds: Bounds,
    fence_deadline: Duration,
    started: Instant,
    counters: Counters,
    /// The bytes of the bodies that are kept as they stream.
    copied: AtomicU64,
}

/// What pages have in common.
#[derive(Default)]
struct Common {
    index: Index,
    origins: Origins,
}

impl Memory {
    pub(crate) fn new(max_bytes: u64, max_variants: usize, fence_deadline: Duration) -> Self {
        // A shard holds many pages of the size limit, and large caches have
        // shards enough for many threads.
        let shards = usize::try_from(max_bytes >> 25).unwrap_or(64).clamp(1, 64);
        let items = usize::try_from(max_bytes >> 13)
            .unwrap_or(usize::MAX)
            .clamp(64, 1 << 20);
        let options = OptionsBuilder::new()
            .shards(shards)
            .estimated_items_capacity(items)
            .weight_capacity(max_bytes)
            .build()
            .expect("both capacities are set");
        let groups = Pages::with_options(options, ByWeight, AsItIs::default(), Evictions);
        Self {
            bounds: Bounds {
                weight: groups.shard_capacity() / 2,
                variants: max_variants,
            },
            groups,
            names: Names::default(),
            common: Mutex::default(),
            fence_deadline,
            started: Instant::now(),
            counters: Counters::default(),
            copied: AtomicU64::new(0),
        }
    }

    /// Makes room for so many more bytes of bodies that stream; all of them may
    /// take an eighth of what the pages may.
    pub(super) fn copy(&self, bytes: u64) -> bool {
        let copied = self.copied.fetch_add(bytes, Ordering::Relaxed) + bytes;
        copied <= self.max_bytes() / 8
    }

    pub(super) fn forget_copy(&self, bytes: u64) {
        self.copied.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn select(
        &self,
        key: &KeyRef<'_>,
        headers: &RequestHeaders<'_>,
    ) -> Option<Arc<Page>> {
        let group = self.groups.get(&self.names.of_path(key.path()))?;
        group.select(key, headers, || self.moment())
    }

    /// Whether the path of a key has such a page.
    pub(crate) fn has(&self, key: &Key, is_it: impl Fn(&Page) -> bool) -> bool {
        let group = self.group(key);
        group.is_some_and(|group| group.pages().any(|page| is_it(page)))
    }

    /// The names of the request headers that select among the pages of a key.
    pub(crate) fn selecting(&self, key: &Key) -> Vec<String> {
        let group = self.group(key);
        group.map_or_else(Vec::new, |group| group.selecting(key))
    }

    /// Makes a page ready to be inserted. It shares its body with another variant of its
    /// path, if it can.
    pub(crate) fn place(&self, key: &Key, page: Page, filing: &Filing) -> Arc<Page> {
        let page = match self.group(key) {
            Some(group) => group.share(page),
            None => page,
        };
        let origin = self.common().origins.kept(key.origin());
        let place = Place::new(key.with(origin), filing, &self.names);
        Arc::new(page.placed(place))
    }

    /// Whether the page may be stored, as large as it is.
    pub(crate) fn has_room_for(&self, page: &Page) -> bool {
        page.weight() as u64 <= self.bounds.weight
    }

    pub(super) fn insert(&self, page: &Arc<Page>) -> Dropped {
        self.insert_among(page, self.bounds.variants)
    }

    /// Inserts a page into its path, which may have so many.
    ///
    /// # Panics
    ///
    /// Panics if the page has no [place](Self::place).
    pub(crate) fn insert_among(&self, page: &Arc<Page>, max_variants: usize) -> Dropped {
        let place = page.place().expect("the page has a place");
        let bounds = Bounds {
            variants: max_variants,
            ..self.bounds
        };
        let earlier = self.group(place.key());
        let group = Group::with(earlier.as_ref(), page, self.moment(), bounds);
        self.put(place.key(), earlier.as_ref(), group)
    }

    /// Reckons with so many more bytes of a page, if it is still stored and there
    /// is room for them. Others may go for them.
    pub(super) fn add_weight(&self, page: &Arc<Page>, bytes: usize) -> Option<Dropped> {
        let key = page.place()?.key();
        let earlier = self.group(key)?;
        let group = earlier.with_heavier(page, bytes, self.bounds)?;
        Some(self.put(key, Some(&earlier), group))
    }

    fn put(&self, key: &Key, earlier: Option<&Group>, group: Group) -> Dropped {
        let path = self.names.of_path(key.path().as_str());
        let Common { index, .. } = &mut *self.common();
        if let Some(earlier) = earlier {
            unfile(index, path, earlier);
        }
        for name in group.places().flat_map(Place::names) {
            index.file(path, name);
        }
        let mut dropped = Vec::new();
        self.groups.insert_with_lifecycle(path, group, &mut dropped);
        // The group that the new one replaces is the first, and the new one itself may
        // be among those that go to make room.
        let evicted = dropped.iter().skip(usize::from(earlier.is_some()));
        for (path, group) in evicted {
            unfile(index, *path, group);
            self.counters.evicted(group.pages().count());
        }
        Dropped(dropped)
    }

    /// Drops a page that is not true any more, and all variants of its path with it.
    pub(super) fn forget(&self, page: &Arc<Page>) -> Option<Dropped> {
        let key = page.place()?.key();
        let group = self.group(key)?;
        let path = || Reach::Path(key.path().clone());
        group.has(page).then(|| self.remove(&[path()]))
    }

    /// Drops the pages that are reached.
    pub(crate) fn remove(&self, reaches: &[Reach]) -> Dropped {
        let mut common = self.common();
        let mut dropped = Vec::new();
        for reach in reaches {
            self.remove_reached(&mut common, reach, &mut dropped);
        }
        let pages = dropped.iter().map(|(_, group)| group.pages().count());
        self.counters.invalidated(pages.sum());
        Dropped(dropped)
    }

    fn remove_reached(&self, common: &mut Common, reach: &Reach, dropped: &mut Vec<(Name, Group)>) {
        let Common { index, origins } = common;
        let mut paths: Vec<Name> = match reach {
            Reach::All => {
                index.clear();
                origins.clear();
                dropped.extend(self.groups.drain());
                return;
            }
            Reach::Entity(entity) => {
                let groups = self.groups.iter();
                let groups =
                    groups.filter(|(_, group)| group.places().any(|it| it.is_page_of(entity)));
                groups.map(|(path, _)| path).collect()
            }
            Reach::Row(_) | Reach::Related(_) | Reach::Rows => return,
            Reach::Path(_) => {
                let path = self.names.of(reach);
                let mut paths = index.take(path);
                paths.push(path);
                paths
            }
            Reach::Kin(_) | Reach::Tag(_) => index.take(self.names.of(reach)),
        };
        // What of a table stays near the processor is used again.
        paths.sort_unstable_by_key(|path| self.groups.shard_index(path));
        let before = dropped.len();
        let groups = paths.iter().filter_map(|path| self.groups.remove(path));
        dropped.extend(groups);
        for (path, group) in &dropped[before..] {
            unfile(index, *path, group);
        }
    }

    /// The pages of the path of a key, whichever they are.
    fn group(&self, key: &Key) -> Option<Group> {
        self.groups.peek(&self.names.of_path(key.path().as_str()))
    }

    pub(crate) fn fence_deadline(&self) -> Duration {
        self.fence_deadline
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(super) fn paths(&self) -> usize {
        self.groups.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.groups.weight()
    }

    pub(super) fn max_bytes(&self) -> u64 {
        self.groups.capacity()
    }

    /// How many names the pages are filed under.
    #[cfg(test)]
    pub(super) fn names(&self) -> usize {
        self.common().index.len()
    }

    /// Takes a page's names from it, as nothing but a mistake does.
    #[cfg(test)]
    pub(super) fn lose_names(&self, page: &Page) {
        let place = page.place().expect("it is stored");
        let path = self.names.of_path(place.key().path().as_str());
        let mut common = self.common();
        for name in place.names() {
            common.index.unfile(path, name);
        }
    }

    fn common(&self) -> MutexGuard<'_, Common> {
        self.common.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fine enough to tell which variant was served last.
    fn moment(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("paths", &self.paths())
            .field("bytes", &self.bytes())
            .finish_non_exhaustive()
    }
}

fn unfile(index: &mut Index, path: Name, group: &Group) {
    for name in group.places().flat_map(Place::names) {
        index.unfile(path, name);
    }
}

/// What a place among the groups takes: the tables double when they are full.
const PLACE: u64 = 72;

/// What is lost between the pieces that a page is made of: about so much with the
/// allocator of glibc, and less with others.
const LOST: u64 = 80;

#[derive(Clone, Debug)]
struct ByWeight;

impl Weighter<Name, Group> for ByWeight {
    fn weight(&self, _: &Name, group: &Group) -> u64 {
        group.weight() + PLACE + LOST
    }
}

/// Hands the evicted groups to whoever inserts.
#[derive(Clone, Debug)]
struct Evictions;

impl Lifecycle<Name, Group> for Evictions {
    type RequestState = Vec<(Name, Group)>;

    fn on_evict(&self, evicted: &mut Self::RequestState, path: Name, group: Group) {
        evicted.push((path, group));
    }
}
