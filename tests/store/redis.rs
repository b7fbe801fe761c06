//! Redis, with a server of its own for each check.

use std::time::{Duration, Instant};

use dumper::store::Store;
use dumper::{Key, acceptance};
use dumper_redis::Redis;
use dumper_tests::redis::RedisServer;
use tokio::runtime;
use tokio::task::{LocalSet, spawn_local};

/// By the connections that all threads share.
mod shared {
    use super::{handle, server};

    dumper::acceptance_checks!(tests);

    fn check(check: &str) {
        let server = server();
        crate::run(check, async || {
            (handle(&server).await, handle(&server).await)
        });
    }
}

/// By those that a worker of Actix Web has to itself, which know more and ask less.
mod worker {
    dumper::acceptance_checks!(tests);

    fn check(check: &'static str) {
        super::run_on_a_worker(check);
    }
}

fn server() -> RedisServer {
    RedisServer::start(&[]).expect("redis-server can be started")
}

async fn handle(server: &RedisServer) -> Redis {
    Redis::builder(server.url())
        .deadline(Duration::from_secs(20))
        .connect()
        .await
        .expect("Redis can be connected to")
}

/// Runs a check in a task of a runtime of one thread, as a request is.
fn run_on_a_worker(check: &'static str) {
    let server = server();
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    LocalSet::new().block_on(&runtime, async move {
        let checking = spawn_local(async move {
            let stores = async || (at_home(&server).await, at_home(&server).await);
            Box::pin(acceptance::run(check, stores)).await;
        });
        checking.await.expect("the check is passed");
    });
}

/// A handle that has a connection of its own for the thread that asks.
async fn at_home(server: &RedisServer) -> Redis {
    let before = clients(server);
    let redis = handle(server).await;
    let key = Key::new("https", "parlour.example", "/", None).expect("it is a path");
    let started = Instant::now();
    while clients(server) < before + 3 {
        redis.look_up(&key, &|_| None).await.expect("it answers");
        assert!(started.elapsed() < Duration::from_secs(20), "it has none");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    redis
}

/// How many connections there are to a server that dumper has made: those by which
/// the server is asked are not tracked, and may be listed when they have ended.
fn clients(server: &RedisServer) -> usize {
    let list: String = server
        .command(&["CLIENT", "LIST", "TYPE", "normal"])
        .expect("the server answers");
    let is_tracked = |client: &&str| client.split(' ').any(|field| field == "flags=t");
    list.lines().filter(is_tracked).count()
}
