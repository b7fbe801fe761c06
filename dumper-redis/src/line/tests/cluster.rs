//! The line to a cluster.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use redis::{Cmd, Value};

use super::log::listen;
use super::server::{Server, eventually, free_port};
use crate::line::{Line, Target};

/// Three primaries, each with as many replicas.
struct Cluster(Vec<Server>);

impl Cluster {
    fn start(replicas: usize) -> Self {
        let options = [
            "--cluster-enabled",
            "yes",
            "--cluster-node-timeout",
            "500",
            "--cluster-require-full-coverage",
            "no",
            "--repl-diskless-sync-delay",
            "0",
        ];
        let nodes = (0..3 + 3 * replicas).map(|_| {
            // By default it is the port plus 10000, which may be more than there are.
            let bus = free_port().to_string();
            Server::start(&[&options[..], &["--cluster-port", &bus]].concat())
        });
        let nodes = nodes.collect::<Vec<_>>();
        let made = Command::new("redis-cli")
            .args(["--cluster-yes", "--cluster-replicas", &replicas.to_string()])
            .args(["--cluster", "create"])
            .args(nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)))
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success());
        let cluster = Self(nodes);
        eventually("every node knows the cluster", || {
            cluster.0.iter().all(|node| {
                let info = text(node, &["CLUSTER", "INFO"]);
                let known = format!("cluster_known_nodes:{}\r\n", cluster.0.len());
                info.contains("cluster_state:ok\r\n") && info.contains(&known)
            })
        });
        cluster
    }

    async fn line(&self) -> Line {
        listen();
        let urls = self.0.iter().map(Server::url);
        let line = Line::start(
            Target::cluster(urls)
                .unwrap()
                .deadline(Duration::from_millis(200)),
        );
        line.first_try().await;
        line
    }
}

fn text(node: &Server, words: &[&str]) -> String {
    match node.command(words) {
        Value::BulkString(bytes) => String::from_utf8(bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn command(words: &[&str]) -> Vec<Cmd> {
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    vec![command]
}

#[tokio::test]
async fn each_key_is_asked_of_its_own_primary() {
    let cluster = Cluster::start(0);
    let line = cluster.line().await;
    let mut primaries = Vec::new();
    for key in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let set = line
            .tell(key.as_bytes(), command(&["SET", key, key]))
            .await
            .unwrap();
        assert_eq!(set, [Ok(Value::Okay)]);
        let answer = line
            .ask(key.as_bytes(), command(&["GET", key]))
            .await
            .unwrap();
        assert_eq!(answer.replies, [Ok(Value::BulkString(key.into()))]);
        primaries.push(answer.replid);
    }
    primaries.sort();
    primaries.dedup();
    assert_eq!(primaries.len(), 3);
}

#[tokio::test]
async fn a_replica_takes_over_from_a_silent_primary() {
    let cluster = Cluster::start(1);
    let line = cluster.line().await;
    let before = line.ask(b"a", command(&["GET", "a"])).await.unwrap().replid;
    let is_asked = |node: &&Server| {
        let info = text(node, &["INFO", "replication"]);
        info.contains(&*before) && info.contains("role:master")
    };
    let primary = cluster.0.iter().find(is_asked).unwrap();
    primary.signal("STOP");
    let start = Instant::now();
    let after = loop {
        if let Ok(answer) = line.ask(b"a", command(&["GET", "a"])).await {
            break answer.replid;
        }
        assert!(start.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_ne!(before, after);
    while line.tell(b"a", command(&["SET", "a", "1"])).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(20));
    }
    primary.signal("CONT");
}
