//! Fences that stand in the store for as long as they stand here.

use std::time::Duration;

use dumper::{Cache, Scope, hooks};
use dumper_tests::Kind;
use dumper_tests::alone::on_databases;
use sea_orm::{DatabaseConnection, TransactionTrait};

use crate::acts::{render, soon, until};
use crate::faulty::{Call, Fault, Faulty};
use crate::rows::{self, size};

const PAGE: &str = "/sizes/small/";

/// How long a fence stands in the store; it is renewed three times as often.
const TIME_TO_LIVE: Duration = Duration::from_millis(1_500);

async fn hasty() -> (DatabaseConnection, Faulty, Cache) {
    let store = Faulty::new();
    let cache = Cache::builder().fence_deadline(TIME_TO_LIVE);
    let cache = cache.store(store.clone()).build();
    render(&cache, PAGE, "old").await.unwrap();
    (rows::create().await, store, cache)
}

/// Asserts that a fence stands for twice its time.
async fn assert_stands_on(store: &Faulty) {
    for renewals in 1..=6 {
        store.until_renewed(renewals).await;
        assert!(store.stands_on(PAGE).await, "after {renewals} renewals");
    }
}

async fn until_gone(store: &Faulty) {
    until(async || !store.stands_on(PAGE).await).await;
}

#[test]
fn the_fence_of_an_open_scope_stands_longer_than_its_time() {
    on_databases(&[Kind::Sqlite], async || {
        let (db, store, _cache) = hasty().await;
        let scope = Scope::new();
        let row = rows::named("other");
        let raised = scope.run(hooks::before_save::<size::Entity, _>(&row, &db, false));
        soon(raised).await.unwrap();
        assert_stands_on(&store).await;
        let row = rows::row("small");
        let settled = scope.run(hooks::after_save::<size::Entity, _>(&row, &db, false));
        soon(settled).await.unwrap();
        soon(scope.end()).await;
        assert!(!store.stands_on(PAGE).await);
    });
}

#[test]
fn the_fence_of_an_open_transaction_stands_longer_than_its_time() {
    on_databases(&[Kind::Sqlite], async || {
        let (db, store, _cache) = hasty().await;
        let scope = Scope::new();
        let written = scope.run(async {
            let txn = db.begin().await?;
            rows::name(&txn, "other").await?;
            assert_stands_on(&store).await;
            txn.commit().await
        });
        soon(written).await.unwrap();
        assert!(store.stands_on(PAGE).await);
        soon(scope.end()).await;
        assert!(!store.stands_on(PAGE).await);
    });
}

#[test]
fn the_fence_of_a_transaction_without_a_scope_goes_though_nobody_asks_here() {
    on_databases(&[Kind::Sqlite], async || {
        let (db, store, cache) = hasty().await;
        let txn = db.begin().await.unwrap();
        rows::name(&txn, "other").await.unwrap();
        txn.commit().await.unwrap();
        soon(cache.delivered()).await;
        assert!(store.stands_on(PAGE).await);
        until_gone(&store).await;
    });
}

#[test]
fn the_fence_of_a_scope_that_was_dropped_goes_though_nobody_asks_here() {
    on_databases(&[Kind::Sqlite], async || {
        let (db, store, cache) = hasty().await;
        let scope = Scope::new();
        let row = rows::named("other");
        let raised = scope.run(hooks::before_save::<size::Entity, _>(&row, &db, false));
        soon(raised).await.unwrap();
        drop(scope);
        soon(cache.delivered()).await;
        assert!(store.stands_on(PAGE).await);
        until_gone(&store).await;
        render(&cache, PAGE, "new").await.unwrap();
    });
}

#[test]
fn a_renewal_that_fails_is_made_up_for() {
    on_databases(&[Kind::Sqlite], async || {
        let (db, store, _cache) = hasty().await;
        let scope = Scope::new();
        let row = rows::named("other");
        let raised = scope.run(hooks::before_save::<size::Entity, _>(&row, &db, false));
        soon(raised).await.unwrap();
        store.fail(Call::Apply, Fault::Unavailable);
        store
            .until_asked(Call::Apply, store.count(Call::Apply) + 1)
            .await;
        store.heal();
        assert_stands_on(&store).await;
        soon(scope.end()).await;
    });
}

#[test]
fn a_fence_of_no_time_does_not_keep_the_store_busy() {
    on_databases(&[Kind::Sqlite], async || {
        let store = Faulty::new();
        let cache = Cache::builder().fence_deadline(Duration::ZERO);
        let cache = cache.store(store.clone()).build();
        let db = rows::create().await;
        let scope = Scope::new();
        let row = rows::named("other");
        let raised = scope.run(hooks::before_save::<size::Entity, _>(&row, &db, false));
        soon(raised).await.unwrap();
        soon(cache.delivered()).await;
        let earlier = store.count(Call::Apply);
        tokio::time::sleep(Duration::from_millis(500)).await;
        let renewals = store.count(Call::Apply) - earlier;
        assert!(renewals <= 100, "{renewals} renewals");
        soon(scope.end()).await;
    });
}
