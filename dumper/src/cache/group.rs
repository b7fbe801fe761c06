//! All variants of a path.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::index::Filed;
use super::key::{Key, KeyRef, Variant};
use super::page::{Page, RequestHeaders};
use super::weight::{allocated, counted};

/// What all variants of a path may take together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) weight: u64,
    pub(super) variants: usize,
}

/// The pages of one path. They are stored, weighed, evicted and dropped together.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// In the order in which they were made.
    variants: Vec<Stored>,
    weight: u64,
}

#[derive(Clone, Debug)]
struct Stored {
    variant: Variant,
    page: Arc<Page>,
    filed: Filed,
    /// The bytes of what was made of the page since it was stored.
    added: usize,
}

impl Group {
    /// The page for a request, the one made last if several fit (RFC 9111 §4.1).
    pub(super) fn select(
        &self,
        key: &KeyRef<'_>,
        headers: &RequestHeaders<'_>,
    ) -> Option<&Arc<Page>> {
        let mut newest_first = self.variants.iter().rev();
        let stored = newest_first.find(|stored| {
            key.has(&stored.variant)
                && stored.page.is_selected_by(headers)
                && stored.page.is_fresh(Instant::now)
        });
        stored.map(|stored| &stored.page)
    }

    /// The names of the request headers that select among the pages of a key.
    pub(super) fn selecting(&self, key: &Key) -> Vec<String> {
        let variants = self.variants.iter();
        let of_key = variants.filter(|stored| stored.variant == *key.variant());
        let names = of_key.flat_map(|stored| stored.page.selecting());
        let mut names: Vec<String> = names.map(ToOwned::to_owned).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Adds a page to those there were, within the bounds.
    ///
    /// Beyond them, the least recently served ones go, a plain one last.
    pub(super) fn with(
        earlier: Option<&Self>,
        variant: Variant,
        page: &Arc<Page>,
        filed: Filed,
        bounds: Bounds,
    ) -> Self {
        let earlier = earlier.into_iter().flat_map(|group| &group.variants);
        let others =
            earlier.filter(|stored| stored.variant != variant || !stored.page.same_variant(page));
        let mut variants = Vec::with_capacity(others.clone().count() + 1);
        variants.extend(others.cloned());
        let made_before = |stored: &Stored| stored.page.made() <= page.made();
        let place = variants.partition_point(made_before);
        let stored = Stored {
            variant,
            page: Arc::clone(page),
            filed,
            added: 0,
        };
        variants.insert(place, stored);
        let mut group = Self {
            variants,
            weight: 0,
        };
        group.make_room(page, bounds);
        group
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
        let mut group = self.clone();
        let mut variants = group.variants.iter_mut();
        variants
            .find(|stored| Arc::ptr_eq(&stored.page, page))?
            .added += bytes;
        group.make_room(page, bounds);
        (group.weight <= bounds.weight).then_some(group)
    }

    /// A page with the bytes of another one's body, if they are the same.
    pub(super) fn share(&self, page: Page) -> Page {
        let mut variants = self.variants.iter().map(|stored| &stored.page);
        match variants.find(|stored| stored.body() == page.body()) {
            Some(stored) => page.with_body(stored.body().clone()),
            None => page,
        }
    }

    pub(super) fn has(&self, page: &Arc<Page>) -> bool {
        let mut variants = self.variants.iter();
        variants.any(|stored| Arc::ptr_eq(&stored.page, page))
    }

    pub(super) fn pages(&self) -> impl Iterator<Item = &Page> {
        self.variants.iter().map(|stored| &*stored.page)
    }

    /// Where its pages are filed besides their path.
    pub(super) fn filed(&self) -> impl Iterator<Item = &Filed> {
        self.variants.iter().map(|stored| &stored.filed)
    }

    pub(super) fn len(&self) -> usize {
        self.variants.len()
    }

    /// The bytes it takes in memory, roughly.
    pub(super) fn weight(&self) -> u64 {
        self.weight
    }

    /// Removes variants until the bounds are kept, but never this page.
    fn make_room(&mut self, page: &Arc<Page>, bounds: Bounds) {
        self.weight = self.weigh();
        while self.variants.len() > bounds.variants || self.weight > bounds.weight {
            let Some(least) = self.least_recent_but(page) else {
                return;
            };
            self.variants.remove(least);
            self.weight = self.weigh();
        }
    }

    fn weigh(&self) -> u64 {
        let variants = self.variants.iter().map(|stored| {
            stored.variant.weight() + stored.page.weight() + stored.added + stored.filed.weight()
        });
        let own = counted(size_of::<Self>()) + allocated(size_of_val(&*self.variants));
        let weight = own + variants.sum::<usize>() - self.shared_bytes();
        u64::try_from(weight).unwrap_or(u64::MAX)
    }

    /// The bytes of all bodies that are the body of an earlier variant too.
    fn shared_bytes(&self) -> usize {
        let mut seen = HashSet::new();
        let bodies = self.variants.iter().map(|stored| stored.page.body());
        let shared = bodies.filter(|body| !seen.insert(body.as_ptr()));
        shared.map(Bytes::len).sum()
    }

    /// The variant that was served least recently, a plain one last.
    fn least_recent_but(&self, page: &Arc<Page>) -> Option<usize> {
        let variants = self.variants.iter().enumerate();
        let others = variants.filter(|(_, stored)| !Arc::ptr_eq(&stored.page, page));
        let least = others.min_by_key(|(_, stored)| {
            let is_plain = stored.variant.is_plain() && stored.page.is_plain();
            (is_plain, stored.page.last_served())
        });
        least.map(|(at, _)| at)
    }
}
