//! A connection to a server or a cluster.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{Route, SingleNodeRoutingInfo, SlotAddr};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, Pipeline, PushInfo, RedisResult, Value,
};
use tokio::time::{Instant, timeout};

use super::target::{Servers, Target, tcp};
use super::trouble::Trouble;
use super::view::{Known, View};
use super::{Reply, info};

/// How long it may take to connect.
const CONNECTING: Duration = Duration::from_millis(250);

/// A connection that has answered once.
#[derive(Debug)]
pub(super) struct Connection {
    wire: Wire,
    pub(super) made: Instant,
    /// How many calls have failed: of a server, since the last that did not.
    failed: AtomicU32,
    /// The replication id that the server had when it was connected.
    pub(super) replid: Option<Arc<str>>,
    /// Whether the server tells of changes.
    tracks: bool,
    believed: Duration,
    /// How often it has told of some.
    changes: Arc<AtomicU64>,
    known: Mutex<Option<Known>>,
}

/// What a server is asked for that is to be known: what it tells later than this has
/// changed since.
pub(super) struct Learning {
    changes: u64,
    began: Instant,
}

#[derive(Clone)]
enum Wire {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Server(_) => "Server",
            Self::Cluster(_) => "Cluster",
        })
    }
}

impl Connection {
    /// Connects to a primary that has read its data.
    pub(super) async fn open(target: &Target) -> Result<Self, Trouble> {
        let changes = Arc::default();
        let wire = timeout(CONNECTING, connect(target, &changes))
            .await
            .map_err(|_| Trouble::TimedOut)?
            .map_err(|err| Trouble::of_connection(&err))?;
        let mut connection = Self {
            wire,
            made: Instant::now(),
            failed: AtomicU32::new(0),
            replid: None,
            tracks: false,
            believed: target.believed,
            changes,
            known: Mutex::default(),
        };
        // To be connected to a cluster, somebody must have told its slots; who answers
        // for one of them says nothing of the others.
        if connection.is_server() {
            timeout(target.deadline, connection.probe())
                .await
                .map_err(|_| Trouble::TimedOut)??;
        }
        Ok(connection)
    }

    /// Counts a call that has failed.
    pub(super) fn fails(&self) -> u32 {
        self.failed.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Takes note of a call that has not failed.
    pub(super) fn works(&self) {
        if self.is_server() {
            self.failed.store(0, Ordering::Relaxed);
        }
    }

    /// Whether it is to one server, which has all keys.
    pub(super) fn is_server(&self) -> bool {
        matches!(self.wire, Wire::Server(_))
    }

    /// Sends commands at once to the primary that has the slot of a key.
    pub(super) async fn exchange(
        &self,
        key: &[u8],
        commands: Pipeline,
    ) -> Result<Vec<Reply>, Trouble> {
        let count = commands.len();
        let values = match self.wire.clone() {
            Wire::Server(mut server) => server.send_packed_commands(&commands, 0, count).await,
            Wire::Cluster(mut cluster) => {
                let route = Route::with_key(key, SlotAddr::Master);
                let route = SingleNodeRoutingInfo::SpecificNode(route);
                cluster.route_pipeline(commands, 0, count, route).await
            }
        };
        let values = values.map_err(|err| Trouble::of_connection(&err))?;
        Ok(values.into_iter().map(reply).collect())
    }

    /// Asks a server for something, by what is known of it. `None` if it refuses.
    pub(super) async fn look(&self, command: &Cmd) -> Result<Option<Value>, Trouble> {
        let Wire::Server(server) = &self.wire else {
            return Ok(None);
        };
        match server.clone().send_packed_command(command).await {
            Ok(Value::ServerError(_)) => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(err) if err.is_unrecoverable_error() => Err(Trouble::of_connection(&err)),
            Err(_) => Ok(None),
        }
    }

    /// What is known of the server and of fields, if it is all of them.
    pub(super) fn known(&self, now: Instant, fields: &[&str]) -> Option<Known> {
        let known = self.state();
        let known = known.as_ref().filter(|known| now < known.until)?;
        (self.is_as(known) && known.view.has_all(fields)).then(|| known.clone())
    }

    /// Whether the server has told of no change since something was known.
    pub(super) fn is_as(&self, known: &Known) -> bool {
        known.changes == self.changes.load(Ordering::Acquire)
    }

    /// To be called before the server is asked for what is to be known, and for who it
    /// is. `None` if it would not tell of changes.
    pub(super) fn learning(&self, now: Instant) -> Option<Learning> {
        self.tracks.then(|| Learning {
            changes: self.changes.load(Ordering::Acquire),
            began: now,
        })
    }

    /// Keeps what the server has answered.
    pub(super) fn keep(&self, view: &Arc<View>, learning: &Learning) {
        let known = Known {
            view: Arc::clone(view),
            changes: learning.changes,
            until: learning.began + self.believed,
        };
        let mut state = self.state();
        let known = match &*state {
            Some(earlier) => known.and(earlier),
            None => known,
        };
        *state = Some(known);
    }

    fn state(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn probe(&mut self) -> Result<(), Trouble> {
        let mut commands = Pipeline::with_capacity(6);
        commands
            .add_command(info::tracking())
            .add_command(info::caching())
            .add_command(info::ping())
            .add_command(info::persistence())
            .add_command(info::cluster())
            .add_command(info::replication());
        let replies = self.exchange(b"", commands).await?;
        let Ok([tracking, caching, ping, persistence, cluster, replication]) =
            <[Reply; 6]>::try_from(replies)
        else {
            return Err(Trouble::Lost);
        };
        // Who does not know these commands, or forbids them, is asked each time.
        self.tracks = tracking.is_ok() && caching.is_ok();
        info::saves(&ping)?;
        info::loaded(persistence)?;
        info::alone(cluster)?;
        self.replid = Some(info::replid(replication)?);
        Ok(())
    }
}

async fn connect(target: &Target, changes: &Arc<AtomicU64>) -> RedisResult<Wire> {
    match &target.servers {
        Servers::One(server) => {
            let changes = Arc::clone(changes);
            let note = move |_: PushInfo| {
                changes.fetch_add(1, Ordering::AcqRel);
                Ok::<(), Infallible>(())
            };
            // The deadlines are ours.
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(None)
                .set_response_timeout(None)
                .set_push_sender(note);
            let client = Client::open((**server).clone())?;
            let server = client
                .get_multiplexed_async_connection_with_config(&config)
                .await?;
            Ok(Wire::Server(server))
        }
        Servers::Cluster(nodes) => {
            let cluster = cluster(nodes, target.deadline)?
                .get_async_connection()
                .await?;
            Ok(Wire::Cluster(cluster))
        }
    }
}

fn cluster(nodes: &[ConnectionInfo], deadline: Duration) -> RedisResult<ClusterClient> {
    ClusterClientBuilder::new(nodes.iter().cloned())
        .tcp_settings(tcp())
        .connection_timeout(CONNECTING / 2)
        .response_timeout(deadline)
        // A redirection or two; who calls has not much time.
        .retries(3)
        .min_retry_wait(5)
        .max_retry_wait(20)
        .build()
}

fn reply(value: Value) -> Reply {
    match value {
        Value::ServerError(err) => Err(err),
        value => Ok(value),
    }
}
