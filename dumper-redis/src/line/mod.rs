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
mod histories;
mod info;
mod lane;
mod lanes;
mod target;
mod thread;
mod trouble;
mod view;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;
use std::time::Duration;

use dumper::store::Unavailable;
use futures::future::try_join;
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

pub(crate) use self::view::{Question, Sight, View};

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
            histories: Arc::default(),
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
            None => {
                self.exchange(&self.asks, key, commands, self.by(), false)
                    .await?
            }
        };
        let replid = replid.ok_or_else(|| Trouble::TooOld.unavailable())?;
        Ok(Answer { replies, replid })
    }

    /// Asks the question of a hit. A connection that has been told lately who the
    /// server is asks for what is of the key alone.
    ///
    /// In a cluster the key and the hash may be on two servers, of which each has its
    /// own replication id.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask).
    pub(crate) async fn see(&self, question: &Question<'_>) -> Result<Sight, Unavailable> {
        if let Some(lanes) = &self.lanes {
            return match lanes.here() {
                Some((lane, connection)) => lane.see(connection, question).await,
                None => {
                    let commands = vec![question.about_hash(), (question.command)()];
                    let answer = self.ask(question.key, commands).await?;
                    let mut replies = answer.replies.into_iter();
                    let view = View::of(question, replies.next(), answer.replid.clone())?;
                    Sight::of(replies.next(), answer.replid, view)
                }
            };
        }
        let of_key = self.ask(question.key, vec![(question.command)()]);
        let of_hash = self.ask(question.hash, vec![question.about_hash()]);
        let (of_key, of_hash) = try_join(of_key, of_hash).await?;
        let view = View::of(question, of_hash.replies.into_iter().next(), of_hash.replid)?;
        Sight::of(of_key.replies.into_iter().next(), of_key.replid, view)
    }

    /// Sends commands that invalidate to the primary that has the slot of a key, and
    /// returns the replies when nobody believes any more what they have made untrue.
    /// In a cluster the commands must be for keys of that slot alone.
    ///
    /// # Errors
    ///
    /// There is no connection, or nobody answers within the deadline.
    pub(crate) async fn tell(
        &self,
        key: &[u8],
        commands: Vec<Cmd>,
    ) -> Result<Vec<Reply>, Unavailable> {
        self.send_by(key, commands, self.by(), true).await
    }

    /// Sends commands, and does not wait to hear whether they arrived.
    pub(crate) fn post(&self, key: &[u8], commands: Vec<Cmd>) {
        let request = Request {
            key: key.into(),
            commands,
            by: self.by(),
            settles: false,
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
        settles: bool,
    ) -> Result<Vec<Reply>, Unavailable> {
        let sent = self
            .exchange(&self.sends, key, commands, by, settles)
            .await?;
        Ok(sent.replies)
    }

    async fn exchange(
        &self,
        lane: &mpsc::UnboundedSender<Request>,
        key: &[u8],
        commands: Vec<Cmd>,
        by: Instant,
        settles: bool,
    ) -> Result<Replies, Unavailable> {
        let (caller, told) = oneshot::channel();
        let request = Request {
            key: key.into(),
            commands,
            by,
            settles,
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
