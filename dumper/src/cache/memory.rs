//! Pages in memory, within a number of bytes.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use ahash::RandomState;
use quick_cache::sync::Cache as Pages;
use quick_cache::{Lifecycle, OptionsBuilder, Weighter};

use super::group::{Bounds, Group};
use super::index::Index;
use super::key::{Key, KeyRef};
use super::origins::Origins;
use super::page::{Page, RequestHeaders};
use super::stats::Counters;
use super::weight::counted;
use crate::path::Path;
use crate::reach::{Filing, Reach};
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering};

/// The pages of a cache, and the names they are filed under.
///
/// Reading takes no lock but that of a shard. Inserting and removing are done by
/// the process alone, under the lock of the ledger.
pub(crate) struct Memory {
    groups: Pages<Path, Arc<Group>, ByWeight, RandomState, Evictions>,
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
        let groups = Pages::with_options(options, ByWeight, RandomState::new(), Evictions);
        Self {
            bounds: Bounds {
                weight: groups.shard_capacity() / 2,
                variants: max_variants,
            },
            groups,
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
        let group = self.groups.get(key.path())?;
        let page = group.select(key, headers)?;
        // Where there is one, none was served less recently.
        if group.len() > 1 {
            page.touch(self.moment());
        }
        Some(Arc::clone(page))
    }

    /// Whether the path of a key has such a page.
    pub(crate) fn has(&self, key: &Key, is_it: impl Fn(&Page) -> bool) -> bool {
        let group = self.groups.peek(key.path());
        group.is_some_and(|group| group.pages().any(is_it))
    }

    /// The names of the request headers that select among the pages of a key.
    pub(crate) fn selecting(&self, key: &Key) -> Vec<String> {
        let group = self.groups.peek(key.path());
        group.map_or_else(Vec::new, |group| group.selecting(key))
    }

    /// A page that shares its body with another variant of its path, if it can.
    pub(crate) fn share(&self, key: &Key, page: Page) -> Page {
        match self.groups.peek(key.path()) {
            Some(group) => group.share(page),
            None => page,
        }
    }

    pub(super) fn insert(&self, key: &Key, page: &Arc<Page>, filing: &Filing) {
        self.insert_among(key, page, filing, self.bounds.variants);
    }

    /// Inserts a page into a path that may have so many.
    pub(crate) fn insert_among(
        &self,
        key: &Key,
        page: &Arc<Page>,
        filing: &Filing,
        max_variants: usize,
    ) {
        page.touch(self.moment());
        let bounds = Bounds {
            variants: max_variants,
            ..self.bounds
        };
        let path = key.path();
        let earlier = self.groups.peek(path);
        let mut common = self.common();
        let origin = common.origins.kept(key.variant().origin());
        let variant = key.variant().with(origin);
        let filed = common.index.filed(path, filing);
        let group = Group::with(earlier.as_deref(), variant, page, filed, bounds);
        self.put(&mut common.index, path, earlier.as_deref(), group);
    }

    /// Reckons with so many more bytes of a page, if it is still stored and there
    /// is room for them. Others may go for them.
    pub(super) fn add_weight(&self, key: &Key, page: &Arc<Page>, bytes: usize) -> bool {
        let Some(earlier) = self.groups.peek(key.path()) else {
            return false;
        };
        let Some(group) = earlier.with_heavier(page, bytes, self.bounds) else {
            return false;
        };
        self.put(&mut self.common().index, key.path(), Some(&earlier), group);
        true
    }

    fn put(&self, index: &mut Index, path: &Path, earlier: Option<&Group>, group: Group) {
        let group = Arc::new(group);
        if let Some(earlier) = earlier {
            unfile(index, path, earlier);
        }
        for filed in group.filed() {
            index.file(path, filed);
        }
        let mut evicted = Vec::new();
        self.groups
            .insert_with_lifecycle(path.clone(), Arc::clone(&group), &mut evicted);
        for (evicted, old) in evicted {
            // The group that the new one replaces is reported too.
            if evicted != *path || Arc::ptr_eq(&old, &group) {
                unfile(index, &evicted, &old);
                self.counters.evicted(old.len());
            }
        }
    }

    /// Drops a page that is not true any more, and all variants of its path with it.
    pub(super) fn forget(&self, key: &Key, page: &Arc<Page>) {
        let group = self.groups.peek(key.path());
        if group.is_some_and(|group| group.has(page)) {
            self.remove(&Reach::Path(key.path().clone()));
        }
    }

    pub(crate) fn remove(&self, reach: &Reach) {
        let mut common = self.common();
        let Common { index, origins } = &mut *common;
        let paths: Vec<Path> = match reach {
            Reach::All => {
                index.clear();
                origins.clear();
                let groups = self.groups.drain();
                let pages = groups.map(|(_, group)| group.len()).sum();
                self.counters.invalidated(pages);
                return;
            }
            Reach::Entity(entity) => {
                let groups = self.groups.iter();
                let groups = groups.filter(|(path, group)| {
                    entity.has_page_at(path) || group.filed().any(|filed| filed.is_page_of(entity))
                });
                groups.map(|(path, _)| path).collect()
            }
            Reach::Row(_) | Reach::Related(_) | Reach::Rows => return,
            Reach::Path(path) => {
                let mut paths = index.take(reach);
                paths.push(path.clone());
                paths
            }
            Reach::Kin(_) | Reach::Tag(_) => index.take(reach),
        };
        for path in paths {
            if let Some((path, group)) = self.groups.remove(&path) {
                unfile(index, &path, &group);
                self.counters.invalidated(group.len());
            }
        }
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

    /// The largest page that is stored.
    pub(crate) fn max_page(&self) -> u64 {
        self.bounds.weight
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
    pub(super) fn lose_names(&self, path: &Path, filing: &Filing) {
        let mut common = self.common();
        let filed = common.index.filed(path, filing);
        common.index.unfile(path, &filed);
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

fn unfile(index: &mut Index, path: &Path, group: &Group) {
    for filed in group.filed() {
        index.unfile(path, filed);
    }
}

/// What a place among the pages takes: the tables double when they are full.
const PLACE: usize = 96;

#[derive(Clone, Debug)]
struct ByWeight;

impl Weighter<Path, Arc<Group>> for ByWeight {
    fn weight(&self, path: &Path, group: &Arc<Group>) -> u64 {
        let place = PLACE + counted(path.as_str().len());
        group.weight() + place as u64
    }
}

/// Hands the evicted groups to whoever inserts.
#[derive(Clone, Debug)]
struct Evictions;

impl Lifecycle<Path, Arc<Group>> for Evictions {
    type RequestState = Vec<(Path, Arc<Group>)>;

    fn on_evict(&self, evicted: &mut Self::RequestState, path: Path, group: Arc<Group>) {
        evicted.push((path, group));
    }
}
