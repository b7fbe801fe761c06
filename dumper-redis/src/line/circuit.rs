//! A connection that is replaced when it fails: a circuit breaker.

use std::cell::RefCell;
use std::iter;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::spawn_local;
use tokio::time::{sleep, sleep_until, timeout};

use super::batch::Replied;
use super::connection::Connection;
use super::thread::{ASKS, Common};
use super::trouble::Trouble;

/// How long to wait before the second attempt to connect, and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(500)];

/// How many calls in a row that nobody answers in time break the circuit.
pub(super) const SILENT: u32 = 2;

/// How many calls must fail for the connections to a cluster to be made anew, and
/// how long that waits after the last time.
const FAILED_NODE: u32 = 3;
const RENEWAL: Duration = Duration::from_millis(250);

/// How often the connection that hits ask by is checked: a server that cannot save its
/// data refuses every invalidation, and answers what a hit asks as before.
const CHECKED: Duration = Duration::from_millis(500);

/// The breaker of one lane.
#[derive(Debug)]
pub(super) struct Circuit {
    pub(super) lane: usize,
    pub(super) common: Common,
    pub(super) state: RefCell<State>,
    /// Told of every connection that is made: where one lane finds a server, the
    /// others need not wait for theirs.
    pub(super) made: Rc<Notify>,
}

#[derive(Debug)]
pub(super) enum State {
    /// Commands go by this connection.
    Closed(Rc<Connection>),
    /// All calls fail with this trouble.
    Open(Trouble),
}

impl Circuit {
    /// Makes the first attempt to connect, and those that follow if it fails.
    pub(super) async fn begin(self: Rc<Self>) {
        match Connection::open(&self.common.target).await {
            Ok(connection) => {
                self.close(connection);
                self.common.health.up(self.lane);
                self.common.tried.send_modify(|tries| *tries += 1);
            }
            Err(trouble) => {
                self.open(&trouble);
                self.common.tried.send_modify(|tries| *tries += 1);
                self.probe().await;
            }
        }
    }

    /// Whether the lane is the one that hits ask by.
    pub(super) fn asks(&self) -> bool {
        self.lane == ASKS
    }

    pub(super) fn connection(&self) -> Result<Rc<Connection>, Trouble> {
        match &*self.state.borrow() {
            State::Closed(connection) => Ok(connection.clone()),
            State::Open(trouble) => Err(trouble.clone()),
        }
    }

    /// Takes note of what was answered by a connection.
    pub(super) fn answered(self: &Rc<Self>, connection: &Rc<Connection>, replied: &Replied) {
        connection.works();
        for trouble in replied.errors().filter_map(Trouble::told_by) {
            self.failed(connection, &trouble);
        }
        self.common.health.answered(self.lane, replied);
    }

    /// Takes note that a connection has failed.
    pub(super) fn failed(self: &Rc<Self>, connection: &Rc<Connection>, trouble: &Trouble) {
        if !self.uses(connection) {
            return;
        }
        if !connection.is_server() {
            self.node_failed(connection, trouble);
            return;
        }
        if *trouble == Trouble::TimedOut && connection.fails() < SILENT {
            // Whether it is silent is soon known, whoever calls.
            self.common.alarm.check(self.lane);
            return;
        }
        self.state.replace(State::Open(trouble.clone()));
        self.tell(false);
        self.common.alarm.raise();
        spawn_local(self.clone().replace(trouble.clone()));
    }

    /// Takes note that a node of a cluster has failed. The others may be well, so
    /// calls go on while the connections are made anew, with another map of the slots.
    fn node_failed(self: &Rc<Self>, connection: &Rc<Connection>, trouble: &Trouble) {
        if connection.fails() == FAILED_NODE {
            let (circuit, trouble) = (self.clone(), trouble.clone());
            let due = connection.made + RENEWAL;
            spawn_local(async move {
                sleep_until(due).await;
                circuit.replace(trouble).await;
            });
        }
    }

    async fn replace(self: Rc<Self>, trouble: Trouble) {
        match Connection::open(&self.common.target).await {
            Ok(connection) => {
                self.close(connection);
                self.common.health.interrupted(self.lane, &trouble);
            }
            Err(trouble) => {
                self.open(&trouble);
                self.probe().await;
            }
        }
    }

    /// Tries new connections until one answers.
    async fn probe(self: Rc<Self>) {
        for pause in pauses() {
            let _ = timeout(pause, self.made.notified()).await;
            match Connection::open(&self.common.target).await {
                Ok(connection) => {
                    self.close(connection);
                    self.common.health.up(self.lane);
                    return;
                }
                Err(trouble) => self.open(&trouble),
            }
        }
    }

    /// Checks the lane again and again, for as long as the line is there. It is to find
    /// out what is refused, and not who is slow.
    pub(super) async fn watch(self: Rc<Self>) {
        while self.common.alarm.check_within(CHECKED, self.lane) {
            sleep(CHECKED).await;
        }
    }

    fn close(&self, connection: Connection) {
        if let Some(replid) = &connection.replid {
            // From now on it settles.
            self.common.histories.settled(replid, connection.made);
        }
        self.state.replace(State::Closed(Rc::new(connection)));
        self.tell(true);
        self.made.notify_waiters();
    }

    fn open(&self, trouble: &Trouble) {
        self.state.replace(State::Open(trouble.clone()));
        self.common.health.down(self.lane, trouble);
    }

    fn tell(&self, connected: bool) {
        if self.asks() {
            self.common.connected.send_replace(connected);
        }
    }

    fn uses(&self, connection: &Rc<Connection>) -> bool {
        matches!(&*self.state.borrow(), State::Closed(used) if Rc::ptr_eq(used, connection))
    }
}

/// How long to wait before each attempt to connect.
pub(super) fn pauses() -> impl Iterator<Item = Duration> {
    let [first, longest] = PAUSES;
    let pauses = iter::successors(Some(first), move |pause| {
        Some((*pause * 3 / 2).min(longest))
    });
    // Not all processes at the same time.
    pauses.map(|pause| pause.mul_f32(0.8 + 0.2 * fastrand::f32()))
}
