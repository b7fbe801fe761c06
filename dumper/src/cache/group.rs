//! All variants of a path.

use std::sync::Arc;
use std::time::Instant;

use super::key::{Key, Variant};
use super::page::{Page, RequestHeaders};
use crate::reach::Filing;

/// How many variants a path may have.
const VARIANTS: usize = 64;

/// The pages of one path. They are stored, weighed, evicted and dropped together.
#[derive(Clone, Debug)]
pub(super) struct Group {
    variants: Vec<Stored>,
    filing: Filing,
    weight: u64,
}

#[derive(Clone, Debug)]
struct Stored {
    variant: Variant,
    page: Arc<Page>,
    filing: Filing,
}

impl Group {
    /// The page for a request, the newest one if several fit (RFC 9111 §4.1).
    pub(super) fn select(&self, key: &Key, headers: &RequestHeaders<'_>) -> Option<&Arc<Page>> {
        let mut newest_first = self.variants.iter().rev();
        let stored = newest_first.find(|stored| {
            stored.variant == *key.variant()
                && stored.page.is_selected_by(headers)
                && stored.page.is_fresh(Instant::now)
        });
        stored.map(|stored| &stored.page)
    }

    /// Adds a page to those there were, within the bounds.
    ///
    /// Beyond them, the least recently served ones go, a plain one last.
    pub(super) fn with(
        earlier: Option<&Self>,
        key: &Key,
        page: Arc<Page>,
        filing: &Filing,
        max_weight: u64,
    ) -> Self {
        let mut group = Self {
            variants: earlier
                .map(|group| group.variants.clone())
                .unwrap_or_default(),
            filing: filing.clone(),
            weight: 0,
        };
        group
            .variants
            .retain(|stored| stored.variant != *key.variant() || !stored.page.same_variant(&page));
        group.variants.push(Stored {
            variant: key.variant().clone(),
            page,
            filing: filing.clone(),
        });
        group.weight = group.weigh();
        while group.variants.len() > VARIANTS
            || (group.variants.len() > 1 && group.weight > max_weight)
        {
            group.remove_one();
            group.weight = group.weigh();
        }
        for stored in &group.variants {
            group.filing.merge(&stored.filing);
        }
        group
    }

    pub(super) fn filing(&self) -> &Filing {
        &self.filing
    }

    pub(super) fn len(&self) -> usize {
        self.variants.len()
    }

    /// The bytes it takes in memory, roughly.
    pub(super) fn weight(&self) -> u64 {
        self.weight
    }

    fn weigh(&self) -> u64 {
        let variants = self
            .variants
            .iter()
            .map(|stored| stored.variant.len() + stored.page.weight() + 2 * stored.filing.weight());
        u64::try_from(variants.sum::<usize>() + 512).unwrap_or(u64::MAX)
    }

    /// Removes the variant that was served least recently, a plain one last, and
    /// never the newest.
    fn remove_one(&mut self) {
        let newest = self.variants.len() - 1;
        let least = self.variants[..newest]
            .iter()
            .enumerate()
            .min_by_key(|(_, stored)| (stored.variant.is_plain(), stored.page.last_served()));
        if let Some((at, _)) = least {
            self.variants.remove(at);
        }
    }
}
