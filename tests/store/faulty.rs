//! A store that can be told to go wrong, and that remembers what it was asked.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use dumper::store::{
    Change, Changes, Fence, Leased, MemoryStore, Moves, Reached, Rendered, Stamp, Store, Stored,
    Unavailable,
};
use dumper::{Key, NotStored, Path, RequestHeaders};
use tokio::sync::watch;

use crate::acts::{key, plain, soon};

/// Another process that has the store.
const OTHER: u128 = 7;

/// What a store can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    LookUp,
    IsCurrent,
    Lease,
    Fill,
    Release,
    Apply,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The answer is `Unavailable`, and nothing is done.
    Unavailable,
    /// What is to be done is done, and the answer is `Unavailable`.
    Lost,
    /// There is no answer until the fault is gone.
    Hangs,
    /// It panics.
    Panics,
}

/// Changes that were made.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    /// The path, tag or entity of each, and its fence.
    pub(crate) changes: Vec<(String, Fence)>,
    pub(crate) moved: bool,
    pub(crate) renew: bool,
}

/// A handle of this process; [`Faulty::others`] is one of another.
#[derive(Clone, Debug)]
pub(crate) struct Faulty(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: MemoryStore,
    state: watch::Sender<State>,
}

#[derive(Debug, Default)]
struct State {
    faults: HashMap<Call, Fault>,
    awaited: Option<Duration>,
    calls: Vec<Call>,
    may_wait: Vec<bool>,
    applied: Vec<Applied>,
}

impl Faulty {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            store: MemoryStore::new(64 << 20),
            state: watch::Sender::default(),
        }))
    }

    /// The store as another process has it, which nothing ails.
    pub(crate) fn others(&self) -> MemoryStore {
        self.0.store.clone()
    }

    pub(crate) fn fail(&self, call: Call, fault: Fault) {
        let set = |state: &mut State| {
            state.faults.insert(call, fault);
        };
        self.0.state.send_modify(set);
    }

    pub(crate) fn heal(&self) {
        self.0.state.send_modify(|state| state.faults.clear());
    }

    /// Tells whoever may wait that another process renders the page.
    pub(crate) fn await_others(&self, longest: Option<Duration>) {
        self.0.state.send_modify(|state| state.awaited = longest);
    }

    /// How often something was asked.
    pub(crate) fn count(&self, call: Call) -> usize {
        self.0.state.borrow().count(call)
    }

    /// Which leases were asked for by somebody who might wait.
    pub(crate) fn may_wait(&self) -> Vec<bool> {
        self.0.state.borrow().may_wait.clone()
    }

    /// The changes that were made, renewals apart.
    pub(crate) fn applied(&self) -> Vec<Applied> {
        let applied = self.0.state.borrow().applied.clone();
        applied.into_iter().filter(|it| !it.renew).collect()
    }

    /// What was told of a path and its kin, a tag or an entity, in order.
    pub(crate) fn told_of(&self, name: &str) -> Vec<Fence> {
        let kin = Path::requested(name).kin();
        let changes = self.applied().into_iter().flat_map(|it| it.changes);
        let of_it = changes.filter(|(of, _)| of == name || of == kin.as_str());
        of_it.map(|(_, fence)| fence).collect()
    }

    /// Waits until fences were renewed so often.
    pub(crate) async fn until_renewed(&self, times: usize) {
        self.until(|state| state.applied.iter().filter(|it| it.renew).count() >= times)
            .await;
    }

    /// Waits until something was asked so often.
    pub(crate) async fn until_asked(&self, call: Call, times: usize) {
        self.until(|state| state.count(call) >= times).await;
    }

    async fn until(&self, is_so: impl FnMut(&State) -> bool) {
        let mut state = self.0.state.subscribe();
        soon(state.wait_for(is_so)).await.unwrap();
    }

    /// Whether a fence of anybody stands on the page of a path.
    pub(crate) async fn stands_on(&self, path: &str) -> bool {
        let leased = self.0.store.lease(&key(path), &plain, false).await;
        leased.unwrap() == Leased::Fenced
    }

    /// Lets another process drop the pages of a path.
    pub(crate) async fn others_write(&self, path: &str) {
        let path = Path::requested(path);
        self.others_apply(&[Reached::Path(&path)], false).await;
    }

    /// Lets another process move rows to other paths.
    pub(crate) async fn others_move(&self) {
        self.others_apply(&[], true).await;
    }

    async fn others_apply(&self, reached: &[Reached<'_>], moved: bool) {
        let fence = Fence::None;
        let changes = reached.iter().map(|&reached| Change { reached, fence });
        let changes: Vec<Change<'_>> = changes.collect();
        let changes = Changes {
            writer: OTHER,
            changes: &changes,
            time_to_live: Duration::from_secs(10),
            moved,
            renew: false,
        };
        self.0.store.apply(&changes).await.unwrap();
    }

    /// Lets a call begin. Returns whether its answer is lost.
    async fn begin(&self, call: Call) -> Result<bool, Unavailable> {
        let mut state = self.0.state.subscribe();
        self.0.state.send_modify(|state| state.calls.push(call));
        let hangs = |state: &State| state.faults.get(&call) == Some(&Fault::Hangs);
        let fault = {
            let state = state.wait_for(|state| !hangs(state)).await.unwrap();
            state.faults.get(&call).copied()
        };
        match fault {
            Some(Fault::Panics) => panic!("the store was told to"),
            Some(Fault::Unavailable) => Err(broken()),
            fault => Ok(fault == Some(Fault::Lost)),
        }
    }
}

