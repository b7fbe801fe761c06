//! Near copies: what a hit asks of the store.

use dumper::store::MemoryStore;
use dumper::{Cache, Lookup, NotStored};
use dumper_tests::alone::alone;

use crate::acts::{look_up, miss, page, render, served, soon};
use crate::faulty::{Call, Fault, Faulty};

const PAGE: &str = "/sizes/small/";

fn shared(store: &Faulty) -> Cache {
    Cache::builder().store(store.clone()).build()
}

/// How often the store was asked for the page, and whether a copy is true still.
fn asked(store: &Faulty) -> (usize, usize) {
    (store.count(Call::LookUp), store.count(Call::IsCurrent))
}

#[test]
fn a_hit_asks_once_whether_the_copy_is_true() {
    alone(async || {
        let store = Faulty::new();
        let cache = shared(&store);
        render(&cache, PAGE, "body").await.unwrap();
        for hits in 1..=3 {
            let earlier = asked(&store);
            assert_eq!(served(&cache, PAGE).await.as_deref(), Some("body"));
            assert_eq!(asked(&store), (earlier.0, earlier.1 + 1));
            assert_eq!(cache.stats().hits, hits);
        }
        assert_eq!(store.count(Call::Lease), 1);
    });
}

#[test]
fn a_copy_that_is_not_true_is_forgotten() {
    alone(async || {
        let store = Faulty::new();
        let cache = shared(&store);
        render(&cache, PAGE, "old").await.unwrap();
        store.others_write(PAGE).await;
        let earlier = asked(&store);
        drop(miss(&cache, PAGE).await);
        assert_eq!(asked(&store), (earlier.0 + 1, earlier.1 + 1));
        assert_eq!(cache.stats().paths, 0);
        // Another process has rendered it.
        let other = Cache::builder().store(store.others()).build();
        render(&other, PAGE, "new").await.unwrap();
        assert_eq!(served(&cache, PAGE).await.as_deref(), Some("new"));
    });
}

#[test]
fn a_copy_is_replaced_by_the_page_that_another_process_made() {
    alone(async || {
        let store = Faulty::new();
        let cache = shared(&store);
        render(&cache, PAGE, "old").await.unwrap();
        store.others_write(PAGE).await;
        let other = Cache::builder().store(store.others()).build();
        render(&other, PAGE, "new").await.unwrap();
        for _ in 0..2 {
            assert_eq!(served(&cache, PAGE).await.as_deref(), Some("new"));
        }
        assert_eq!(store.count(Call::Lease), 1);
    });
}

#[test]
fn a_page_of_the_store_is_copied_once() {
    alone(async || {
        let store = Faulty::new();
        let cache = shared(&store);
        let other = Cache::builder().store(store.others()).build();
        render(&other, PAGE, "body").await.unwrap();
        assert_eq!(served(&cache, PAGE).await.as_deref(), Some("body"));
        assert_eq!(asked(&store), (1, 0));
        assert_eq!(cache.stats().paths, 1);
        assert_eq!(served(&cache, PAGE).await.as_deref(), Some("body"));
        assert_eq!(asked(&store), (1, 1));
        assert_eq!(cache.stats().stored, 0, "it was stored by another process");
        assert_eq!(other.stats().stored, 1);
    });
}

#[test]
fn a_cache_that_is_not_near_keeps_nothing() {
    alone(async || {
        let store = Faulty::new();
        let cache = Cache::builder().store(store.clone()).near(false).build();
        assert!(!cache.is_near());
        render(&cache, PAGE, "body").await.unwrap();
        for hits in 1..=3 {
            let earlier = asked(&store);
            assert_eq!(served(&cache, PAGE).await.as_deref(), Some("body"));
            assert_eq!(asked(&store), (earlier.0 + 1, earlier.1));
            let stats = cache.stats();
            assert_eq!((stats.paths, stats.bytes, stats.hits), (0, 0, hits));
            assert_eq!(stats.stored, 1);
        }
    });
}

#[test]
fn a_page_too_large_for_memory_is_stored_all_the_same() {
    alone(async || {
        let store = Faulty::new();
        let cache = Cache::builder().store(store.clone()).max_bytes(16 << 10);
        let cache = cache.build();
        let large = "x".repeat(32 << 10);
        render(&cache, PAGE, &large).await.unwrap();
        for _ in 0..2 {
            assert_eq!(served(&cache, PAGE).await.as_deref(), Some(&*large));
        }
        assert_eq!(cache.stats().bytes, 0);
        assert_eq!(store.count(Call::IsCurrent), 0);
    });
}

#[test]
fn what_is_not_answered_is_not_served() {
    alone(async || {
        for call in [Call::IsCurrent, Call::LookUp, Call::Lease] {
            let store = Faulty::new();
            let cache = shared(&store);
            if call == Call::IsCurrent {
                render(&cache, PAGE, "body").await.unwrap();
            }
            store.fail(call, Fault::Unavailable);
            let found = look_up(&cache, PAGE).await;
            assert!(matches!(found, Lookup::Unavailable), "{call:?}: {found:?}");
            store.heal();
            let is_served = served(&cache, PAGE).await.is_some();
            assert_eq!(is_served, call == Call::IsCurrent);
        }
    });
}

#[test]
fn what_the_store_does_not_take_is_not_stored() {
    alone(async || {
        let store = Faulty::new();
        let cache = shared(&store);
        let lease = miss(&cache, PAGE).await;
        store.fail(Call::Fill, Fault::Unavailable);
        let filled = soon(lease.fill(page("body"))).await;
        assert_eq!(filled.unwrap_err(), NotStored::Unavailable);
        assert_eq!(cache.stats().paths, 0);
        assert_eq!(cache.stats().stored, 0);
        store.heal();
        render(&cache, PAGE, "body").await.unwrap();
    });
}

#[test]
fn what_another_process_has_written_meanwhile_is_not_stored() {
    alone(async || {
        let store = Faulty::new();
        let cache = shared(&store);
        let lease = miss(&cache, PAGE).await;
        store.others_write(PAGE).await;
        let filled = soon(lease.fill(page("old"))).await;
        assert_eq!(filled.unwrap_err(), NotStored::Invalidated);
        assert_eq!(cache.stats().refused, 1);
        render(&cache, PAGE, "new").await.unwrap();
    });
}

#[test]
fn two_caches_of_one_store_have_the_same_pages() {
    alone(async || {
        let store = MemoryStore::new(64 << 20);
        let one = Cache::builder().store(store.clone()).build();
        let two = Cache::builder().store(store).near(false).build();
        for (writer, reader) in [(&one, &two), (&two, &one)] {
            render(writer, PAGE, "body").await.unwrap();
            let found = [served(reader, PAGE).await, served(writer, PAGE).await];
            assert_eq!(found, [Some("body".to_owned()), Some("body".to_owned())]);
            soon(reader.invalidate_paths([PAGE])).await;
            let found = [served(reader, PAGE).await, served(writer, PAGE).await];
            assert_eq!(found, [None, None]);
        }
    });
}

#[test]
fn a_coding_is_made_for_a_copy_alone() {
    alone(async || {
        let near = shared(&Faulty::new());
        let far = Cache::builder().store(Faulty::new()).near(false).build();
        for (cache, has_room) in [(near, true), (far, false)] {
            let page = render(&cache, PAGE, "body").await.unwrap();
            assert_eq!(cache.add_weight(&page, 100), has_room);
        }
    });
}
