//! A lane of a caller's own thread.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use dumper::store::Unavailable;
use futures::FutureExt;
use redis::Cmd;
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};

use super::alarm::Alarm;
use super::batch::{BATCH, Batch, Callers, Replied, Replies, Request};
use super::circuit::SILENT;
use super::connection::Connection;
use super::health::Health;
use super::info;
use super::thread::ASKS;
use super::trouble::Trouble;
use super::view::{Question, Sight, View};

/// A lane of the runtime of one thread. Its connection is driven by that runtime, so
/// that what its tasks ask has no way to another thread and back.
///
/// It only asks while its connection works. The breaker and the log are the line's:
/// without a connection, calls go by the line's thread.
#[derive(Debug)]
pub(super) struct Lane {
    state: Mutex<Option<Ready>>,
    /// How many calls are on their way.
    asking: AtomicUsize,
    /// What goes together when the task that takes it has its turn.
    gathered: Mutex<Vec<Request>>,
    broken: mpsc::UnboundedSender<()>,
    alarm: Arc<Alarm>,
    health: Arc<Health>,
    deadline: Duration,
}

#[derive(Debug)]
struct Ready {
    connection: Arc<Connection>,
    /// The thread that drives it.
    thread: ThreadId,
}

impl Lane {
    /// A lane without a connection. It says so to `broken` when one that it was given
    /// does not work.
    pub(super) fn new(
        broken: mpsc::UnboundedSender<()>,
        alarm: Arc<Alarm>,
        health: Arc<Health>,
        deadline: Duration,
    ) -> Self {
        Self {
            state: Mutex::default(),
            asking: AtomicUsize::default(),
            gathered: Mutex::default(),
            broken,
            alarm,
            health,
            deadline,
        }
    }

    /// Begins to use a connection that this thread drives.
    pub(super) fn close(&self, connection: Connection) {
        let ready = Ready {
            connection: connection.into(),
            thread: thread::current().id(),
        };
        *self.state() = Some(ready);
    }

    pub(super) fn open(&self) {
        *self.state() = None;
    }

    /// The connection, if this thread drives it.
    pub(super) fn connection(&self) -> Option<Arc<Connection>> {
        let state = self.state();
        let ready = state.as_ref()?;
        (ready.thread == thread::current().id()).then(|| ready.connection.clone())
    }

    /// Sends commands, and asks who the server is. Calls that come while others are on
    /// their way go together.
    pub(super) async fn ask(
        self: &Arc<Self>,
        connection: Arc<Connection>,
        commands: Vec<Cmd>,
    ) -> Result<Replies, Unavailable> {
        let by = Instant::now() + self.deadline;
        let asking = Asking::begin(&self.asking);
        if asking.is_alone {
            let replied = self.exchange(&connection, Batch::alone(commands), by).await;
            return replied
                .map(Replied::into_replies)
                .map_err(|trouble| trouble.unavailable());
        }
        let (caller, told) = oneshot::channel();
        self.gather(
            connection,
            Request {
                key: Box::default(),
                commands,
                by,
                settles: false,
                caller: Some(caller),
            },
        );
        told.await.map_err(|_| Trouble::Ended.unavailable())?
    }

    /// Asks a question, by what the connection knows if it does.
    pub(super) async fn see(
        self: &Arc<Self>,
        connection: Arc<Connection>,
        question: &Question<'_>,
    ) -> Result<Sight, Unavailable> {
        let now = Instant::now();
        if let Some(known) = connection.known(now, question.fields) {
            let command = (question.command)();
            let looked = in_time(now + self.deadline, connection.look(&command)).await;
            match looked.unwrap_or(Err(Trouble::TimedOut)) {
                Ok(Some(value)) if connection.is_as(&known) => {
                    connection.works();
                    return Ok(Sight::by(value, known.view));
                }
                // It has changed, or the server says what is wrong.
                Ok(_) => {}
                Err(trouble) => {
                    self.failed(&connection, &trouble);
                    return Err(trouble.unavailable());
                }
            }
        }
        self.learn(connection, question, now).await
    }

