//! The fences of all writers.

use std::collections::HashMap;
use std::time::Instant;

use crate::ledger::Standing;
use crate::reach::{Filing, Reach};

/// What fences stand on, whose they are, and how long they stand.
#[derive(Debug, Default)]
pub(super) struct Fences {
    standing: Standing,
    ends: HashMap<(u128, Reach), Instant>,
    /// No fence ends earlier.
    next: Option<Instant>,
}

impl Fences {
    pub(super) fn stand_on(&self, filing: &Filing) -> bool {
        self.standing.on(filing)
    }

    /// Lets a writer's fence stand until a moment, whether it stood or not.
    pub(super) fn raise(&mut self, writer: u128, reach: Reach, end: Instant) {
        if self.ends.insert((writer, reach.clone()), end).is_none() {
            self.standing.add(reach);
        }
        self.next = self.next.map_or(Some(end), |next| Some(next.min(end)));
    }

    pub(super) fn lift(&mut self, writer: u128, reach: &Reach) {
        if self.ends.remove(&(writer, reach.clone())).is_some() {
            self.standing.subtract(reach);
        }
    }

    /// Ends those whose time is over, and returns what they stood on.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<Reach> {
        if self.next.is_none_or(|next| now < next) {
            return Vec::new();
        }
        let ended = self.ends.extract_if(|_, end| *end <= now);
        let ended: Vec<Reach> = ended.map(|((_, reach), _)| reach).collect();
        for reach in &ended {
            self.standing.subtract(reach);
        }
        self.next = self.ends.values().min().copied();
        ended
    }
}
