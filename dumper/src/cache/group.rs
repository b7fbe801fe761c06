//! All pages of a path.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bytes::Bytes;

use super::key::{Key, KeyRef};
use super::page::{Page, RequestHeaders};
use super::place::Place;
use crate::weight::{allocated, counted};

/// What all pages of a path may take together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) weight: u64,
    pub(super) variants: usize,
}

/// The pages of one path. They are stored, weighed, evicted and dropped together.
///
/// Two paths that happen to have one [name](super::names::Name) share a group.
#[derive(Clone, Debug)]
pub(super) enum Group {
    /// Mostly it is one, of which nothing was made since it was stored. To tell its
    /// weight without a look at it matters where very many are dropped.
    One {
        page: Arc<Page>,
        weight: u32,
    },
    Several(Arc<Several>),
}

#[derive(Debug)]
pub(super) struct Several {
    /// In the order in which they were made.
    members: Box<[Member]>,
    weight: usize,
}

#[derive(Debug)]
struct Member {
    page: Arc<Page>,
    /// The bytes of what was made of it since it was stored.
    added: usize,
    /// The moment when it was served last, or stored.
    served: AtomicU64,
}

impl Member {
    fn of(page: &Arc<Page>, moment: u64) -> Self {
        Self {
            page: Arc::clone(page),
            added: 0,
            served: AtomicU64::new(moment),
        }
    }

    fn last_served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }

    fn weight(&self) -> usize {
        self.page.weight() + self.added
    }
}

impl Clone for Member {
    fn clone(&self) -> Self {
        Self {
            page: Arc::clone(&self.page),
            added: self.added,
            served: AtomicU64::new(self.last_served()),
        }
    }
}

impl Group {
    /// The page for a request, the one made last if several fit (RFC 9111 §4.1). It is
    /// served at this moment.
    pub(super) fn select(
        self,
        key: &KeyRef<'_>,
        headers: &RequestHeaders<'_>,
        moment: impl FnOnce() -> u64,
    ) -> Option<Arc<Page>> {
        let fits = |page: &Arc<Page>| {
            page.place().is_some_and(|place| key.is(place.key()))
                && page.is_selected_by(headers)
                && page.is_fresh(Instant::now)
        };
        match self {
            Self::One { page, .. } => Some(page).filter(fits),
            Self::Several(several) => {
                let member = several.members.iter().rfind(|it| fits(&it.page))?;
                // Where there is no other, none was served less recently.
                if several.members.len() > 1 {
                    member.served.store(moment(), Ordering::Relaxed);
                }
                Some(Arc::clone(&member.page))
            }
        }
    }

    /// The names of the request headers that select among the pages of a key.
    pub(super) fn selecting(&self, key: &Key) -> Vec<String> {
        let pages = self.pages();
        let of_key = pages.filter(|page| page.place().is_some_and(|place| place.key() == key));
        let names = of_key.flat_map(|page| page.selecting());
        let mut names: Vec<String> = names.map(ToOwned::to_owned).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Adds a page to those there were, at this moment and within the bounds.
    ///
    /// Beyond them, the least recently served ones go, a plain one last.
    pub(super) fn with(
        earlier: Option<&Self>,
        page: &Arc<Page>,
        moment: u64,
        bounds: Bounds,
    ) -> Self {
        let member = Member::of(page, moment);
        let Some(earlier) = earlier else {
            return Self::of(&[member]);
        };
        let mut members = earlier.members();
        members.retain(|it| !it.page.same_variant(page));
        let at = members.partition_point(|it| it.page.made() <= page.made());
        members.insert(at, member);
        Self::within(bounds, members, page)
    }

    /// Adds to the weight of one of its pages, within the bounds.
    ///
    /// Returns `None` if it is not among them, or too heavy by now.
    pub(super) fn with_heavier(
        &self,
        page: &Arc<Page>,
        bytes: usize,
        bounds: Bounds,
    ) -> Option<Self> {
        if bytes as u64 > bounds.weight {
            return None;
        }
        let mut members = self.members();
        let member = members.iter_mut().find(|it| Arc::ptr_eq(&it.page, page))?;
        member.added += bytes;
        let group = Self::within(bounds, members, page);
        (group.weight() <= bounds.weight).then_some(group)
    }

    /// A page with the bytes of another one's body, if they are the same.
    pub(super) fn share(&self, page: Page) -> Page {
        let mut pages = self.pages();
        match pages.find(|stored| stored.body() == page.body()) {
            Some(stored) => page.with_body(stored.body().clone()),
            None => page,
        }
    }

    pub(super) fn has(&self, page: &Arc<Page>) -> bool {
        self.pages().any(|it| Arc::ptr_eq(it, page))
    }

    pub(super) fn pages(&self) -> impl Iterator<Item = &Arc<Page>> {
        let (one, members) = match self {
            Self::One { page, .. } => (Some(page), [].as_slice()),
            Self::Several(several) => (None, &*several.members),
        };
        one.into_iter().chain(members.iter().map(|it| &it.page))
    }

    /// Where its pages are stored.
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.pages().filter_map(|page| page.place())
    }

