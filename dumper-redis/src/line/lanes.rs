//! The lanes of callers' own threads: one for each runtime of one thread.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use futures::future::{Either, select};
use tokio::runtime::{Handle, Id, RuntimeFlavor};
use tokio::sync::{mpsc, watch};
use tokio::task;
use tokio::time::sleep;

use super::alarm::Alarm;
use super::circuit::pauses;
use super::connection::Connection;
use super::health::Health;
use super::lane::Lane;
use super::target::Target;
use super::thread::Common;

/// The lanes of one line. They end with it, or with their runtimes.
#[derive(Debug)]
pub(super) struct Lanes {
    shared: Shared,
    lanes: Mutex<HashMap<Id, Arc<Lane>>>,
}

impl Lanes {
    pub(super) fn new(common: &Common) -> Self {
        Self {
            shared: Shared {
                target: common.target.clone(),
                alarm: common.alarm.clone(),
                health: common.health.clone(),
                connected: common.connected.subscribe(),
            },
            lanes: Mutex::default(),
        }
    }

    /// The lane of the task that calls, with its connection. Where there is none yet,
    /// one begins to connect.
    ///
    /// Who is not in a task may have entered a runtime that nobody drives, and would
    /// wait for ever.
    pub(super) fn here(self: &Arc<Self>) -> Option<(Arc<Lane>, Arc<Connection>)> {
        let runtime = Handle::try_current().ok()?;
        if runtime.runtime_flavor() != RuntimeFlavor::CurrentThread || task::try_id().is_none() {
            return None;
        }
        let known = self.lanes().get(&runtime.id()).cloned();
        let Some(lane) = known else {
            self.begin(&runtime);
            return None;
        };
        let connection = lane.connection()?;
        Some((lane, connection))
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lanes().is_empty()
    }

    fn begin(self: &Arc<Self>, runtime: &Handle) {
        let (broken, told) = mpsc::unbounded_channel();
        let lane = Arc::new(Lane::new(
            broken,
            self.shared.alarm.clone(),
            self.shared.health.clone(),
            self.shared.target.deadline,
        ));
        let entry = Entry {
            lanes: Arc::downgrade(self),
            runtime: runtime.id(),
        };
        let keeper = Keeper {
            lane: Arc::downgrade(&lane),
            shared: self.shared.clone(),
            broken: told,
        };
        self.lanes().insert(runtime.id(), lane);
        runtime.spawn(async move {
            let _entry = entry;
            keeper.keep().await;
        });
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<Id, Arc<Lane>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the lanes know of the line.
#[derive(Clone, Debug)]
struct Shared {
    target: Arc<Target>,
    alarm: Arc<Alarm>,
    health: Arc<Health>,
    /// Whether the line's own thread has a connection. It is the one that looks for
    /// the server while it is away. It closes when the thread ends.
    connected: watch::Receiver<bool>,
}

/// The place of a lane among the others, until its runtime ends.
struct Entry {
    lanes: Weak<Lanes>,
    runtime: Id,
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(lanes) = self.lanes.upgrade() {
            lanes.lanes().remove(&self.runtime);
        }
    }
}

/// Connects a lane, and again when its connection is broken. It does not keep the
/// lane from its end.
struct Keeper {
    lane: Weak<Lane>,
    shared: Shared,
    broken: mpsc::UnboundedReceiver<()>,
}

impl Keeper {
    async fn keep(mut self) {
        while let Some(connection) = self.connect().await {
            let Some(lane) = self.lane.upgrade() else {
                return;
            };
            lane.close(connection);
            drop(lane);
            if !self.breaks().await {
                return;
            }
        }
    }

    /// Connects as soon as the line's thread is connected. `None` when that has ended.
    async fn connect(&mut self) -> Option<Connection> {
        let mut pauses = pauses();
        loop {
            self.shared
                .connected
                .wait_for(|connected| *connected)
                .await
                .ok()?;
            // Why it fails is for the line's thread to find out.
            if let Ok(connection) = Connection::open(&self.shared.target).await {
                return Some(connection);
            }
            sleep(pauses.next()?).await;
        }
    }

    /// Waits until the connection is broken. `false` if the lane has ended.
    async fn breaks(&mut self) -> bool {
        loop {
            let broken = pin!(self.broken.recv());
            let raised = pin!(self.shared.alarm.raised());
            if let Either::Left((broken, _)) = select(broken, raised).await {
                return broken.is_some();
            }
            if let Some(lane) = self.lane.upgrade() {
                lane.check().await;
            }
        }
    }
}
