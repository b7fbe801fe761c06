//! A store that is right but for one thing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dumper::store::{
    Change, Changes, Fence, Filing, Leased, MemoryStore, Moves, Reached, Rendered, Stamp, Store,
    Stored, Unavailable,
};
use dumper::{Key, NotStored, Page, Path, RequestHeaders};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    LeasesAreNotChecked,
    CopiesAreServed,
    EverythingIsCurrent,
    ChangesComeLate,
    HandlesAreApart,
    FencesAreIgnored,
    FencesStandForEver,
    RenewalsAreForgotten,
    WritersAreOne,
    TagsAreForgotten,
    KinAreOnePath,
    EntitiesAreIgnored,
    EverythingIsDropped,
    HeadersSelectNothing,
    LifetimesAreForgotten,
    VariantsHaveNoBound,
    BodiesAreText,
    AnythingIsTransformed,
    FewChangesAreMade,
    MovesAreNotMarked,
    EverythingMoves,
    RendersAreAwaitedForEver,
    NothingIsStored,
    CallsMustEnd,
}

#[derive(Debug)]
pub(super) struct Mistaken {
    store: MemoryStore,
    mistake: Option<Mistake>,
    copies: Mutex<HashMap<Key, Stored>>,
    /// The path of a change that is still to be made.
    late: Mutex<Option<Path>>,
    is_busy: AtomicBool,
}

impl Mistaken {
    pub(super) fn new(store: MemoryStore, mistake: Option<Mistake>) -> Self {
        Self {
            store,
            mistake,
            copies: Mutex::default(),
            late: Mutex::default(),
            is_busy: AtomicBool::new(false),
        }
    }

    fn has(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    fn copy(&self, key: &Key) -> Option<Stored> {
        let copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        copies.get(key).map(copy)
    }

    fn keep(&self, key: &Key, stored: &Stored) {
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        copies.insert(key.clone(), copy(stored));
    }

    /// What becomes of one change.
    fn mistaken<'a>(&self, change: &Change<'a>, plain: &'a Path) -> Option<Change<'a>> {
        let mut change = *change;
        match self.mistake {
            Some(Mistake::FencesAreIgnored) => change.fence = Fence::None,
            Some(Mistake::KinAreOnePath) if matches!(change.reached, Reached::Kin(_)) => {
                change.reached = Reached::Path(plain);
            }
            Some(Mistake::EntitiesAreIgnored) if matches!(change.reached, Reached::Entity(_)) => {
                return None;
            }
            Some(Mistake::EverythingIsDropped) => change.reached = Reached::All,
            _ => {}
        }
        Some(change)
    }
}

impl Store for Mistaken {
    async fn look_up(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
    ) -> Result<Option<Stored>, Unavailable> {
        if self.has(Mistake::CopiesAreServed)
            && let Some(stored) = self.copy(key)
        {
            return Ok(Some(stored));
        }
        let found = self.store.look_up(key, headers).await?;
        if let Some(stored) = &found {
            self.keep(key, stored);
        }
        Ok(found)
    }

    async fn is_current(&self, key: &Key, stamp: &Stamp) -> Result<bool, Unavailable> {
        Ok(self.has(Mistake::EverythingIsCurrent) || self.store.is_current(key, stamp).await?)
    }

    async fn lease(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
        may_wait: bool,
    ) -> Result<Leased, Unavailable> {
        let is_awaited = self.has(Mistake::RendersAreAwaitedForEver);
        match self
            .store
            .lease(key, headers, may_wait || is_awaited)
            .await?
        {
            Leased::Awaited(_) if is_awaited => {
                self.is_busy.store(true, Ordering::SeqCst);
                Ok(Leased::Awaited(Duration::from_secs(1)))
            }
            Leased::Granted(_) if is_awaited && self.is_busy.load(Ordering::SeqCst) => {
                Ok(Leased::Awaited(Duration::from_secs(1)))
            }
            leased => Ok(leased),
        }
    }

