//! Writes that are not made if their fences cannot be raised.

use dumper::{Cache, hooks};
use dumper_tests::Kind;
use dumper_tests::alone::on_databases;
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, IntoActiveModel, TransactionTrait};

use crate::acts::{assert_fenced, render, soon};
use crate::faulty::{Call, Fault, Faulty};
use crate::rows::{self, size};

const PAGE: &str = "/sizes/small/";

/// A cache that is strict or not, whose store is told of nothing.
async fn cut_off(is_strict: bool) -> (Faulty, Cache) {
    let store = Faulty::new();
    let cache = Cache::builder().store(store.clone()).strict(is_strict);
    let cache = cache.build();
    render(&cache, PAGE, "old").await.unwrap();
    store.fail(Call::Apply, Fault::Unavailable);
    (store, cache)
}

fn assert_refused(written: Result<(), DbErr>) {
    let err = written.unwrap_err();
    assert!(matches!(err, DbErr::Custom(_)), "{err:?}");
    assert!(
        err.to_string().contains("no fence could be raised"),
        "{err}"
    );
}

#[test]
fn a_strict_write_fails_before_it_is_made() {
    on_databases(&[Kind::Sqlite], async || {
        let db = rows::create().await;
        let (store, cache) = cut_off(true).await;
        assert_refused(soon(rows::name(&db, "other")).await);
        let size = rows::row("small");
        let deleted = soon(size.into_active_model().delete(&db)).await;
        assert_refused(deleted.map(drop));
        let mut size = rows::row("huge").into_active_model();
        size.id = sea_orm::NotSet;
        assert_refused(soon(size.insert(&db)).await.map(drop));
        let sizes = size::Entity::find().all(&db).await.unwrap();
        let slugs: Vec<&str> = sizes.iter().map(|size| size.slug.as_str()).collect();
        assert_eq!(slugs, ["small", "large"]);
        assert_eq!(rows::name_of(&db).await.as_deref(), Some("new"));
        assert_fenced(&cache, PAGE).await;
        store.heal();
        soon(rows::name(&db, "other")).await.unwrap();
        assert_eq!(rows::name_of(&db).await.as_deref(), Some("other"));
    });
}

#[test]
fn a_strict_write_in_a_transaction_fails_before_it_is_made() {
    on_databases(&[Kind::Sqlite], async || {
        let db = rows::create().await;
        let (_store, _cache) = cut_off(true).await;
        let txn = db.begin().await.unwrap();
        assert_refused(soon(rows::name(&txn, "other")).await);
        txn.commit().await.unwrap();
        assert_eq!(rows::name_of(&db).await.as_deref(), Some("new"));
    });
}

#[test]
fn a_strict_write_whose_fence_stands_succeeds_though_its_end_is_not_delivered() {
    on_databases(&[Kind::Sqlite], async || {
        let db = rows::create().await;
        let (store, _cache) = cut_off(true).await;
        store.heal();
        let row = rows::named("other");
        let raised = hooks::before_save::<size::Entity, _>(&row, &db, false);
        soon(raised).await.unwrap();
        assert!(store.stands_on(PAGE).await);
        store.fail(Call::Apply, Fault::Unavailable);
        let row = rows::row("small");
        let settled = hooks::after_save::<size::Entity, _>(&row, &db, false);
        soon(settled).await.unwrap();
        assert!(store.stands_on(PAGE).await, "others do not store it either");
    });
}

#[test]
fn any_other_write_is_made() {
    on_databases(&[Kind::Sqlite], async || {
        let db = rows::create().await;
        let (_store, cache) = cut_off(false).await;
        soon(rows::name(&db, "other")).await.unwrap();
        assert_eq!(rows::name_of(&db).await.as_deref(), Some("other"));
        assert_fenced(&cache, PAGE).await;
    });
}
