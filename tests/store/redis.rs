//! Redis, with a server of its own for each check.

use std::time::Duration;

use dumper_redis::Redis;
use dumper_tests::redis::RedisServer;

dumper::acceptance_checks!(tests);

fn check(check: &str) {
    let server = RedisServer::start(&[]).expect("redis-server can be started");
    crate::run(check, async || {
        let handle = async || {
            Redis::builder(server.url())
                .deadline(Duration::from_secs(20))
                .connect()
                .await
                .expect("Redis can be connected to")
        };
        (handle().await, handle().await)
    });
}
