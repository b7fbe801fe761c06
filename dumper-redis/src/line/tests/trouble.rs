//! What goes wrong, what callers and the log are told of it, and how it ends.

use std::time::{Duration, Instant};

use dumper::store::Unavailable;
use log::Level;
use redis::Cmd;

use super::log::{listen, told};
use super::proxy::Proxy;
use super::server::{Server, eventually, free_port};
use crate::line::{Line, Target};

/// What a busy machine may add to a deadline.
const ROOM: Duration = Duration::from_millis(400);

/// The default of a [`Target`].
const DEADLINE: Duration = Duration::from_millis(50);

fn get() -> Vec<Cmd> {
    let mut get = redis::cmd("GET");
    get.arg("a");
    vec![get]
}

fn set(value: &[u8]) -> Vec<Cmd> {
    let mut set = redis::cmd("SET");
    set.arg("a").arg(value);
    vec![set]
}

async fn line(url: &str) -> Line {
    listen();
    let line = Line::start(Target::server(url).unwrap());
    line.first_try().await;
    line
}

/// Asks until the answer is such.
async fn asked_until(line: &Line, is_so: impl Fn(&Result<(), Unavailable>) -> bool) {
    let start = Instant::now();
    loop {
        let answered = line.ask(b"a", get()).await.map(|_| ());
        if is_so(&answered) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{answered:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Whether the lane that was not asked by follows the one that was.
async fn sent_soon(line: &Line) -> bool {
    let start = Instant::now();
    while line.tell(b"a", set(b"1")).await.is_err() {
        if start.elapsed() > ROOM {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    true
}

fn reason<T>(answered: Result<T, Unavailable>) -> String {
    let reason = answered.err().unwrap().to_string();
    reason
        .strip_prefix("the store is unavailable: ")
        .unwrap()
        .to_owned()
}

fn levels(port: u16) -> Vec<Level> {
    told(port).into_iter().map(|(level, _)| level).collect()
}

#[tokio::test]
async fn a_server_that_is_down_fails_calls_at_once_and_is_told_of_once() {
    let port = free_port();
    let line = line(&format!("redis://user:secret@127.0.0.1:{port}")).await;
    let start = Instant::now();
    for _ in 0..1000 {
        assert_eq!(reason(line.ask(b"a", get()).await), "connection refused");
        assert_eq!(reason(line.tell(b"a", get()).await), "connection refused");
    }
    assert!(start.elapsed() < 1000 * DEADLINE);
    let told = told(port);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, Level::Error);
    assert!(told[0].1.contains("refuses the connection"), "{told:?}");
    assert!(!told[0].1.contains("secret"), "{told:?}");
}

#[tokio::test]
async fn a_node_of_a_cluster_is_not_taken_for_a_server() {
    let server = Server::start(&["--cluster-enabled", "yes"]);
    let line = line(&server.url()).await;
    asked_until(&line, |answered| {
        *answered == Err(Unavailable::new("is a node of a cluster"))
    })
    .await;
    let told = told(server.port);
    assert!(
        told.iter()
            .any(|(_, line)| line.contains("`Builder::cluster`")),
        "{told:?}"
    );
}

/// It answers what a hit asks, and refuses what would make it a miss.
#[tokio::test]
async fn a_server_that_has_too_few_replicas_is_not_asked() {
    let server = Server::start(&[]);
    let line = line(&server.url()).await;
    asked_until(&line, Result::is_ok).await;
    server.command(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    asked_until(&line, |answered| {
        *answered == Err(Unavailable::new("has too few replicas"))
    })
    .await;
    server.command(&["CONFIG", "SET", "min-replicas-to-write", "0"]);
    asked_until(&line, Result::is_ok).await;
    assert!(sent_soon(&line).await);
}

#[tokio::test]
async fn a_server_that_cannot_save_its_data_is_not_asked() {
    let server = Server::start(&["--dbfilename", "pages"]);
    let line = line(&server.url()).await;
    asked_until(&line, Result::is_ok).await;
    // A directory in its place is not replaced by a file.
    let blocking = server.dir.join("pages/in/the/way");
    std::fs::create_dir_all(&blocking).unwrap();
    server.command(&["CONFIG", "SET", "save", "3600 1"]);
    server.command(&["BGSAVE"]);
    asked_until(&line, |answered| {
        *answered == Err(Unavailable::new("cannot save its data"))
    })
    .await;
    server.command(&["CONFIG", "SET", "save", ""]);
    asked_until(&line, Result::is_ok).await;
    assert!(sent_soon(&line).await);
}

#[tokio::test]
async fn a_server_that_is_back_is_used_again() {
    let mut server = Server::start(&[]);
    let line = line(&server.url()).await;
    line.ask(b"a", get()).await.unwrap();
    for round in 1..=2 {
        server.kill();
        asked_until(&line, |answered| {
            *answered == Err(Unavailable::new("connection refused"))
        })
        .await;
        assert_eq!(
            levels(server.port).len(),
            2 * round - 1,
            "{:?}",
            told(server.port)
        );
        server.restart(&[]);
        let back = Instant::now();
        asked_until(&line, Result::is_ok).await;
        assert!(
            back.elapsed() < Duration::from_millis(500) + ROOM,
            "{:?}",
            back.elapsed()
        );
        assert!(sent_soon(&line).await);
        eventually("the log is told", || levels(server.port).len() == 2 * round);
    }
    let levels = levels(server.port);
    assert_eq!(
        levels,
        [Level::Error, Level::Info, Level::Error, Level::Info]
    );
}

#[tokio::test]
async fn a_silent_connection_is_replaced() {
    let server = Server::start(&[]);
    let proxy = Proxy::to(server.port);
    let line = line(&format!("redis://127.0.0.1:{}", proxy.port)).await;
    line.ask(b"a", get()).await.unwrap();
    assert_eq!(proxy.connections(), 2);
    proxy.hold();
    let start = Instant::now();
    assert_eq!(reason(line.ask(b"a", get()).await), "timed out");
    assert!(start.elapsed() < DEADLINE + ROOM);
    asked_until(&line, Result::is_ok).await;
    assert!(
        start.elapsed() < Duration::from_millis(300) + ROOM,
        "{:?}",
        start.elapsed()
    );
    // The other one has been found silent as well, with nobody calling.
    eventually("both are replaced", || proxy.connections() == 4);
    assert!(sent_soon(&line).await);
}

#[tokio::test]
async fn a_server_that_is_stopped_is_left_alone_until_it_goes_on() {
    let server = Server::start(&[]);
    let line = line(&server.url()).await;
    line.ask(b"a", get()).await.unwrap();
    server.signal("STOP");
    for _ in 0..4 {
        let start = Instant::now();
        assert_eq!(reason(line.ask(b"a", get()).await), "timed out");
        assert!(start.elapsed() < DEADLINE + ROOM);
    }
    eventually("the circuit is open", || told(server.port).len() == 1);
    let start = Instant::now();
    for _ in 0..100 {
        assert_eq!(reason(line.ask(b"a", get()).await), "timed out");
    }
    assert!(start.elapsed() < 100 * DEADLINE);
    server.signal("CONT");
    let back = Instant::now();
    asked_until(&line, Result::is_ok).await;
    assert!(
        back.elapsed() < Duration::from_millis(600) + ROOM,
        "{:?}",
        back.elapsed()
    );
    eventually("the log is told", || {
        levels(server.port) == [Level::Error, Level::Info]
    });
}

#[tokio::test]
async fn a_server_that_stops_again_and_again_is_told_of_once() {
    let server = Server::start(&[]);
    let line = line(&server.url()).await;
    for _ in 0..6 {
        server.signal("STOP");
        for _ in 0..3 {
            assert!(line.ask(b"a", get()).await.is_err());
        }
        server.signal("CONT");
        asked_until(&line, Result::is_ok).await;
    }
    assert_eq!(
        levels(server.port),
        [Level::Error],
        "{:?}",
        told(server.port)
    );
    eventually("the log is told", || {
        levels(server.port) == [Level::Error, Level::Info]
    });
}

#[tokio::test]
async fn a_server_that_is_loading_is_waited_for() {
    // It reads calls between keys only if these are large in its file as well.
    let mut server = Server::start(&["--rdbcompression", "no"]);
    let line = line(&server.url()).await;
    let mut fill = redis::pipe();
    for number in 0..600 {
        fill.cmd("SET").arg(number).arg(vec![b'x'; 2048]);
    }
    fill.exec(&mut server.client()).unwrap();
    server.command(&["SAVE"]);
    let slowly = [
        "--key-load-delay",
        "2000",
        "--loading-process-events-interval-bytes",
        "2048",
    ];
    server.restart(&slowly);
    asked_until(&line, |answered| {
        *answered == Err(Unavailable::new("is loading"))
    })
    .await;
    asked_until(&line, Result::is_ok).await;
    let told = told(server.port);
    assert!(
        told.iter().any(|(_, line)| line.contains("is loading")),
        "{told:?}"
    );
}

#[tokio::test]
async fn the_connections_end_with_the_last_handle() {
    let server = Server::start(&[]);
    let line = line(&server.url()).await;
    assert_eq!(server.connections(), 2);
    let other = line.clone();
    drop(line);
    other.ask(b"a", get()).await.unwrap();
    drop(other);
    eventually("the connections have ended", || server.connections() == 0);
}

#[tokio::test]
async fn a_replica_is_not_asked() {
    let server = Server::start(&[]);
    let line = line(&server.url()).await;
    line.ask(b"a", get()).await.unwrap();
    server.command(&["REPLICAOF", "127.0.0.1", &free_port().to_string()]);
    assert_eq!(reason(line.ask(b"a", get()).await), "is a replica");
    asked_until(&line, |answered| {
        *answered == Err(Unavailable::new("is a replica"))
    })
    .await;
    eventually("the log is told", || levels(server.port) == [Level::Error]);
    assert_eq!(reason(line.tell(b"a", set(b"1")).await), "is a replica");
    server.command(&["REPLICAOF", "NO", "ONE"]);
    asked_until(&line, Result::is_ok).await;
    eventually("the log is told", || {
        levels(server.port) == [Level::Error, Level::Info]
    });
}

#[tokio::test]
async fn a_write_finds_a_replica_as_well() {
    let server = Server::start(&[]);
    let line = line(&server.url()).await;
    server.command(&["REPLICAOF", "127.0.0.1", &free_port().to_string()]);
    assert_eq!(reason(line.tell(b"a", set(b"1")).await), "is a replica");
    eventually("the log is told", || levels(server.port) == [Level::Error]);
}

#[tokio::test]
async fn a_server_without_memory_is_read_from() {
    let server = Server::start(&["--maxmemory-policy", "noeviction"]);
    let line = line(&server.url()).await;
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    for _ in 0..10 {
        let refused = line.tell(b"a", set(b"1")).await.unwrap();
        assert_eq!(refused[0].as_ref().unwrap_err().code(), "OOM");
        line.ask(b"a", get()).await.unwrap();
    }
    let told = told(server.port);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].1.contains("out of memory"), "{told:?}");
}

#[tokio::test]
async fn a_wrong_password_is_told() {
    let server = Server::start(&["--requirepass", "right"]);
    for user in ["", ":wrong@"] {
        let line = line(&format!("redis://{user}127.0.0.1:{}", server.port)).await;
        assert_eq!(reason(line.ask(b"a", get()).await), "wrong password");
    }
    let told = told(server.port);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.iter()
            .all(|(_, line)| line.contains("user and password")),
        "{told:?}"
    );
    let line = line(&format!("redis://:right@127.0.0.1:{}", server.port)).await;
    line.ask(b"a", get()).await.unwrap();
}

#[tokio::test]
async fn a_missing_right_is_named() {
    let server = Server::start(&[]);
    server.command(&["ACL", "SETUSER", "few", "on", ">few", "~*", "+get"]);
    let line = line(&format!("redis://few:few@127.0.0.1:{}", server.port)).await;
    assert_eq!(reason(line.ask(b"a", get()).await), "no permission");
    assert!(
        told(server.port)[0].1.contains("'info'"),
        "{:?}",
        told(server.port)
    );
    server.command(&["ACL", "SETUSER", "few", "+info"]);
    asked_until(&line, Result::is_ok).await;
    assert!(sent_soon(&line).await);
    let refused = line.tell(b"a", set(b"1")).await.unwrap();
    assert_eq!(refused[0].as_ref().unwrap_err().code(), "NOPERM");
    let (_, last) = told(server.port).pop().unwrap();
    assert!(last.contains("'set'"), "{last}");
}

#[tokio::test]
async fn a_call_that_is_dropped_harms_nobody() {
    let server = Server::start(&[]);
    let target = Target::server(&server.url()).unwrap();
    let line = Line::start(target.deadline(Duration::from_secs(5)));
    line.first_try().await;
    for _ in 0..100 {
        let asked = line.ask(b"a", get());
        let _ = tokio::time::timeout(Duration::ZERO, asked).await;
    }
    line.ask(b"a", get()).await.unwrap();
}
