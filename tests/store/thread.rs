//! The thread that tells a store of writes.

use std::fs;

use dumper::Cache;
use dumper::store::MemoryStore;
use dumper_tests::alone::alone;
use futures::FutureExt;

use crate::acts::{render, soon, until};
use crate::faulty::{Call, Fault, Faulty};

/// How many threads of outboxes the process has.
fn threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.trim() == "dumper-outbox").count()
}

#[test]
fn a_cache_has_a_thread_only_with_a_store_and_while_it_is_there() {
    alone(async || {
        let alone = Cache::builder().build();
        assert_eq!(threads(), 0);
        let store = MemoryStore::new(1 << 20);
        let one = Cache::builder().store(store.clone()).build();
        let two = Cache::builder().store(store).build();
        until(async || threads() == 2).await;
        let clone = one.clone();
        let page = render(&one, "/page/", "body").await.unwrap();
        soon(two.invalidate_paths(["/page/"])).await;
        drop((two, one));
        until(async || threads() == 1).await;
        soon(clone.invalidate_paths(["/page/"])).await;
        drop(clone);
        until(async || threads() == 0).await;
        drop((alone, page));
    });
}

#[test]
fn the_thread_of_a_cache_whose_store_is_in_trouble_ends_as_well() {
    alone(async || {
        for fault in [Fault::Unavailable, Fault::Panics] {
            let store = Faulty::new();
            store.fail(Call::Apply, fault);
            let cache = Cache::builder().store(store.clone()).build();
            assert!(cache.invalidate_all().now_or_never().is_none());
            store.until_asked(Call::Apply, 4).await;
            drop(cache);
            until(async || threads() == 0).await;
        }
    });
}
