//! Fences that rise and are lifted while the store is slow: what it hears last is
//! what is so.

use dumper::store::Fence;
use dumper::{Cache, Scope, hooks};
use dumper_tests::Kind;
use dumper_tests::alone::on_databases;
use futures::FutureExt;
use sea_orm::{DatabaseConnection, IntoActiveModel, TransactionTrait};
use tokio::task::spawn_local;

use crate::acts::{render, served, settle, soon};
use crate::faulty::{Call, Fault, Faulty};
use crate::rows::{self, size, vendor};

const PAGE: &str = "/sizes/small/";

struct Process {
    db: DatabaseConnection,
    store: Faulty,
    cache: Cache,
}

impl Process {
    async fn start() -> Self {
        let store = Faulty::new();
        let cache = Cache::builder().store(store.clone()).build();
        render(&cache, PAGE, "old").await.unwrap();
        settle(&cache).await;
        Self {
            db: rows::create().await,
            store,
            cache,
        }
    }

    /// Lets the store hang while it is told of something else.
    async fn hang(&self) {
        self.store.fail(Call::Apply, Fault::Hangs);
        let earlier = self.store.count(Call::Apply);
        let told = self.cache.invalidate_paths(["/else/"]).now_or_never();
        assert!(told.is_none());
        self.until_asked_again(earlier).await;
    }

    async fn until_asked_again(&self, earlier: usize) {
        self.store.until_asked(Call::Apply, earlier + 1).await;
    }

    /// Begins to write the size, without waiting for the store.
    fn raise(&self) {
        let row = rows::named("named");
        // Whether it is told at once, nobody needs to know.
        let _ = hooks::before_save::<size::Entity, _>(&row, &self.db, false).now_or_never();
    }

    /// Has written the size, without waiting for the store.
    fn settle(&self) {
        let row = rows::row("small");
        let _ = hooks::after_save::<size::Entity, _>(&row, &self.db, false).now_or_never();
    }

    async fn recover(&self) {
        self.store.heal();
        soon(self.cache.delivered()).await;
    }

    /// Asserts that nothing is left of any write.
    async fn assert_done(&self) {
        assert!(!self.store.stands_on(PAGE).await, "a fence is left");
        assert_eq!(served(&self.cache, PAGE).await, None);
        render(&self.cache, PAGE, "new").await.unwrap();
        assert_eq!(served(&self.cache, PAGE).await.as_deref(), Some("new"));
    }
}

#[test]
fn a_write_that_is_over_before_the_store_hears_of_it_raises_nothing() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        process.hang().await;
        process.raise();
        process.settle();
        process.recover().await;
        assert_eq!(process.store.told_of(PAGE), [Fence::None]);
        process.assert_done().await;
    });
}

#[test]
fn a_lift_that_comes_while_the_fence_is_told_is_told_afterwards() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        process.store.fail(Call::Apply, Fault::Hangs);
        let earlier = process.store.count(Call::Apply);
        process.raise();
        process.until_asked_again(earlier).await;
        process.settle();
        process.recover().await;
        assert_eq!(process.store.told_of(PAGE), [Fence::Stands, Fence::Lifted]);
        process.assert_done().await;
    });
}

#[test]
fn a_fence_stands_while_its_write_is_open_whenever_the_store_hears_of_it() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        process.hang().await;
        process.raise();
        process.recover().await;
        assert!(process.store.stands_on(PAGE).await);
        process.settle();
        soon(process.cache.delivered()).await;
        process.assert_done().await;
    });
}

#[test]
fn a_fence_is_lifted_that_may_stand_though_nobody_knows() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        process.store.fail(Call::Apply, Fault::Lost);
        let earlier = process.store.count(Call::Apply);
        process.raise();
        process.until_asked_again(earlier + 1).await;
        assert!(process.store.stands_on(PAGE).await);
        process.settle();
        process.recover().await;
        let told = process.store.told_of(PAGE);
        assert_eq!(told.last(), Some(&Fence::Lifted), "{told:?}");
        process.assert_done().await;
    });
}

#[test]
fn two_writes_of_a_row_keep_its_fence_until_the_last_is_done() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        process.raise();
        process.raise();
        soon(process.cache.delivered()).await;
        process.settle();
        soon(process.cache.delivered()).await;
        assert!(process.store.stands_on(PAGE).await);
        process.settle();
        soon(process.cache.delivered()).await;
        process.assert_done().await;
    });
}

#[test]
fn a_scope_ends_when_the_store_has_heard_of_its_writes() {
    on_databases(&[Kind::Sqlite], async || {
        let process = Process::start().await;
        let scope = Scope::new();
        let written = scope.run(async {
            let txn = process.db.begin().await?;
            rows::name(&txn, "other").await?;
            txn.commit().await
        });
        soon(written).await.unwrap();
        settle(&process.cache).await;
        process.store.fail(Call::Apply, Fault::Hangs);
        let earlier = process.store.count(Call::Apply);
        let ended = spawn_local(scope.end());
        process.until_asked_again(earlier).await;
        assert!(!ended.is_finished());
        assert!(process.store.stands_on(PAGE).await);
        process.store.heal();
        soon(ended).await.unwrap();
        process.assert_done().await;
    });
}

/// One write is done and another begins while there is too much to tell.
async fn lose_count(process: &Process, invalidate: impl AsyncFnOnce(&Cache)) {
    process.raise();
    soon(process.cache.delivered()).await;
    assert!(process.store.stands_on(PAGE).await);
    process.hang().await;
    assert!(invalidate(&process.cache).now_or_never().is_none());
    process.settle();
    let vendor = vendor::Model {
        id: 1,
        slug: "north".to_owned(),
    };
    let vendor = vendor.into_active_model();
    let raise = hooks::before_save::<vendor::Entity, _>(&vendor, &process.db, false);
    let _ = raise.now_or_never();
    process.recover().await;
    assert!(process.store.stands_on("/vendors/north/").await);
    process.assert_done().await;
}

#[test]
fn what_is_told_as_everything_neither_loses_fences_nor_leaves_them() {
    on_databases(&[Kind::Sqlite], async || {
        lose_count(&Process::start().await, async |cache| {
            cache.invalidate_all().await;
        })
        .await;
    });
}

#[test]
fn too_much_to_tell_neither_loses_fences_nor_leaves_them() {
    on_databases(&[Kind::Sqlite], async || {
        lose_count(&Process::start().await, async |cache| {
            let paths = (0..70_000).map(|number| format!("/others/{number}/"));
            cache.invalidate_paths(paths).await;
        })
        .await;
    });
}
