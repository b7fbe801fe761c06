//! Invalidations that the store cannot be told of: writes go on, and this process
//! serves nothing of what they make stale.

use std::time::Instant;

use dumper::{Cache, hooks};
use dumper_tests::Kind;
use dumper_tests::alone::{alone, on_databases};
use futures::FutureExt;

use crate::acts::{assert_fenced, render, render_all, served, served_of, soon, until};
use crate::faulty::{Call, Fault, Faulty};
use crate::logs;
use crate::rows::{self, size};

const PAGES: [&str; 3] = ["/sizes/small/", "/sizes/large/", "/vendors/north/"];

/// A cache with some pages, whose store is told of nothing any more.
async fn cut_off() -> (Faulty, Cache) {
    let store = Faulty::new();
    let cache = Cache::builder().store(store.clone()).build();
    render_all(&cache, &PAGES).await;
    store.fail(Call::Apply, Fault::Unavailable);
    (store, cache)
}

/// Lets the store answer again, and asserts that all is as it was before.
async fn assert_recovers(store: &Faulty, cache: &Cache) {
    store.heal();
    soon(cache.delivered()).await;
    assert_eq!(cache.stats().undelivered, 0);
    for path in PAGES {
        if served(cache, path).await.is_none() {
            render(cache, path, "again").await.unwrap();
        }
    }
    assert_eq!(served_of(cache, &PAGES).await, PAGES);
}

#[test]
fn a_save_succeeds_and_its_pages_alone_are_not_served() {
    on_databases(&[Kind::Sqlite], async || {
        let db = rows::create().await;
        let (store, cache) = cut_off().await;
        let began = Instant::now();
        soon(rows::name(&db, "first")).await.unwrap();
        let first = began.elapsed();
        assert_eq!(rows::name_of(&db).await.as_deref(), Some("first"));
        assert_fenced(&cache, PAGES[0]).await;
        assert_eq!(served_of(&cache, &PAGES).await, PAGES[1..]);
        assert!(cache.stats().undelivered > 0);
        // Nobody waits for a store that is known to be in trouble.
        store.fail(Call::Apply, Fault::Hangs);
        let began = Instant::now();
        soon(rows::name(&db, "second")).await.unwrap();
        assert!(began.elapsed() < first);
        assert_eq!(rows::name_of(&db).await.as_deref(), Some("second"));
        assert_fenced(&cache, PAGES[0]).await;
        assert_recovers(&store, &cache).await;
    });
}

#[test]
fn a_tag_that_is_not_delivered_holds_back_all_pages() {
    alone(async || {
        let (store, cache) = cut_off().await;
        let told = cache.invalidate_tag("menu").now_or_never();
        assert!(told.is_none());
        for path in PAGES {
            assert_fenced(&cache, path).await;
        }
        assert_eq!(cache.stats().undelivered, 1);
        assert_recovers(&store, &cache).await;
        assert_eq!(store.told_of("menu").len(), 1);
    });
}

#[test]
fn an_entity_that_is_not_delivered_holds_back_its_pages() {
    on_databases(&[Kind::Sqlite], async || {
        let db = rows::create().await;
        let (store, cache) = cut_off().await;
        // Without the hook before, nobody knows the row as it was.
        let (row, db) = (rows::row("small"), &db);
        let told = hooks::after_save::<size::Entity, _>(&row, db, false).now_or_never();
        assert!(told.is_none());
        assert_fenced(&cache, PAGES[0]).await;
        assert_fenced(&cache, PAGES[1]).await;
        assert_eq!(served_of(&cache, &PAGES).await, PAGES[2..]);
        assert_recovers(&store, &cache).await;
    });
}

#[test]
fn everything_that_is_not_delivered_holds_back_all_pages() {
    alone(async || {
        let (store, cache) = cut_off().await;
        let told = cache.invalidate_all().now_or_never();
        assert!(told.is_none());
        for path in PAGES {
            assert_fenced(&cache, path).await;
        }
        assert_recovers(&store, &cache).await;
        assert_eq!(store.told_of("all").len(), 1);
    });
}

#[test]
fn too_many_paths_become_everything() {
    alone(async || {
        let (store, cache) = cut_off().await;
        let paths = (0..65_536).map(|number| format!("/others/{number}/"));
        let told = cache.invalidate_paths(paths).now_or_never();
        assert!(told.is_none());
        assert_eq!(cache.stats().undelivered, 65_536);
        assert_eq!(served_of(&cache, &PAGES).await, PAGES);
        let _ = cache.invalidate_paths(["/one/more/"]).now_or_never();
        // Those that it is being told at the moment come back.
        store
            .until_asked(Call::Apply, store.count(Call::Apply) + 2)
            .await;
        assert!(cache.stats().undelivered < 65_536);
        for path in PAGES {
            assert_fenced(&cache, path).await;
        }
        assert_recovers(&store, &cache).await;
        assert!(!store.told_of("all").is_empty());
    });
}

#[test]
fn trouble_is_logged_when_it_begins_and_when_it_ends() {
    alone(async || {
        logs::capture();
        let (store, cache) = cut_off().await;
        for path in PAGES {
            let told = cache.invalidate_paths([path]).now_or_never();
            assert!(told.is_none());
        }
        store
            .until_asked(Call::Apply, store.count(Call::Apply) + 4)
            .await;
        assert_eq!(lines_of("ERROR"), ["are not delivered"]);
        assert_recovers(&store, &cache).await;
        until(async || !lines_of("INFO").is_empty()).await;
        assert_eq!(lines_of("ERROR"), ["are not delivered"]);
        cache.invalidate_paths(PAGES).await;
        assert!(logs::has_line(&["DEBUG", PAGES[0]]));
        assert_eq!(lines_of("INFO"), ["are delivered again"]);
    });
}

/// The lines of a level about the store, by what they tell.
fn lines_of(level: &str) -> Vec<&'static str> {
    let lines = logs::lines().into_iter();
    let lines = lines.filter(|line| line.starts_with(&format!("{level} dumper::store")));
    let told = lines.map(|line| {
        let known = ["are not delivered", "are delivered again"];
        let known = known.into_iter().find(|&told| line.contains(told));
        known.unwrap_or_else(|| panic!("nobody expects {line:?}"))
    });
    told.collect()
}

#[test]
fn a_store_that_panics_is_one_in_trouble() {
    on_databases(&[Kind::Sqlite], async || {
        let db = rows::create().await;
        let (store, cache) = cut_off().await;
        store.fail(Call::Apply, Fault::Panics);
        soon(rows::name(&db, "first")).await.unwrap();
        assert_fenced(&cache, PAGES[0]).await;
        assert_recovers(&store, &cache).await;
    });
}
