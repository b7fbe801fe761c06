//! What is sent, and what comes back.

use std::sync::LazyLock;
use std::time::Duration;

use redis::{Cmd, ServerErrorKind, Value};

use super::server::Server;
use crate::line::{Call, Line, Script, Target};

fn command(words: &[&str]) -> Cmd {
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    command
}

async fn line(server: &Server) -> Line {
    let target = Target::server(&server.url())
        .unwrap()
        .deadline(Duration::from_secs(5));
    let line = Line::start(target);
    line.first_try().await;
    line
}

#[tokio::test]
async fn an_answer_names_the_primary() {
    let server = Server::start(&[]);
    let line = line(&server).await;
    let sent = line
        .tell(b"a", vec![command(&["SET", "a", "1"])])
        .await
        .unwrap();
    assert_eq!(sent, [Ok(Value::Okay)]);
    let answer = line.ask(b"a", vec![command(&["GET", "a"])]).await.unwrap();
    assert_eq!(answer.replies, [Ok(Value::BulkString(b"1".to_vec()))]);
    let info: String = redis::cmd("INFO")
        .arg("replication")
        .query(&mut server.client())
        .unwrap();
    assert!(info.contains(&format!("master_replid:{}\r\n", answer.replid)));
}

#[tokio::test]
async fn an_error_for_one_key_spares_the_others() {
    let server = Server::start(&[]);
    let line = line(&server).await;
    server.command(&["SET", "text", "1"]);
    server.command(&["HSET", "hash", "t", "1"]);
    let ask = |key: &'static str| {
        let line = line.clone();
        async move {
            line.ask(key.as_bytes(), vec![command(&["HMGET", key, "t"])])
                .await
                .unwrap()
        }
    };
    let (wrong, right) = futures::future::join(ask("text"), ask("hash")).await;
    assert_eq!(wrong.replies[0].as_ref().unwrap_err().code(), "WRONGTYPE");
    let one = Value::Array(vec![Value::BulkString(b"1".to_vec())]);
    assert_eq!(right.replies, [Ok(one)]);
}

static DOUBLE: LazyLock<Script> = LazyLock::new(|| Script::new("return 2 * ARGV[1]"));
static STORE: LazyLock<Script> =
    LazyLock::new(|| Script::new("return redis.call('SET', KEYS[1], ARGV[1])"));

#[tokio::test]
async fn a_script_that_redis_has_forgotten_is_sent_again() {
    let server = Server::start(&[]);
    let line = line(&server).await;
    let calls = || {
        vec![
            Call {
                script: &DOUBLE,
                keys: vec![],
                args: vec![b"4".to_vec()],
            },
            Call {
                script: &STORE,
                keys: vec![b"a".to_vec()],
                args: vec![b"5".to_vec()],
            },
        ]
    };
    for _ in 0..2 {
        let replies = line.run(b"a", calls()).await.unwrap();
        assert_eq!(replies, [Ok(Value::Int(8)), Ok(Value::Okay)]);
        server.command(&["SCRIPT", "FLUSH"]);
    }
    let replies = line
        .tell(b"a", vec![command(&["EVALSHA", "0", "0"])])
        .await
        .unwrap();
    assert_eq!(
        replies[0].as_ref().unwrap_err().kind(),
        Some(ServerErrorKind::NoScript)
    );
}
