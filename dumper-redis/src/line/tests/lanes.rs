//! The lanes of callers' own threads.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use dumper::store::Unavailable;
use futures::future::join_all;
use log::Level;
use redis::{Cmd, Value};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{LocalSet, spawn_local, yield_now};

use super::log::{listen, told};
use super::proxy::Proxy;
use super::server::{Server, eventually};
use crate::line::{Line, Target};

/// What a busy machine may add to a deadline.
const ROOM: Duration = Duration::from_millis(400);

/// The default of a [`Target`].
const DEADLINE: Duration = Duration::from_millis(50);

const PATIENCE: Duration = Duration::from_secs(10);

fn get() -> Vec<Cmd> {
    let mut get = redis::cmd("GET");
    get.arg("a");
    vec![get]
}

async fn line(port: u16) -> Line {
    line_by(port, PATIENCE).await
}

async fn line_by(port: u16, deadline: Duration) -> Line {
    listen();
    let target = Target::server(&format!("redis://127.0.0.1:{port}")).unwrap();
    let line = Line::start(target.deadline(deadline));
    line.first_try().await;
    line
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Asks in a task.
async fn ask(line: &Line) -> Result<(), Unavailable> {
    let line = line.clone();
    let asked = tokio::spawn(async move { line.ask(b"a", get()).await.map(|_| ()) });
    asked.await.unwrap()
}

/// Asks in tasks until what comes of it is so.
async fn asked_until(line: &Line, is_so: impl Fn(&Result<(), Unavailable>) -> bool) {
    let start = Instant::now();
    loop {
        let answered = ask(line).await;
        if is_so(&answered) {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{answered:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Asks in tasks until they have a lane of their own.
async fn asked_by_own(line: &Line) {
    let start = Instant::now();
    while !has_own(line).await {
        assert!(start.elapsed() < PATIENCE, "there is no lane");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn has_own(line: &Line) -> bool {
    let lanes = line.lanes.clone().unwrap();
    tokio::spawn(async move { lanes.here().is_some() })
        .await
        .unwrap()
}

/// The addresses of the connections that a server was asked by.
fn asked_by(server: &Server) -> Vec<String> {
    let Value::Array(entries) = server.command(&["SLOWLOG", "GET", "-1"]) else {
        panic!("the server has no slow log");
    };
    let mut addresses: Vec<_> = entries
        .into_iter()
        .filter_map(|entry| {
            let (.., words, address, _): (u64, u64, u64, Vec<String>, String, String) =
                redis::from_redis_value(entry).unwrap();
            (words == ["GET", "a"]).then_some(address)
        })
        .collect();
    addresses.sort();
    addresses.dedup();
    server.command(&["SLOWLOG", "RESET"]);
    addresses
}

fn server() -> Server {
    Server::start(&["--slowlog-log-slower-than", "0"])
}

#[tokio::test]
async fn tasks_of_a_runtime_of_one_thread_ask_by_a_connection_of_their_own() {
    let server = server();
    let line = line(server.port).await;
    line.ask(b"a", get()).await.unwrap();
    ask(&line).await.unwrap();
    let first = asked_by(&server);
    assert_eq!(first.len(), 1, "the first ones need not wait: {first:?}");
    asked_by_own(&line).await;
    asked_by(&server);
    for _ in 0..10 {
        ask(&line).await.unwrap();
    }
    let own = asked_by(&server);
    assert_eq!(own.len(), 1);
    assert_ne!(own, first);
    // Who is in no task may be on a runtime that nobody drives.
    line.ask(b"a", get()).await.unwrap();
    assert_eq!(asked_by(&server), first);
    assert_eq!(server.connections(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_of_a_runtime_of_many_threads_do_not() {
    let server = server();
    let line = line(server.port).await;
    for _ in 0..100 {
        ask(&line).await.unwrap();
    }
    assert_eq!(asked_by(&server).len(), 1);
    assert_eq!(server.connections(), 2);
}

#[test]
fn a_lane_ends_with_its_runtime() {
    let server = server();
    let line = runtime().block_on(line(server.port));
    for _ in 0..3 {
        let runtime = runtime();
        runtime.block_on(asked_by_own(&line));
        assert_eq!(server.connections(), 3);
        drop(runtime);
        eventually("the connection has ended", || server.connections() == 2);
        assert!(line.lanes.as_ref().unwrap().is_empty());
    }
}

#[test]
fn a_runtime_that_nobody_drives_keeps_nobody_waiting() {
    let server = server();
    let line = runtime().block_on(line(server.port));
    let (done, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime = runtime();
        runtime.block_on(asked_by_own(&line));
        // It polls no other task.
        let asked = runtime.handle().block_on(line.ask(b"a", get()));
        done.send(asked.map(|_| ())).unwrap();
        // A thread that waits for a runtime does not drive it either.
        let handle = runtime.handle().clone();
        runtime.spawn_blocking(move || {
            let asked = handle.block_on(line.ask(b"a", get()));
            done.send(asked.map(|_| ())).unwrap();
        });
        thread::park();
    });
    for _ in 0..2 {
        assert_eq!(told.recv_timeout(2 * PATIENCE), Ok(Ok(())));
    }
}

#[tokio::test]
async fn a_lane_ends_with_its_line() {
    let server = server();
    let line = line(server.port).await;
    asked_by_own(&line).await;
    assert_eq!(server.connections(), 3);
    drop(line);
    let start = Instant::now();
    while server.connections() > 0 {
        assert!(start.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_lane_that_goes_silent_is_replaced_and_the_others_are_not() {
    let server = server();
    let proxy = Proxy::to(server.port);
    let line = line_by(proxy.port, DEADLINE).await;
    asked_by_own(&line).await;
    assert_eq!(proxy.connections(), 3);
    proxy.hold_last();
    let start = Instant::now();
    let silent = ask(&line).await.unwrap_err();
    assert!(silent.to_string().ends_with("timed out"), "{silent}");
    assert!(start.elapsed() < DEADLINE + ROOM);
    asked_until(&line, Result::is_ok).await;
    assert!(start.elapsed() < 3 * DEADLINE + ROOM);
    asked_by_own(&line).await;
    assert_eq!(proxy.connections(), 4);
    assert_eq!(told(proxy.port), []);
}

#[tokio::test]
async fn a_lane_nobody_asks_by_is_replaced_when_the_others_go_silent() {
    let server = server();
    let proxy = Proxy::to(server.port);
    let line = line_by(proxy.port, DEADLINE).await;
    asked_by_own(&line).await;
    proxy.hold();
    assert!(line.ask(b"a", get()).await.is_err());
    let start = Instant::now();
    while proxy.connections() < 6 {
        assert!(start.elapsed() < PATIENCE, "{}", proxy.connections());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    asked_by_own(&line).await;
}

#[test]
fn the_log_is_told_once_for_all_lanes() {
    let mut server = server();
    let port = server.port;
    let runtimes = [(); 3].map(|()| runtime());
    let line = runtimes[0].block_on(line(port));
    let all_asked_by_own = || {
        for runtime in &runtimes {
            runtime.block_on(asked_by_own(&line));
        }
    };
    let levels = || told(port).into_iter().map(|(level, _)| level);
    all_asked_by_own();
    assert_eq!(server.connections(), 2 + 3);
    server.kill();
    let refused = Err(Unavailable::new("connection refused"));
    for runtime in &runtimes {
        runtime.block_on(asked_until(&line, |answered| *answered == refused));
    }
    eventually("the log is told", || levels().eq([Level::Error]));
    server.restart(&[]);
    all_asked_by_own();
    eventually("the log is told", || {
        levels().eq([Level::Error, Level::Info])
    });
    assert_eq!(server.connections(), 2 + 3);
}

#[tokio::test]
async fn a_thread_that_was_busy_finds_what_came_meanwhile() {
    let server = server();
    let line = line_by(server.port, DEADLINE).await;
    let tasks = LocalSet::new();
    tasks
        .run_until(async {
            asked_by_own(&line).await;
            server.signal("STOP");
            let asked = spawn_local(async move { line.ask(b"a", get()).await.map(|_| ()) });
            for _ in 0..10 {
                yield_now().await;
            }
            server.signal("CONT");
            thread::sleep(2 * DEADLINE);
            assert_eq!(asked.await.unwrap(), Ok(()));
        })
        .await;
}

#[tokio::test]
async fn asks_of_one_thread_at_the_same_time_share_the_question_who_answers() {
    let server = server();
    let line = line(server.port).await;
    asked_by_own(&line).await;
    let before = [server.calls("info"), server.calls("get")];
    let asked = join_all((0..200).map(|_| ask(&line))).await;
    assert!(asked.iter().all(Result::is_ok));
    assert_eq!(server.calls("get") - before[1], 200);
    let infos = server.calls("info") - before[0];
    assert!(infos < 20, "{infos} times INFO");
}

#[tokio::test]
async fn asks_of_one_thread_that_are_dropped_harm_nobody() {
    let server = server();
    let line = line(server.port).await;
    asked_by_own(&line).await;
    for together in [1, 3] {
        for _ in 0..100 {
            let line = line.clone();
            let dropped = tokio::spawn(async move {
                let asked = join_all((0..together).map(|_| line.ask(b"a", get())));
                let _ = tokio::time::timeout(Duration::ZERO, asked).await;
            });
            dropped.await.unwrap();
        }
        ask(&line).await.unwrap();
    }
    assert!(has_own(&line).await);
}
