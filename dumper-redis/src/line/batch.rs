//! Requests that go to Redis together.

use std::rc::Rc;
use std::sync::Arc;

use dumper::store::Unavailable;
use redis::{Arg, Cmd, Pipeline, ServerError};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::circuit::Circuit;
use super::connection::Connection;
use super::trouble::Trouble;
use super::{Reply, info};

/// How many requests go together at most.
pub(super) const BATCH: usize = 256;

/// Commands of one caller.
#[derive(Debug)]
pub(super) struct Request {
    /// It selects the node of a cluster.
    pub(super) key: Box<[u8]>,
    pub(super) commands: Vec<Cmd>,
    /// When the caller has waited long enough.
    pub(super) by: Instant,
    /// Whether the caller waits until the replies [settle](super::histories).
    pub(super) settles: bool,
    /// Nobody waits for a check of the connection.
    pub(super) caller: Option<Caller>,
}

type Caller = oneshot::Sender<Result<Replies, Unavailable>>;

/// What one caller is told.
#[derive(Debug)]
pub(super) struct Replies {
    pub(super) replies: Vec<Reply>,
    /// The replication id, if it was asked for.
    pub(super) replid: Option<Arc<str>>,
}

impl Request {
    /// Whether the caller still wants to know.
    pub(super) fn is_awaited(&self) -> bool {
        self.caller
            .as_ref()
            .is_none_or(|caller| !caller.is_closed())
    }

    pub(super) fn fail(self, trouble: &Trouble) {
        tell(self.caller, Err(trouble.unavailable()));
    }
}

/// Sends requests, which are for the same node, and hands out the replies.
pub(super) async fn deliver(
    circuit: Rc<Circuit>,
    connection: Rc<Connection>,
    requests: Vec<Request>,
) {
    let Some(by) = requests.iter().map(|request| request.by).min() else {
        return;
    };
    // Nobody believes for long what a node of a cluster has said.
    let settles = connection.is_server() && requests.iter().any(|request| request.settles);
    let (batch, callers) = Batch::of(requests, circuit.asks() || settles);
    let exchanged = timeout_at(by, batch.exchange(&connection)).await;
    match exchanged.unwrap_or(Err(Trouble::TimedOut)) {
        Ok(replied) => {
            circuit.answered(&connection, &replied);
            if let Some(replid) = replied.replid.as_ref().filter(|_| settles) {
                let settled = circuit.common.histories.settled(replid, Instant::now());
                sleep_until(settled).await;
            }
            callers.hand_out(replied);
        }
        Err(trouble) => {
            circuit.failed(&connection, &trouble);
            callers.fail(&trouble);
        }
    }
}

/// The commands of requests.
pub(super) struct Batch {
    key: Box<[u8]>,
    commands: Pipeline,
    /// Whether the last command asks who the server is.
    asks: bool,
    /// Whether the one before asks if it can save its data.
    pings: bool,
    /// Whether a server that is out of memory refuses one: a script may write.
    tells_refusals: bool,
}

/// Who waits for the replies, and for how many each.
pub(super) struct Callers(Vec<(usize, Option<Caller>)>);

/// What was replied to a batch.
pub(super) struct Replied {
    pub(super) replies: Vec<Reply>,
    /// Whether the commands were such as a server refuses that is out of memory.
    pub(super) tells_refusals: bool,
    replid: Option<Arc<str>>,
}

impl Batch {
    pub(super) fn of(requests: Vec<Request>, asks: bool) -> (Self, Callers) {
        let key = requests
            .first()
            .map(|first| first.key.clone())
            .unwrap_or_default();
        let count = requests
            .iter()
            .map(|request| request.commands.len())
            .sum::<usize>();
        // A check of the connection has no commands.
        let pings = requests.iter().any(|request| request.commands.is_empty());
        let mut commands = Pipeline::with_capacity(count + 2);
        let mut callers = Vec::with_capacity(requests.len());
        for request in requests {
            callers.push((request.commands.len(), request.caller));
            for command in request.commands {
                commands.add_command(command);
            }
        }
        let asks = asks || count == 0;
        (Self::new(key, commands, asks, pings), Callers(callers))
    }

