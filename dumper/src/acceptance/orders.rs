//! Every order of what several processes do to one page.
//!
//! A database is played beside the store: a write has it hold a new version, and a
//! render takes the version that it finds.

use super::acts::{ANNA, BOB, body, change, changes, fill_with, key, lift, path, raise, try_lease};
use crate::Key;
use crate::store::{Changes, Fence, Reached, Stamp, Store};

/// What one of the parties does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Lease,
    Render,
    Fill,
    Raise,
    Commit,
    Lift,
    /// Drops the page, without a fence.
    Drop,
}

const RENDER: &[Step] = &[Step::Lease, Step::Render, Step::Fill];
const FENCED_WRITE: &[Step] = &[Step::Raise, Step::Commit, Step::Lift];
const WRITE: &[Step] = &[Step::Commit, Step::Drop];

/// "No call that begins later, on any handle, returns a page … that was stored or
/// leased before", in every order of two renders, a write, and the change that tells
/// of it.
pub async fn two_renders_and_a_change_in_every_order<S: Store>(one: S, two: S) {
    in_every_order(&one, &two, [RENDER, RENDER, WRITE]).await;
}

/// "While a fence stands, nobody is given a lease, and nothing is stored", in every
/// order of two renders and a write within a fence.
pub async fn two_renders_and_a_fenced_write_in_every_order<S: Store>(one: S, two: S) {
    in_every_order(&one, &two, [RENDER, RENDER, FENCED_WRITE]).await;
}

/// "It is lifted, if it stands. Those of other writers stay", in every order of two
/// writes within a fence each, and a render.
pub async fn two_fenced_writes_and_a_render_in_every_order<S: Store>(one: S, two: S) {
    in_every_order(&one, &two, [FENCED_WRITE, FENCED_WRITE, RENDER]).await;
}

async fn in_every_order<S: Store>(one: &S, two: &S, plans: [&[Step]; 3]) {
    for (number, order) in orders(plans.map(<[Step]>::len)).into_iter().enumerate() {
        let mut world = World::new(one, two, &format!("/order-{number}/"));
        for (at, &party) in order.iter().enumerate() {
            let done = order[..at].iter().filter(|&&other| other == party).count();
            world.step(party, plans[party][done]).await;
            world.look().await;
        }
    }
}

/// All sequences in which each party has its number of turns.
fn orders(turns: [usize; 3]) -> Vec<Vec<usize>> {
    if turns == [0; 3] {
        return vec![Vec::new()];
    }
    let mut orders = Vec::new();
    for first in (0..3).filter(|&party| turns[party] > 0) {
        let mut left = turns;
        left[first] -= 1;
        for rest in self::orders(left) {
            orders.push([vec![first], rest].concat());
        }
    }
    orders
}

/// One page, a database, and three parties: the first by one handle, the others by
/// the other.
struct World<'a, S> {
    handles: [&'a S; 3],
    key: Key,
    /// What the database has.
    version: u8,
    /// What writes that are done have put there.
    done: u8,
    /// What the writes have put there.
    written: [u8; 3],
    fences: [bool; 3],
    leases: [Option<Lease>; 3],
    trace: Vec<(usize, Step)>,
}

struct Lease {
    stamp: Stamp,
    rendered: u8,
    is_void: bool,
}

impl<'a, S: Store> World<'a, S> {
    fn new(one: &'a S, two: &'a S, path: &str) -> Self {
        Self {
            handles: [one, two, two],
            key: key(path),
            version: 0,
            done: 0,
            written: [0; 3],
            fences: [false; 3],
            leases: [None, None, None],
            trace: Vec::new(),
        }
    }

    async fn step(&mut self, party: usize, step: Step) {
        self.trace.push((party, step));
        match step {
            Step::Lease => self.lease(party).await,
            Step::Render => {
                if let Some(lease) = &mut self.leases[party] {
                    lease.rendered = self.version;
                }
            }
            Step::Fill => self.fill(party).await,
            Step::Commit => {
                self.version += 1;
                self.written[party] = self.version;
            }
            Step::Raise | Step::Lift | Step::Drop => self.change(party, step).await,
        }
    }

    async fn lease(&mut self, party: usize) {
        let stamp = try_lease(self.handles[party], &self.key).await;
        let is_fenced = self.fences.contains(&true);
        assert_eq!(stamp.is_none(), is_fenced, "a lease after {:?}", self.trace);
        self.leases[party] = stamp.map(|stamp| Lease {
            stamp,
            rendered: 0,
            is_void: false,
        });
    }

    async fn fill(&mut self, party: usize) {
        let Some(lease) = self.leases[party].take() else {
            return;
        };
        let version = lease.rendered.to_string();
        let filled = fill_with(self.handles[party], &self.key, &version, &lease.stamp).await;
        assert_eq!(filled.is_err(), lease.is_void, "after {:?}", self.trace);
    }

    async fn change(&mut self, party: usize, step: Step) {
        let (store, path) = (self.handles[party], path(self.key.path().as_str()));
        let (writer, reached) = ([ANNA, BOB, BOB][party], Reached::Path(&path));
        match step {
            Step::Raise => raise(store, writer, reached).await,
            Step::Lift => lift(store, writer, reached).await,
            _ => {
                let dropped = [change(reached, Fence::None)];
                let dropped = Changes {
                    writer,
                    ..changes(&dropped)
                };
                super::acts::apply(store, dropped).await;
            }
        }
        self.fences[party] = step == Step::Raise;
        self.done = self.done.max(self.written[party]);
        for lease in self.leases.iter_mut().flatten() {
            lease.is_void = true;
        }
    }

    /// Looks at the page by both handles.
    async fn look(&self) {
        for store in &self.handles[..2] {
            let Some(body) = body(*store, &self.key).await else {
                continue;
            };
            let version: u8 = body.parse().expect("the page is one of those stored");
            let done = self.done;
            assert!(
                version >= done,
                "version {version} is served though {done} is done, after {:?}",
                self.trace
            );
            assert!(
                !self.fences.contains(&true),
                "a page is served under a fence, after {:?}",
                self.trace
            );
        }
    }
}
