//! Writes that move rows to other paths while another process moves rows, too: who
//! ends last drops all pages of the entity.

use std::time::Duration;

use dumper::{Cache, Scope, hooks};
use dumper_tests::Kind;
use dumper_tests::alone::on_databases;
use futures::FutureExt;
use sea_orm::{
    ActiveModelTrait, DatabaseConnection, EntityTrait, IntoActiveModel, Set, TransactionTrait,
};

use crate::acts::{render_all, served_of, settle, soon, until};
use crate::faulty::{Call, Fault, Faulty};
use crate::rows::{self, flavor, size};

const SIZES: [&str; 3] = ["/sizes/small/", "/sizes/large/", "/sizes/tiny/"];
const VENDORS: [&str; 2] = ["/vendors/north/", "/vendors/south/"];
const LARGE: &str = SIZES[1];
const SOUTH: &str = VENDORS[1];

struct Process {
    db: DatabaseConnection,
    store: Faulty,
    cache: Cache,
}

impl Process {
    async fn start() -> Self {
        let db = rows::create().await;
        let store = Faulty::new();
        let cache = Cache::builder().store(store.clone()).build();
        render_all(&cache, &SIZES).await;
        render_all(&cache, &VENDORS).await;
        settle(&cache).await;
        Self { db, store, cache }
    }

    async fn assert_served(&self, path: &str, is_served: bool) {
        soon(self.cache.delivered()).await;
        let found = served_of(&self.cache, &[path]).await;
        assert_eq!(!found.is_empty(), is_served, "{path}");
    }

    fn moves(&self) -> usize {
        let applied = self.store.applied();
        applied.iter().filter(|applied| applied.moved).count()
    }
}

/// The size `small`, to be renamed to `tiny`.
fn renamed() -> size::ActiveModel {
    let mut size = rows::row("small").into_active_model();
    size.slug = Set("tiny".to_owned());
    size
}

/// Renames a size, and lets another process move rows after it was read.
async fn rename(process: &Process, others_move: bool) {
    let Process { db, store, .. } = process;
    let row = renamed();
    let before = hooks::before_save::<size::Entity, _>(&row, db, false);
    soon(before).await.unwrap();
    if others_move {
        store.others_move().await;
    }
    let row = rows::row("tiny");
    let after = hooks::after_save::<size::Entity, _>(&row, db, false);
    soon(after).await.unwrap();
    let left = served_of(&process.cache, &SIZES).await;
    assert!(
        !left.contains(&SIZES[0]) && !left.contains(&SIZES[2]),
        "{left:?}"
    );
}

#[test]
fn a_rename_leaves_other_pages_if_nobody_else_moved_rows() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        rename(&process, false).await;
        process.assert_served(LARGE, true).await;
        assert_eq!(process.moves(), 1);
        // What came earlier is known by the time the row is read.
        process.store.others_move().await;
        rename(&process, false).await;
        process.assert_served(LARGE, true).await;
    });
}

#[test]
fn a_rename_drops_the_entity_if_others_moved_rows_meanwhile() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        rename(&process, true).await;
        process.assert_served(LARGE, false).await;
        process.assert_served(SOUTH, true).await;
    });
}

/// Renames a size in a transaction, and lets another process move rows before the
/// commit.
async fn rename_in_transaction(process: &Process, others_move: bool) {
    let Process { db, store, .. } = process;
    let scope = Scope::new();
    let written = scope.run(async {
        let txn = db.begin().await?;
        renamed().update(&txn).await?;
        if others_move {
            store.others_move().await;
        }
        txn.commit().await
    });
    soon(written).await.unwrap();
    soon(scope.end()).await;
}

#[test]
fn a_rename_in_a_transaction_leaves_other_pages_if_nobody_else_moved_rows() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        rename_in_transaction(&process, false).await;
        process.assert_served(SIZES[0], false).await;
        process.assert_served(LARGE, true).await;
    });
}

#[test]
fn a_rename_in_a_transaction_drops_the_entity_if_others_moved_rows_meanwhile() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        rename_in_transaction(&process, true).await;
        process.assert_served(LARGE, false).await;
        process.assert_served(SOUTH, true).await;
    });
}

