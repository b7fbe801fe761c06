//! The line to Redis: connections that are replaced when they fail, a deadline for
//! every call, and one word in the log when Redis goes or comes back.
//!
//! A [`Line`] is a handle to a thread of its own, which has two connections to the
//! primary: one for what a hit asks, and one for what is written, so that a large page
//! on its way there keeps no hit waiting. While there is no connection, calls fail at
//! once, and new connections are tried; the first that answers is used.
//!
//! The way to that thread and back takes longer than Redis takes to answer. So a
//! runtime of one thread, such as each worker of Actix Web has, gets a connection of
//! its own for what its tasks ask. While it has none, they ask by the line's thread,
//! which alone decides whether Redis is used, and tells the log.

mod alarm;
mod batch;
mod call;
mod circuit;
mod connection;
mod health;
mod info;
mod lane;
mod lanes;
mod target;
mod thread;
mod trouble;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;
use std::time::Duration;

use dumper::store::Unavailable;
use redis::{Cmd, ServerError, Value};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use self::alarm::Alarm;
use self::batch::{Replies, Request};
pub(crate) use self::call::{Call, Script};
use self::health::Health;
use self::lanes::Lanes;
pub use self::target::ConnectError;
pub(crate) use self::target::Target;
use self::thread::Common;
use self::trouble::Trouble;

/// A handle to the connections to Redis. Cloning is shallow; the connections end with
/// the last handle.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    asks: mpsc::UnboundedSender<Request>,
    sends: mpsc::UnboundedSender<Request>,
    /// A cluster has none: each would have a connection to every node.
    lanes: Option<Arc<Lanes>>,
    tried: watch::Receiver<usize>,
    deadline: Duration,
}

/// What Redis answers to one command: `WRONGTYPE` for one says nothing of the others.
pub(crate) type Reply = Result<Value, ServerError>;

/// What a primary answers, and which one it was.
#[derive(Debug)]
pub(crate) struct Answer {
    /// In the order of the commands, one for each.
    pub(crate) replies: Vec<Reply>,
    /// The replication id that the server had after it had made the replies.
    pub(crate) replid: Arc<str>,
}

impl Line {
    /// Starts the thread, which begins to connect.
    pub(crate) fn start(target: Target) -> Self {
        let deadline = target.deadline;
        let is_server = target.is_server();
        let (asks, asked) = mpsc::unbounded_channel();
        let (sends, sent) = mpsc::unbounded_channel();
        let (tried, watched) = watch::channel(0);
        let common = Common {
            health: Health::new(target.to_string()),
            alarm: Arc::new(Alarm::new([asks.downgrade(), sends.downgrade()], deadline)),
            target: target.into(),
            tried,
            connected: watch::Sender::new(false),
        };
        let lanes = is_server.then(|| Arc::new(Lanes::new(&common)));
        thread::spawn(common, [asked, sent]);
        Self {
            asks,
            sends,
            lanes,
            tried: watched,
            deadline,
        }
    }

    /// Waits until the first attempt to connect has succeeded or failed.
    pub(crate) async fn first_try(&self) {
        let mut tried = self.tried.clone();
        // An error means that the thread has ended, which tries no more.
        let _ = tried.wait_for(|tries| *tries == thread::LANES).await;
    }

    /// Sends commands to the primary that has the slot of a key, and returns the
    /// replies with the replication id that it had afterwards.
    ///
    /// Commands that are asked at the same time go together, and share the question
    /// for that id. In a cluster the commands must be for keys of that slot alone.
    ///
    /// # Errors
    ///
    /// There is no connection, nobody answers within the deadline, or who does is not
    /// a primary.
    pub(crate) async fn ask(&self, key: &[u8], commands: Vec<Cmd>) -> Result<Answer, Unavailable> {
        let here = self.lanes.as_ref().and_then(Lanes::here);
        let Replies { replies, replid } = match here {
            Some((lane, connection)) => lane.ask(connection, commands).await?,
            None => self.exchange(&self.asks, key, commands, self.by()).await?,
        };
        let replid = replid.ok_or_else(|| Trouble::TooOld.unavailable())?;
        Ok(Answer { replies, replid })
    }

    /// Sends commands to the primary that has the slot of a key, and returns the
    /// replies. In a cluster the commands must be for keys of that slot alone.
    ///
    /// # Errors
    ///
    /// There is no connection, or nobody answers within the deadline.
    pub(crate) async fn send(
        &self,
        key: &[u8],
        commands: Vec<Cmd>,
    ) -> Result<Vec<Reply>, Unavailable> {
        self.send_by(key, commands, self.by()).await
    }

    /// Sends commands, and does not wait to hear whether they arrived.
    pub(crate) fn post(&self, key: &[u8], commands: Vec<Cmd>) {
        let request = Request {
            key: key.into(),
            commands,
            by: self.by(),
            caller: None,
        };
        // A thread that has ended sends nothing, as one without a connection.
        let _ = self.sends.send(request);
    }

    async fn send_by(
        &self,
        key: &[u8],
        commands: Vec<Cmd>,
        by: Instant,
    ) -> Result<Vec<Reply>, Unavailable> {
        Ok(self.exchange(&self.sends, key, commands, by).await?.replies)
    }

    async fn exchange(
        &self,
        lane: &mpsc::UnboundedSender<Request>,
        key: &[u8],
        commands: Vec<Cmd>,
        by: Instant,
    ) -> Result<Replies, Unavailable> {
        let (caller, told) = oneshot::channel();
        let request = Request {
            key: key.into(),
            commands,
            by,
            caller: Some(caller),
        };
        // The thread answers every request by its deadline, or it has ended.
        let ended = || Trouble::Ended.unavailable();
        lane.send(request).map_err(|_| ended())?;
        told.await.map_err(|_| ended())?
    }

    fn by(&self) -> Instant {
        Instant::now() + self.deadline
    }
}
