//! The client that all of it rests on, by itself.

use std::future::pending;
use std::io;
use std::sync::mpsc::channel;
use std::thread;

use bytes::Bytes;
use dumper_tests::redis::RedisServer;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{Client, Cmd, FromRedisValue, IntoConnectionInfo, ProtocolVersion, RedisResult};
use tokio::runtime::Builder;

/// A connection with the settings that the store has.
#[derive(Clone)]
pub(crate) struct Bare {
    connection: MultiplexedConnection,
}

impl Bare {
    /// Connects on the runtime of who asks.
    pub(crate) async fn connect(server: &RedisServer) -> RedisResult<Self> {
        Self::open(server.url()).await
    }

    /// Connects on another thread, as a connection is that all workers share.
    pub(crate) fn connect_apart(server: &RedisServer) -> RedisResult<Self> {
        let server = server.url();
        let (sender, made) = channel();
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let _ = sender.send(Self::open(server).await);
                pending::<io::Result<()>>().await
            })
        });
        made.recv().map_err(io::Error::other)?
    }

    async fn open(url: String) -> RedisResult<Self> {
        let info = url.into_connection_info()?;
        let settings = info.redis_settings().clone();
        let info = info
            .set_tcp_settings(TcpSettings::default().set_nodelay(true))
            .set_redis_settings(settings.set_protocol(ProtocolVersion::RESP2));
        let client = Client::open(info)?;
        let connection = client.get_multiplexed_async_connection().await?;
        Ok(Self { connection })
    }

    pub(crate) async fn get(&self, key: &str) -> usize {
        self.done::<Vec<u8>>(redis::cmd("GET").arg(key)).await.len()
    }

    /// Stores what a page and its generations take, to be [read](Self::read).
    pub(crate) async fn write(&self, body: &Bytes) {
        let token = "0".repeat(72);
        let mut page = redis::cmd("HSET");
        page.arg("bare.page").arg("t").arg(&token).arg("n").arg("");
        self.done::<()>(page.arg("v").arg(&body[..])).await;
        let mut generations = redis::cmd("HSET");
        self.done::<()>(generations.arg("bare.generations").arg("b").arg(&token))
            .await;
    }

    /// Sends what a hit sends while the connection knows nothing.
    pub(crate) async fn read(&self) -> usize {
        let mut commands = redis::pipe();
        for words in [
            &["HMGET", "bare.page", "t", "n", "v"][..],
            &["HMGET", "bare.generations", "b"],
            &["INFO", "replication"],
        ] {
            commands.add_command(Cmd::new().arg(words).to_owned());
        }
        let mut connection = self.connection.clone();
        let read = commands.query_async(&mut connection).await;
        let (page, _, _): (Vec<Vec<u8>>, Vec<Vec<u8>>, Vec<u8>) = read.expect("the server answers");
        page.last().map_or(0, Vec::len)
    }

    pub(crate) async fn set(&self, key: &str, value: &Bytes) {
        self.done::<()>(redis::cmd("SET").arg(key).arg(&value[..]))
            .await;
    }

    pub(crate) async fn unlink(&self, key: &str) {
        self.done::<()>(redis::cmd("UNLINK").arg(key)).await;
    }

    async fn done<T: FromRedisValue>(&self, command: &Cmd) -> T {
        let mut connection = self.connection.clone();
        let done = command.query_async(&mut connection).await;
        done.expect("the server answers")
    }
}
