//! What a connection knows of its server, and when it knows that no more.

use std::time::{Duration, Instant};

use dumper::store::Unavailable;
use redis::{Cmd, Value};

use super::server::{Server, eventually};
use crate::line::view::BELIEVED;
use crate::line::{Line, Question, Target};

const PATIENCE: Duration = Duration::from_secs(10);

/// Longer than any test takes.
const FOR_EVER: Duration = Duration::from_hours(1);

const FIELD: &str = "f";

async fn line_by(target: Target) -> Line {
    let line = Line::start(target.deadline(PATIENCE));
    line.first_try().await;
    let start = Instant::now();
    while !has_own(&line).await {
        assert!(start.elapsed() < PATIENCE, "there is no lane");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    line
}

/// A line whose lane believes what it knows until the server says otherwise.
async fn line(server: &Server) -> Line {
    let target = Target::server(&server.url()).unwrap();
    line_by(target.believed(FOR_EVER)).await
}

async fn has_own(line: &Line) -> bool {
    let lanes = line.lanes.clone().unwrap();
    let here = tokio::spawn(async move { lanes.here().is_some() });
    here.await.unwrap()
}

/// What a hit is told: the value of a key, and that of a field of a hash.
#[derive(Debug, PartialEq)]
struct Told {
    value: Option<String>,
    field: Option<String>,
    replid: String,
}

/// Asks in a task, as a request does.
async fn see(line: &Line) -> Result<Told, Unavailable> {
    see_field(line, FIELD).await
}

async fn see_field(line: &Line, name: &'static str) -> Result<Told, Unavailable> {
    let line = line.clone();
    let seen = tokio::spawn(async move {
        let command = || {
            let mut command = Cmd::new();
            command.arg("GET").arg("key");
            command
        };
        let question = Question {
            key: b"key",
            command: &command,
            hash: b"hash",
            fields: &[name],
        };
        let sight = line.see(&question).await?;
        let value = sight.reply.unwrap();
        let field = sight.view.field(name);
        Ok(Told {
            value: redis::from_redis_value(value).unwrap(),
            field: field.map(|value| String::from_utf8(value.to_vec()).unwrap()),
            replid: sight.replid.to_string(),
        })
    });
    seen.await.unwrap()
}

async fn field(line: &Line) -> Option<String> {
    see(line).await.unwrap().field
}

fn write(server: &Server, value: &str) {
    server.command(&["HSET", "hash", FIELD, value]);
}

#[tokio::test]
async fn what_is_known_is_not_asked_for() {
    let server = Server::start(&[]);
    let line = line(&server).await;
    write(&server, "1");
    let first = see(&line).await.unwrap();
    assert_eq!(first.field.as_deref(), Some("1"));
    let before = [server.calls("info"), server.calls("hmget")];
    let gets = server.calls("get");
    for _ in 0..100 {
        assert_eq!(see(&line).await.unwrap(), first);
    }
    // The connections are checked, whatever is asked.
    assert!(server.calls("info") - before[0] < 50);
    assert_eq!(server.calls("hmget"), before[1]);
    assert_eq!(server.calls("get") - gets, 100);
}

#[tokio::test]
async fn the_value_of_the_key_is_always_asked_for() {
    let server = Server::start(&[]);
    let line = line(&server).await;
    for number in 0..100 {
        server.command(&["SET", "key", &number.to_string()]);
        let value = see(&line).await.unwrap().value;
        assert_eq!(value, Some(number.to_string()));
    }
}

#[tokio::test]
async fn a_change_of_the_hash_is_seen_by_whoever_asks_afterwards() {
    let server = Server::start(&[]);
    let line = line(&server).await;
    for number in 0..200 {
        write(&server, &number.to_string());
        assert_eq!(field(&line).await, Some(number.to_string()));
        assert_eq!(field(&line).await, Some(number.to_string()));
    }
    for lose in [
        &["HDEL", "hash", FIELD][..],
        &["DEL", "hash"],
        &["UNLINK", "hash"],
        &["FLUSHDB"],
        &["FLUSHALL", "ASYNC"],
        &["RENAME", "hash", "other"],
        &["SET", "hash", "no hash"],
    ] {
        server.command(&["DEL", "hash"]);
        write(&server, "1");
        assert_eq!(field(&line).await.as_deref(), Some("1"));
        server.command(lose);
        assert_eq!(field(&line).await, None, "{lose:?}");
    }
    server.command(&["DEL", "hash"]);
    write(&server, "1");
    server.command(&["PEXPIRE", "hash", "20"]);
    eventually("it expires", || {
        server.command(&["EXISTS", "hash"]) == Value::Int(0)
    });
    assert_eq!(field(&line).await, None);
}

#[tokio::test]
async fn what_was_known_of_one_field_is_forgotten_when_another_is_learned_later() {
    let server = Server::start(&[]);
    let line = line(&server).await;
    server.command(&["HSET", "hash", "g", "1"]);
    for number in 0..20 {
        write(&server, &number.to_string());
        assert_eq!(field(&line).await, Some(number.to_string()));
        write(&server, "changed");
        let other = see_field(&line, "g").await.unwrap();
        assert_eq!(other.field.as_deref(), Some("1"));
        assert_eq!(field(&line).await.as_deref(), Some("changed"));
    }
}

#[tokio::test]
async fn fields_are_known_together() {
    let server = Server::start(&[]);
    let line = line(&server).await;
    write(&server, "1");
    server.command(&["HSET", "hash", "g", "2"]);
    see(&line).await.unwrap();
    see_field(&line, "g").await.unwrap();
    let before = server.calls("hmget");
    assert_eq!(field(&line).await.as_deref(), Some("1"));
    let other = see_field(&line, "g").await.unwrap();
    assert_eq!(other.field.as_deref(), Some("2"));
    assert_eq!(server.calls("hmget"), before);
}

#[tokio::test]
async fn a_hash_that_is_evicted_is_not_known() {
    let server = Server::start(&["--maxmemory-policy", "allkeys-random"]);
    let line = line(&server).await;
    write(&server, "1");
    assert_eq!(field(&line).await.as_deref(), Some("1"));
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    eventually("it is evicted", || {
        server.command(&["EXISTS", "hash"]) == Value::Int(0)
    });
    assert_eq!(field(&line).await, None);
}

#[tokio::test]
async fn a_server_that_forgets_whom_to_tell_says_so() {
    let server = Server::start(&["--tracking-table-max-keys", "1"]);
    let line = line(&server).await;
    for number in 0..20 {
        write(&server, &number.to_string());
        assert_eq!(field(&line).await, Some(number.to_string()));
        // Somebody else takes the only place.
        let mut other = server.client();
        for words in [
            &["HELLO", "3"][..],
            &["CLIENT", "TRACKING", "ON"],
            &["GET", "key"],
            &["GET", "other"],
        ] {
            let mut command = redis::cmd(words[0]);
            let _: Value = command.arg(&words[1..]).query(&mut other).unwrap();
        }
        write(&server, "changed");
        assert_eq!(field(&line).await.as_deref(), Some("changed"));
    }
}

/// All that a server has is exchanged for what another has, and it is promoted again,
/// while a connection to it stays: what it has then may lack what it was told.
async fn exchanges_its_data(options: &[&str]) {
    let server = Server::start(options);
    let other = Server::start(&["--repl-diskless-sync-delay", "0"]);
    let line = line(&server).await;
    write(&server, "1");
    write(&other, "other");
    let before = see(&line).await.unwrap();
    assert_eq!(before.field.as_deref(), Some("1"));
    server.command(&["REPLICAOF", "127.0.0.1", &other.port.to_string()]);
    eventually("it has the data", || {
        let info = server.command(&["INFO", "replication"]);
        format!("{info:?}").contains("master_link_status:up")
    });
    assert!(see(&line).await.is_err(), "a replica is not asked");
    server.command(&["REPLICAOF", "NO", "ONE"]);
    let start = Instant::now();
    let after = loop {
        match see(&line).await {
            Ok(told) => break told,
            Err(err) => assert!(start.elapsed() < PATIENCE, "{err}"),
        }
    };
    assert_eq!(after.field.as_deref(), Some("other"));
    assert_ne!(after.replid, before.replid);
}

#[tokio::test]
async fn a_server_that_exchanges_its_data_says_so() {
    exchanges_its_data(&[]).await;
}

#[tokio::test]
async fn a_server_that_swaps_its_data_says_so() {
    exchanges_its_data(&["--repl-diskless-load", "swapdb"]).await;
}

#[tokio::test]
async fn who_the_server_is_is_not_believed_for_long() {
    let server = Server::start(&[]);
    let line = line_by(Target::server(&server.url()).unwrap()).await;
    see(&line).await.unwrap();
    let lanes = line.lanes.clone().unwrap();
    let known = tokio::spawn(async move {
        let (_, connection) = lanes.here().unwrap();
        connection.known(tokio::time::Instant::now() + BELIEVED, &[FIELD])
    });
    assert!(known.await.unwrap().is_none());
    // Nobody tells of this.
    server.command(&["REPLICAOF", "127.0.0.1", "1"]);
    let start = Instant::now();
    while see(&line).await.is_ok() {
        assert!(start.elapsed() < PATIENCE, "it is believed for ever");
    }
}

#[tokio::test]
async fn what_is_known_of_a_server_ends_with_the_connection() {
    let mut server = Server::start(&[]);
    let line = line(&server).await;
    write(&server, "1");
    let before = see(&line).await.unwrap();
    server.command(&["SAVE"]);
    write(&server, "2");
    assert_eq!(field(&line).await.as_deref(), Some("2"));
    server.kill();
    server.restart(&[]);
    let start = Instant::now();
    let after = loop {
        match see(&line).await {
            Ok(told) => break told,
            Err(err) => assert!(start.elapsed() < PATIENCE, "{err}"),
        }
    };
    assert_eq!(after.field.as_deref(), Some("1"));
    assert_ne!(after.replid, before.replid);
}

#[tokio::test]
async fn a_server_that_may_not_tell_is_asked_each_time() {
    let server = Server::start(&[]);
    let rights = ["on", ">few", "~*", "+@read", "+@write", "+info", "+ping"];
    server.command(&[&["ACL", "SETUSER", "few"], &rights[..]].concat());
    let url = server.url().replace("//", "//few:few@");
    let line = line_by(Target::server(&url).unwrap().believed(FOR_EVER)).await;
    for number in 0..50 {
        write(&server, &number.to_string());
        let infos = server.calls("info");
        assert_eq!(field(&line).await, Some(number.to_string()));
        assert!(server.calls("info") > infos);
    }
}

#[tokio::test]
async fn the_rights_that_are_documented_let_a_server_tell() {
    let documented = include_str!("../../lib.rs")
        .lines()
        .find_map(|line| line.strip_prefix("//! ACL SETUSER dumper "))
        .unwrap();
    let server = Server::start(&[]);
    let rights: Vec<_> = documented
        .split(' ')
        .filter(|right| !right.starts_with('~'))
        .collect();
    server.command(&[&["ACL", "SETUSER", "dumper", "~*"], &rights[..]].concat());
    let url = server.url().replace("//", "//dumper:password@");
    let line = line_by(Target::server(&url).unwrap().believed(FOR_EVER)).await;
    see(&line).await.unwrap();
    let before = server.calls("hmget");
    see(&line).await.unwrap();
    assert_eq!(server.calls("hmget"), before);
}

#[tokio::test]
async fn several_at_once_see_what_was_written_before() {
    let server = Server::start(&[]);
    let line = line(&server).await;
    for number in 0..50 {
        write(&server, &number.to_string());
        let seen = futures::future::join_all((0..20).map(|_| field(&line))).await;
        assert!(seen.iter().all(|seen| *seen == Some(number.to_string())));
    }
}

/// Nobody believes any more who was the primary before.
#[tokio::test]
async fn what_is_written_in_a_new_history_takes_until_that_has_settled() {
    let mut server = Server::start(&[]);
    let line = line_by(Target::server(&server.url()).unwrap()).await;
    let set = || {
        let mut set = redis::cmd("SET");
        set.arg("key").arg("1");
        vec![set]
    };
    for _ in 0..3 {
        server.kill();
        let before = Instant::now();
        server.restart(&[]);
        while line.tell(b"key", set()).await.is_err() {
            assert!(before.elapsed() < PATIENCE);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(before.elapsed() >= 2 * BELIEVED);
    }
}