    async fn learn(
        self: &Arc<Self>,
        connection: Arc<Connection>,
        question: &Question<'_>,
        now: Instant,
    ) -> Result<Sight, Unavailable> {
        let learning = connection.learning(now);
        let mut commands = Vec::with_capacity(3);
        commands.extend(learning.as_ref().map(|_| info::caching()));
        commands.extend([question.about_hash(), (question.command)()]);
        let Replies { replies, replid } = self.ask(Arc::clone(&connection), commands).await?;
        let replid = replid.ok_or_else(|| Trouble::TooOld.unavailable())?;
        let mut replies = replies.into_iter();
        let is_told = learning.is_some() && replies.next().is_some_and(|reply| reply.is_ok());
        let view = View::of(question, replies.next(), Arc::clone(&replid))?;
        let sight = Sight::of(replies.next(), replid, view)?;
        if let Some(learning) = learning.filter(|_| is_told) {
            connection.keep(&sight.view, &learning);
        }
        Ok(sight)
    }

    /// Asks the server who it is, to see whether the connection works.
    pub(super) async fn check(self: &Arc<Self>) {
        let connection = self.state().as_ref().map(|ready| ready.connection.clone());
        let Some(connection) = connection else {
            return;
        };
        let by = Instant::now() + self.deadline;
        // What comes of it, it takes note of itself.
        let _ = self
            .exchange(&connection, Batch::alone(Vec::new()), by)
            .await;
    }

    fn gather(self: &Arc<Self>, connection: Arc<Connection>, request: Request) {
        let mut gathered = self.gathered();
        // One task for every full batch and for the rest.
        let begins = gathered.len().is_multiple_of(BATCH);
        gathered.push(request);
        if begins {
            tokio::spawn(self.clone().deliver(connection));
        }
    }

    async fn deliver(self: Arc<Self>, connection: Arc<Connection>) {
        let mut requests: Vec<_> = {
            let mut gathered = self.gathered();
            let count = gathered.len().min(BATCH);
            gathered.drain(..count).collect()
        };
        requests.retain(Request::is_awaited);
        let Some(by) = requests.iter().map(|request| request.by).min() else {
            return;
        };
        let (batch, callers): (_, Callers) = Batch::of(requests, true);
        match self.exchange(&connection, batch, by).await {
            Ok(replied) => callers.hand_out(replied),
            Err(trouble) => callers.fail(&trouble),
        }
    }

    async fn exchange(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        batch: Batch,
        by: Instant,
    ) -> Result<Replied, Trouble> {
        let exchanged = in_time(by, batch.exchange(connection)).await;
        let exchanged = exchanged.unwrap_or(Err(Trouble::TimedOut));
        match &exchanged {
            Ok(replied) => self.answered(connection, replied),
            Err(trouble) => self.failed(connection, trouble),
        }
        exchanged
    }

    fn answered(self: &Arc<Self>, connection: &Arc<Connection>, replied: &Replied) {
        connection.works();
        for trouble in replied.errors().filter_map(Trouble::told_by) {
            self.failed(connection, &trouble);
        }
        self.health.answered(ASKS, replied);
    }

    fn failed(self: &Arc<Self>, connection: &Arc<Connection>, trouble: &Trouble) {
        if !self.uses(connection) {
            return;
        }
        if *trouble == Trouble::TimedOut && connection.fails() < SILENT {
            // Whether it is silent is soon known, whoever calls.
            let lane = self.clone();
            tokio::spawn(async move { lane.check().await });
            return;
        }
        self.open();
        self.alarm.raise();
        // An error means that nobody replaces it any more.
        let _ = self.broken.send(());
    }

    fn uses(&self, connection: &Arc<Connection>) -> bool {
        let state = self.state();
        state
            .as_ref()
            .is_some_and(|ready| Arc::ptr_eq(&ready.connection, connection))
    }

    fn state(&self) -> MutexGuard<'_, Option<Ready>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gathered(&self) -> MutexGuard<'_, Vec<Request>> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What comes until a moment. The thread may have been busy until later: then what
/// has come meanwhile is still to be read, which takes one turn of the other tasks.
async fn in_time<T>(by: Instant, exchange: impl Future<Output = T>) -> Option<T> {
    let mut exchange = pin!(exchange);
    if let Ok(exchanged) = timeout_at(by, exchange.as_mut()).await {
        return Some(exchanged);
    }
    yield_now().await;
    exchange.now_or_never()
}

/// A call on its way, until it is done or dropped.
struct Asking<'a> {
    count: &'a AtomicUsize,
    is_alone: bool,
}

impl<'a> Asking<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        let is_alone = count.fetch_add(1, Ordering::Relaxed) == 0;
        Self { count, is_alone }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}
