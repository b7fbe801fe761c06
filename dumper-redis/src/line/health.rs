//! What the log is told of Redis: one line for every change, none for a call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use log::{error, info};
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep};

use super::batch::Replied;
use super::thread::LANES;
use super::trouble::{Refusal, Trouble};

/// Who has been well for so long is well: who is so for a moment between two
/// troubles, as a slow server, is not said to be back.
const STEADY: Duration = Duration::from_secs(1);

/// For how long nothing must have been refused.
const ACCEPTED: Duration = Duration::from_secs(10);

/// The health of a server, as the lanes to it find it and the log was told.
#[derive(Debug)]
pub(super) struct Health {
    address: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Which lanes are down.
    down: [bool; LANES],
    /// What the log was told last, if not that all is well.
    told: Option<Told>,
    /// When the last trouble began or was over.
    changed: Option<Instant>,
    /// What each lane is refused, and when it was last.
    refused: [Option<(Refusal, Instant)>; LANES],
}

#[derive(Debug)]
struct Told {
    trouble: Trouble,
    since: Instant,
}

impl Health {
    pub(super) fn new(address: String) -> Arc<Self> {
        Arc::new(Self {
            address,
            state: Mutex::default(),
        })
    }

    /// Takes note that a lane has no connection.
    pub(super) fn down(&self, lane: usize, trouble: &Trouble) {
        let mut state = self.state();
        let now = Instant::now();
        state.changed = Some(now);
        // Who joins the others with a trouble that they have left behind has no news.
        let joins = !std::mem::replace(&mut state.down[lane], true);
        let since = match &state.told {
            Some(told) if joins || told.trouble == *trouble => return,
            Some(told) => told.since,
            None => now,
        };
        state.told = Some(Told {
            trouble: trouble.clone(),
            since,
        });
        error!(
            target: "dumper::store",
            "Redis at {} is not used: {trouble}; pages are rendered", self.address
        );
    }

    /// Takes note that a connection failed and was replaced at once, which is no
    /// trouble if it was the only one in a while.
    pub(super) fn interrupted(self: &Arc<Self>, lane: usize, trouble: &Trouble) {
        let before = self.state().changed.replace(Instant::now());
        if before.is_some_and(|before| before.elapsed() < STEADY) {
            self.down(lane, trouble);
            self.up(lane);
        }
    }

    /// Takes note that a lane has a connection.
    pub(super) fn up(self: &Arc<Self>, lane: usize) {
        let mut state = self.state();
        state.down[lane] = false;
        let changed = Instant::now();
        state.changed = Some(changed);
        if state.told.is_none() || state.down.contains(&true) {
            return;
        }
        let health = self.clone();
        spawn_local(async move {
            sleep(STEADY).await;
            health.steady_since(changed);
        });
    }

    /// Takes note of what a lane was answered.
    pub(super) fn answered(&self, lane: usize, replied: &Replied) {
        let mut refusals = replied.errors().filter_map(Refusal::told_by).peekable();
        if refusals.peek().is_none() && replied.tells_refusals {
            self.accepted(lane);
        }
        for refusal in refusals {
            self.refused(lane, refusal);
        }
    }

    /// Takes note of what a lane is refused.
    fn refused(&self, lane: usize, refusal: Refusal) {
        let mut state = self.state();
        let known = state.refused[lane]
            .as_ref()
            .is_some_and(|(known, _)| *known == refusal);
        if !known {
            error!(
                target: "dumper::store",
                "Redis at {} refuses commands: {refusal}", self.address
            );
        }
        state.refused[lane] = Some((refusal, Instant::now()));
    }

    /// Takes note that nothing was refused to a lane.
    fn accepted(&self, lane: usize) {
        let mut state = self.state();
        if let Some((_, last)) = &state.refused[lane]
            && last.elapsed() >= ACCEPTED
        {
            state.refused[lane] = None;
            info!(target: "dumper::store", "Redis at {} accepts commands again", self.address);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn steady_since(&self, changed: Instant) {
        let mut state = self.state();
        if state.changed != Some(changed) {
            return;
        }
        if let Some(told) = state.told.take() {
            let seconds = (changed - told.since).as_secs_f32();
            info!(
                target: "dumper::store",
                "Redis at {} is used again, after {seconds:.1} s", self.address
            );
        }
    }
}