    /// The bytes it takes in memory, roughly.
    pub(super) fn weight(&self) -> u64 {
        match self {
            Self::One { weight, .. } => (*weight).into(),
            Self::Several(several) => several.weight as u64,
        }
    }

    fn members(&self) -> Vec<Member> {
        match self {
            // Nobody knows when it was served, but all others are stored later.
            Self::One { page, .. } => vec![Member::of(page, 0)],
            Self::Several(several) => several.members.to_vec(),
        }
    }

    /// A group of pages, without so many of them that the bounds are kept, but never
    /// without this one.
    fn within(bounds: Bounds, mut members: Vec<Member>, page: &Arc<Page>) -> Self {
        loop {
            let group = Self::of(&members);
            if members.len() <= bounds.variants && group.weight() <= bounds.weight {
                return group;
            }
            let Some(least) = least_recent_but(page, &members) else {
                return group;
            };
            members.remove(least);
        }
    }

    fn of(members: &[Member]) -> Self {
        if let [Member { page, added: 0, .. }] = members
            && let Ok(weight) = u32::try_from(page.weight())
        {
            let page = Arc::clone(page);
            return Self::One { page, weight };
        }
        Self::Several(Arc::new(Several {
            weight: weigh(members),
            members: members.into(),
        }))
    }
}

fn weigh(members: &[Member]) -> usize {
    let own = counted(size_of::<Several>()) + allocated(size_of_val(members));
    let weights = members.iter().map(Member::weight);
    own + weights.sum::<usize>() - shared_bytes(members)
}

/// The bytes of all bodies that are the body of an earlier page too.
fn shared_bytes(members: &[Member]) -> usize {
    let mut seen = HashSet::new();
    let bodies = members.iter().map(|it| it.page.body());
    let shared = bodies.filter(|body| !seen.insert((body.as_ptr(), body.len())));
    shared.map(Bytes::len).sum()
}

/// The page that was served least recently, a plain one last.
fn least_recent_but(page: &Arc<Page>, members: &[Member]) -> Option<usize> {
    let others = members.iter().enumerate();
    let others = others.filter(|(_, it)| !Arc::ptr_eq(&it.page, page));
    let least = others.min_by_key(|(_, it)| (it.page.is_plain(), it.last_served()));
    least.map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use crate::cache::names::Names;
    use crate::reach::Filing;

    use super::*;

    const BOUNDS: Bounds = Bounds {
        weight: 1 << 20,
        variants: 8,
    };

    fn key(path: &str) -> Key {
        Key::new("https", "parlour.example", path, None).unwrap()
    }

    fn page(path: &str, body: &'static str) -> Arc<Page> {
        let page = Page::new(200, Vec::new(), Bytes::from_static(body.as_bytes()));
        let place = Place::new(key(path), &Filing::at(key(path).path()), &Names::default());
        Arc::new(page.placed(place))
    }

    #[test]
    fn paths_that_happen_to_have_one_name_have_pages_of_their_own() {
        let mut group = Group::with(None, &page("/a/", "old"), 0, BOUNDS);
        for (path, body) in [("/b/", "b"), ("/a/", "a")] {
            group = Group::with(Some(&group), &page(path, body), 0, BOUNDS);
        }
        assert_eq!(group.pages().count(), 2);
        for (path, body) in [("/a/", Some("a")), ("/b/", Some("b")), ("/c/", None)] {
            let found = group.clone().select(&key(path).borrowed(), &|_| None, || 0);
            let found = found.as_ref().map(|page| &page.body()[..]);
            assert_eq!(found, body.map(str::as_bytes), "{path}");
        }
    }

    #[test]
    fn what_is_too_heavy_is_not_added() {
        let page = page("/a/", "a");
        let group = Group::with(None, &page, 0, BOUNDS);
        let heavier = group.with_heavier(&page, 1000, BOUNDS).unwrap();
        assert!((1000..2000).contains(&(heavier.weight() - group.weight())));
        for bytes in [1 << 20, usize::MAX] {
            assert!(heavier.with_heavier(&page, bytes, BOUNDS).is_none());
        }
        let again = heavier.with_heavier(&page, 0, BOUNDS).unwrap();
        assert_eq!(again.weight(), heavier.weight());
    }
}