    /// The commands of one caller, who asks who the server is.
    pub(super) fn alone(commands: Vec<Cmd>) -> Self {
        let mut pipeline = Pipeline::with_capacity(commands.len() + 1);
        for command in commands {
            pipeline.add_command(command);
        }
        let pings = pipeline.is_empty();
        Self::new(Box::default(), pipeline, true, pings)
    }

    fn new(key: Box<[u8]>, mut commands: Pipeline, asks: bool, pings: bool) -> Self {
        let tells_refusals = asks || commands.cmd_iter().any(is_script);
        if pings {
            commands.add_command(info::ping());
        }
        // The last: who the server is when it has replied to the others.
        if asks {
            commands.add_command(info::replication());
        }
        Self {
            key,
            commands,
            asks,
            pings,
            tells_refusals,
        }
    }

    pub(super) async fn exchange(self, connection: &Connection) -> Result<Replied, Trouble> {
        let count = self.commands.len();
        let mut replies = connection.exchange(&self.key, self.commands).await?;
        if replies.len() != count {
            return Err(Trouble::Lost);
        }
        let replid = match self.asks.then(|| replies.pop()).flatten() {
            Some(reply) => Some(info::replid(reply)?),
            None => None,
        };
        if let Some(reply) = self.pings.then(|| replies.pop()).flatten() {
            info::saves(&reply)?;
        }
        Ok(Replied {
            replies,
            tells_refusals: self.tells_refusals,
            replid,
        })
    }
}

impl Replied {
    pub(super) fn errors(&self) -> impl Iterator<Item = &ServerError> {
        self.replies.iter().filter_map(|reply| reply.as_ref().err())
    }

    /// All of them, for one caller.
    pub(super) fn into_replies(self) -> Replies {
        Replies {
            replies: self.replies,
            replid: self.replid,
        }
    }
}

impl Callers {
    pub(super) fn hand_out(
        self,
        Replied {
            replies, replid, ..
        }: Replied,
    ) {
        let mut rest = replies.into_iter();
        for (count, caller) in self.0 {
            let replies = rest.by_ref().take(count).collect();
            let replid = replid.clone();
            tell(caller, Ok(Replies { replies, replid }));
        }
    }

    pub(super) fn fail(self, trouble: &Trouble) {
        for (_, caller) in self.0 {
            tell(caller, Err(trouble.unavailable()));
        }
    }
}

fn is_script(command: &Cmd) -> bool {
    matches!(command.args_iter().next(), Some(Arg::Simple(name)) if name.starts_with(b"EVAL"))
}

/// A caller who is gone need not be told.
fn tell(caller: Option<Caller>, told: Result<Replies, Unavailable>) {
    if let Some(caller) = caller {
        let _ = caller.send(told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_that_go_together_share_the_question_who_answers() {
        let request = || {
            let mut commands = vec![redis::cmd("GET")];
            commands[0].arg("a");
            Request {
                key: Box::default(),
                commands,
                by: Instant::now(),
                settles: false,
                caller: None,
            }
        };
        let (batch, _) = Batch::of((0..200).map(|_| request()).collect(), true);
        let names: Vec<_> = batch.commands.cmd_iter().map(name).collect();
        assert_eq!(names.len(), 201);
        assert!(names[..200].iter().all(|name| name == "GET"));
        assert_eq!(names[200], "INFO", "it is about all that were asked before");
    }

    fn name(command: &Cmd) -> String {
        match command.args_iter().next() {
            Some(Arg::Simple(name)) => String::from_utf8_lossy(name).into_owned(),
            _ => String::new(),
        }
    }
}