#[test]
fn a_rename_in_a_scope_that_was_dropped_drops_the_entity() {
    on_databases(&[Kind::Sqlite], async || {
        let db = rows::create().await;
        let store = Faulty::new();
        let cache = Cache::builder().store(store.clone());
        let deadline = Duration::from_millis(200);
        let cache = cache.fence_deadline(deadline).build();
        render_all(&cache, &SIZES).await;
        settle(&cache).await;
        let scope = Scope::new();
        let written = scope.run(async {
            let txn = db.begin().await?;
            renamed().update(&txn).await?;
            txn.commit().await
        });
        soon(written).await.unwrap();
        drop(scope);
        until(async || !store.stands_on(SIZES[0]).await).await;
        until(async || served_of(&cache, &[LARGE]).await.is_empty()).await;
    });
}

/// Inserts a flavor of a vendor, and lets another process move rows after that was
/// read.
async fn insert(process: &Process, others_move: bool) {
    let Process { db, store, .. } = process;
    let flavor = flavor::Model {
        id: 1,
        slug: "vanilla".to_owned(),
        vendor_id: 1,
    };
    let row = flavor.clone().into_active_model();
    let before = hooks::before_save::<flavor::Entity, _>(&row, db, true);
    soon(before).await.unwrap();
    if others_move {
        store.others_move().await;
    }
    let inserted = flavor::Entity::insert(row).exec(db).await;
    inserted.unwrap();
    let after = hooks::after_save::<flavor::Entity, _>(&flavor, db, true);
    soon(after).await.unwrap();
    process.assert_served(VENDORS[0], false).await;
}

#[test]
fn an_insert_leaves_the_pages_of_other_parents_if_nobody_else_moved_rows() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        insert(&process, false).await;
        process.assert_served(SOUTH, true).await;
    });
}

#[test]
fn an_insert_drops_the_pages_of_all_parents_if_others_moved_rows_meanwhile() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        insert(&process, true).await;
        process.assert_served(SOUTH, false).await;
        process.assert_served(LARGE, true).await;
    });
}

/// Deletes a size, and lets another process move rows after it was read.
async fn delete(process: &Process, others_move: bool) {
    let Process { db, store, .. } = process;
    let row = rows::row("small").into_active_model();
    let before = hooks::before_delete::<size::Entity, _>(&row, db);
    soon(before).await.unwrap();
    if others_move {
        store.others_move().await;
    }
    let after = hooks::after_delete::<size::Entity, _>(&row, db);
    soon(after).await.unwrap();
    process.assert_served(SIZES[0], false).await;
}

#[test]
fn a_delete_leaves_other_pages_if_nobody_else_moved_rows() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        delete(&process, false).await;
        process.assert_served(LARGE, true).await;
    });
}

#[test]
fn a_delete_drops_the_entity_if_others_moved_rows_meanwhile() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        delete(&process, true).await;
        process.assert_served(LARGE, false).await;
    });
}

#[test]
fn an_update_that_moves_nothing_is_not_told_as_one_that_does() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        rows::name(&process.db, "first").await.unwrap();
        process.store.others_move().await;
        rows::name(&process.db, "second").await.unwrap();
        process.assert_served(SIZES[0], false).await;
        process.assert_served(LARGE, true).await;
        assert_eq!(process.moves(), 0);
    });
}

#[test]
fn a_rename_that_is_delivered_late_drops_the_entity_all_the_same() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        let Process { db, store, .. } = &process;
        let row = renamed();
        let before = hooks::before_save::<size::Entity, _>(&row, db, false);
        soon(before).await.unwrap();
        store.others_move().await;
        store.fail(Call::Apply, Fault::Unavailable);
        let row = rows::row("tiny");
        let after = hooks::after_save::<size::Entity, _>(&row, db, false);
        assert!(after.now_or_never().is_none());
        let asked = store.count(Call::Apply);
        store.until_asked(Call::Apply, asked + 2).await;
        store.heal();
        process.assert_served(LARGE, false).await;
    });
}

#[test]
fn a_rename_drops_the_entity_if_it_could_not_hear_of_others_before() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        let Process { db, store, .. } = &process;
        store.fail(Call::Apply, Fault::Unavailable);
        store.others_move().await;
        let row = renamed();
        let before = hooks::before_save::<size::Entity, _>(&row, db, false);
        soon(before).await.unwrap();
        store.heal();
        let row = rows::row("tiny");
        let after = hooks::after_save::<size::Entity, _>(&row, db, false);
        soon(after).await.unwrap();
        process.assert_served(LARGE, false).await;
    });
}