impl State {
    fn count(&self, call: Call) -> usize {
        self.calls.iter().filter(|&&made| made == call).count()
    }
}

impl Store for Faulty {
    async fn look_up(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
    ) -> Result<Option<Stored>, Unavailable> {
        self.begin(Call::LookUp).await?;
        self.0.store.look_up(key, headers).await
    }

    async fn is_current(&self, key: &Key, stamp: &Stamp) -> Result<bool, Unavailable> {
        self.begin(Call::IsCurrent).await?;
        self.0.store.is_current(key, stamp).await
    }

    async fn lease(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
        may_wait: bool,
    ) -> Result<Leased, Unavailable> {
        let note = |state: &mut State| state.may_wait.push(may_wait);
        self.0.state.send_modify(note);
        self.begin(Call::Lease).await?;
        let awaited = self.0.state.borrow().awaited.filter(|_| may_wait);
        match awaited {
            Some(longest) => Ok(Leased::Awaited(longest)),
            None => self.0.store.lease(key, headers, may_wait).await,
        }
    }

    async fn fill(&self, rendered: Rendered<'_>) -> Result<Stamp, NotStored> {
        let begun = self.begin(Call::Fill).await;
        begun.map_err(|_| NotStored::Unavailable)?;
        self.0.store.fill(rendered).await
    }

    fn release(&self, key: &Key, stamp: &Stamp) {
        let note = |state: &mut State| state.calls.push(Call::Release);
        self.0.state.send_modify(note);
        self.0.store.release(key, stamp);
    }

    async fn apply(&self, changes: &Changes<'_>) -> Result<Moves, Unavailable> {
        let is_lost = self.begin(Call::Apply).await?;
        let moves = self.0.store.apply(changes).await?;
        let applied = Applied {
            changes: changes.changes.iter().map(named).collect(),
            moved: changes.moved,
            renew: changes.renew,
        };
        let note = |state: &mut State| state.applied.push(applied);
        self.0.state.send_modify(note);
        if is_lost { Err(broken()) } else { Ok(moves) }
    }
}

fn broken() -> Unavailable {
    Unavailable::new("it was told to be")
}

fn named(change: &Change<'_>) -> (String, Fence) {
    let name = match change.reached {
        Reached::Path(path) => path.as_str(),
        Reached::Kin(kin) => kin.as_str(),
        Reached::Tag(tag) => tag,
        Reached::Entity(entity) => entity.name(),
        _ => "all",
    };
    (name.to_owned(), change.fence)
}
