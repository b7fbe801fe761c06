//! A connection to a server or a cluster.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{Route, SingleNodeRoutingInfo, SlotAddr};
use redis::{AsyncConnectionConfig, Client, ConnectionInfo, Pipeline, RedisResult, Value};
use tokio::time::{Instant, timeout};

use super::target::{Servers, Target, tcp};
use super::trouble::Trouble;
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
        let wire = timeout(CONNECTING, connect(target))
            .await
            .map_err(|_| Trouble::TimedOut)?
            .map_err(|err| Trouble::of_connection(&err))?;
        let connection = Self {
            wire,
            made: Instant::now(),
            failed: AtomicU32::new(0),
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

    async fn probe(&self) -> Result<(), Trouble> {
        let mut commands = Pipeline::with_capacity(4);
        commands
            .add_command(info::ping())
            .add_command(info::persistence())
            .add_command(info::cluster())
            .add_command(info::replication());
        let replies = self.exchange(b"", commands).await?;
        let Ok([ping, persistence, cluster, replication]) = <[Reply; 4]>::try_from(replies) else {
            return Err(Trouble::Lost);
        };
        info::saves(&ping)?;
        info::loaded(persistence)?;
        info::alone(cluster)?;
        info::replid(replication)?;
        Ok(())
    }
}

async fn connect(target: &Target) -> RedisResult<Wire> {
    match &target.servers {
        Servers::One(server) => {
            // The deadlines are ours.
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(None)
                .set_response_timeout(None);
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