    async fn fill(&self, rendered: Rendered<'_>) -> Result<Stamp, NotStored> {
        let Rendered { key, page, .. } = rendered;
        let mut stamp = rendered.stamp.clone();
        if self.has(Mistake::LeasesAreNotChecked)
            && let Ok(Leased::Granted(new)) = self.store.lease(key, &|_| None, false).await
        {
            stamp = new;
        }
        if self.has(Mistake::NothingIsStored) {
            return Ok(stamp);
        }
        let (mut page, mut filing) = (same(page), rendered.filing.clone());
        let text = String::from_utf8_lossy(page.body()).into_owned();
        match self.mistake {
            Some(Mistake::HeadersSelectNothing) => page = page.vary(Vec::new()),
            Some(Mistake::LifetimesAreForgotten) => {
                page = Page::new(page.status(), page.headers().clone(), page.body().clone());
            }
            Some(Mistake::BodiesAreText) => {
                page = Page::new(page.status(), page.headers().clone(), text.into());
            }
            Some(Mistake::AnythingIsTransformed) => page = page.no_transform(false),
            Some(Mistake::TagsAreForgotten) => filing = Filing::at(key.path()),
            _ => {}
        }
        let max_variants = match self.mistake {
            Some(Mistake::VariantsHaveNoBound) => usize::MAX,
            _ => rendered.max_variants,
        };
        let rendered = Rendered {
            page: &page,
            filing: &filing,
            stamp: &stamp,
            max_variants,
            ..rendered
        };
        self.store.fill(rendered).await
    }

    fn release(&self, key: &Key, stamp: &Stamp) {
        self.store.release(key, stamp);
    }

    async fn apply(&self, changes: &Changes<'_>) -> Result<Moves, Unavailable> {
        if self.has(Mistake::CallsMustEnd) {
            assert!(!self.is_busy.swap(true, Ordering::SeqCst), "it is busy");
            tokio::task::yield_now().await;
            self.is_busy.store(false, Ordering::SeqCst);
        }
        let plain = changes
            .changes
            .iter()
            .find_map(|change| match change.reached {
                Reached::Kin(kin) => Some(Path::requested(kin.as_str())),
                Reached::Path(path) => Some(path.clone()),
                _ => None,
            });
        let plain = plain.unwrap_or_else(|| Path::requested("/"));
        let all = changes.changes.iter();
        let mut made: Vec<_> = all.filter_map(|it| self.mistaken(it, &plain)).collect();
        let mut changes = Changes {
            changes: &[],
            ..*changes
        };
        let before;
        match self.mistake {
            Some(Mistake::FewChangesAreMade) => made.truncate(1_000),
            Some(Mistake::FencesStandForEver) => changes.time_to_live = Duration::MAX,
            Some(Mistake::RenewalsAreForgotten) if changes.renew => made.clear(),
            Some(Mistake::WritersAreOne) => changes.writer = 0,
            Some(Mistake::EverythingMoves) => changes.moved = true,
            Some(Mistake::ChangesComeLate) => {
                let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
                before = late.replace(plain.clone());
                made.clear();
                made.extend(before.as_ref().map(|path| Change {
                    reached: Reached::Path(path),
                    fence: Fence::None,
                }));
            }
            _ => {}
        }
        changes.changes = &made;
        let moves = self.store.apply(&changes).await?;
        if self.has(Mistake::MovesAreNotMarked) {
            let left = moves.found.clone();
            return Ok(Moves { left, ..moves });
        }
        Ok(moves)
    }
}

fn copy(stored: &Stored) -> Stored {
    Stored {
        page: same(&stored.page),
        stamp: stored.stamp.clone(),
    }
}

fn same(page: &Page) -> Page {
    Page::new(page.status(), page.headers().clone(), page.body().clone())
        .vary(page.selected_by().to_vec())
        .restore(page.times())
        .no_transform(!page.may_be_transformed())
}
