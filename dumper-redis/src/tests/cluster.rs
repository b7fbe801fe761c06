//! Pages and generations on different servers.

use super::*;
use crate::line::tests::server::{eventually, free_port};

/// Two nodes, each with half of the slots.
fn cluster() -> [Server; 2] {
    let nodes = [(); 2].map(|()| {
        let bus = free_port().to_string();
        let options = ["--cluster-enabled", "yes", "--cluster-port", &bus];
        (Server::start(&options), bus)
    });
    nodes[0]
        .0
        .command(&["CLUSTER", "ADDSLOTSRANGE", "0", "8191"]);
    nodes[1]
        .0
        .command(&["CLUSTER", "ADDSLOTSRANGE", "8192", "16383"]);
    let (other, bus) = &nodes[1];
    let port = other.port.to_string();
    nodes[0]
        .0
        .command(&["CLUSTER", "MEET", "127.0.0.1", &port, bus]);
    let nodes = nodes.map(|(node, _)| node);
    for node in &nodes {
        eventually("the cluster is complete", || {
            let info = node.command(&["CLUSTER", "INFO"]);
            format!("{info:?}").contains("cluster_state:ok")
        });
    }
    nodes
}

#[tokio::test]
async fn pages_and_generations_are_each_believed_by_their_own_server() {
    let [one, two] = cluster();
    let connect = async || builder(&one).cluster([two.url()]).connect().await.unwrap();
    let (store, other) = (connect().await, connect().await);
    drop_entity(&store, "size", &["^/sizes/"], Fence::None).await;
    let paths: Vec<_> = (0..20).map(|number| format!("/sizes/{number}/")).collect();
    let count = async || {
        let mut count = 0;
        for path in &paths {
            count += usize::from(is_found(&other, &key(path)).await);
        }
        count
    };
    let put_all = async || {
        for path in &paths {
            let stamp = put(&store, &key(path), &["menu"]).await;
            assert!(other.is_current(&key(path), &stamp).await.unwrap());
        }
    };
    put_all().await;
    assert_eq!(count().await, 20);
    for node in [&one, &two] {
        assert_ne!(node.command(&["DBSIZE"]), redis::Value::Int(0));
    }

    let kin: Vec<_> = paths.iter().map(|path| self::path(path).kin()).collect();
    for fence in [Fence::None, Fence::Stands, Fence::Lifted] {
        let changes: Vec<_> = kin
            .iter()
            .map(|kin| Change {
                reached: Reached::Kin(kin),
                fence,
            })
            .collect();
        let changes = Changes {
            writer: WRITER,
            changes: &changes,
            time_to_live: Duration::from_mins(1),
            moved: true,
            renew: false,
        };
        store.apply(&changes).await.unwrap();
        assert_eq!(count().await, 0);
    }
    put_all().await;
    for path in &paths[..10] {
        drop_pages(&other, Reached::Path(&self::path(path))).await;
    }
    assert_eq!(count().await, 10);
    put_all().await;
    drop_pages(&other, Reached::Tag("menu")).await;
    assert_eq!(count().await, 0);
    put_all().await;
    drop_entity(&other, "size", &["^/sizes/"], Fence::None).await;
    assert_eq!(count().await, 0);
    put_all().await;
    drop_pages(&other, Reached::All).await;
    assert_eq!(count().await, 0);
}
