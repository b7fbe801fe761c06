//! What is seen, and what is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sea_orm::{ConnectionTrait, EntityTrait, QuerySelect, Statement, TransactionTrait};

use super::{FLAVORS, assert_kept_true, observed_site};
use crate::alone::on_each_database;
use crate::logs;
use crate::site::Site;
use crate::site::entity::{flavor, sign};

const RENAME: &str = "UPDATE flavor SET name = 'Vanille'";

fn rename(db: &impl ConnectionTrait) -> Statement {
    Statement::from_string(db.get_database_backend(), RENAME)
}

#[test]
fn queries_drop_nothing() {
    on_each_database(async || {
        let site = observed_site().await;
        site.visit(&FLAVORS).await;
        site.act(async |db| {
            let backend = db.get_database_backend();
            flavor::Entity::find().all(&db).await?;
            let txn = db.begin().await?;
            let locked = flavor::Entity::find().lock_exclusive();
            locked.all(&txn).await?;
            let nested = txn.begin().await?;
            let words = "SELECT id FROM flavor WHERE name = 'update, delete and insert'";
            nested
                .query_all_raw(Statement::from_string(backend, words))
                .await?;
            nested.rollback().await?;
            txn.commit().await
        })
        .await;
        for page in FLAVORS {
            assert!(site.get(page).await.is_hit(), "{page}");
        }
    });
}

#[test]
fn a_statement_that_nobody_understands_drops_everything() {
    on_each_database(async || {
        let site = observed_site().await;
        site.visit(&["/flavors/", "/sign/"]).await;
        site.act(async |db| {
            let backend = db.get_database_backend();
            let call = Statement::from_string(backend, "CALL nobody_knows_what()");
            assert!(db.execute_raw(call).await.is_err());
            Ok(())
        })
        .await;
        assert!(!site.get("/flavors/").await.is_hit());
        assert!(!site.get("/sign/").await.is_hit());
    });
}

#[test]
fn a_statement_that_failed_drops_what_it_may_have_done() {
    on_each_database(async || {
        let site = observed_site().await;
        site.visit(&["/flavors/vanilla/", "/sign/"]).await;
        site.act(async |db| {
            let backend = db.get_database_backend();
            let sql = "UPDATE flavor SET slug = 'one' WHERE no_such_column = 1";
            let failed = db.execute_raw(Statement::from_string(backend, sql)).await;
            assert!(failed.is_err());
            Ok(())
        })
        .await;
        assert!(!site.get("/flavors/vanilla/").await.is_hit());
        assert!(site.get("/sign/").await.is_hit());
    });
}

#[test]
fn a_callback_of_ones_own_can_tell() {
    on_each_database(async || {
        let mut site = Site::start().await;
        let statements = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&statements);
        let mut db = site.db.clone();
        db.set_metric_callback(move |info| {
            counted.fetch_add(1, Ordering::Relaxed);
            dumper::observed(info);
        });
        site.db = db.clone();
        assert_kept_true(&site, &FLAVORS, async move |_| {
            db.execute_raw(rename(&db)).await.map(drop)
        })
        .await;
        assert_eq!(statements.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_clone_made_before_is_not_observed() {
    on_each_database(async || {
        let site = Site::start().await;
        let mut observed = site.db.clone();
        dumper::observe(&mut observed);
        site.visit(&FLAVORS).await;
        site.db.execute_raw(rename(&site.db)).await.unwrap();
        assert!(site.get("/flavors/").await.is_hit());
        observed.execute_raw(rename(&observed)).await.unwrap();
        assert!(!site.get("/flavors/").await.is_hit());
    });
}

#[test]
fn what_is_executed_unprepared_is_not_seen() {
    on_each_database(async || {
        let site = observed_site().await;
        site.visit(&FLAVORS).await;
        site.act(async |db| db.execute_unprepared(RENAME).await.map(drop))
            .await;
        assert!(site.get("/flavors/").await.is_hit());
        dumper::invalidate_paths(FLAVORS).await;
        site.assert_true(&FLAVORS).await;
    });
}

#[test]
fn a_table_that_nobody_knows_is_told_of_once() {
    on_each_database(async || {
        logs::capture();
        let site = observed_site().await;
        site.visit(&["/flavors/", "/sign/"]).await;
        for _ in 0..2 {
            site.act(async |db| sign::Entity::delete_many().exec(&db).await.map(drop))
                .await;
        }
        assert!(site.get("/flavors/").await.is_hit());
        let told = [
            "INFO dumper::invalidation",
            "no known entity has the table sign",
        ];
        let lines = logs::lines();
        let lines = lines
            .iter()
            .filter(|line| told.iter().all(|it| line.contains(it)));
        assert_eq!(lines.count(), 1);
    });
}

#[test]
fn what_was_seen_is_logged() {
    on_each_database(async || {
        logs::capture();
        let site = observed_site().await;
        site.act(async |db| db.execute_raw(rename(&db)).await.map(drop))
            .await;
        assert!(logs::has_line(&[
            "DEBUG dumper::invalidation",
            "invalidated all paths of \"flavor\": updated flavor, by a statement without a hook"
        ]));
    });
}
