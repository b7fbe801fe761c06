//! Transactions that wait for each other.

use sea_orm::{
    ActiveModelTrait, DatabaseConnection, DbErr, EntityTrait, IsolationLevel, Set, TransactionTrait,
};

use super::has_row_locks;
use super::writer::Writer;
use crate::alone::on_each_database;
use crate::site::Site;
use crate::site::entity::flavor;

/// Names two flavors, one after the other. The first query for each is the hook's.
async fn name(
    db: &DatabaseConnection,
    isolation: Option<IsolationLevel>,
    flavors: [i32; 2],
    name: &str,
) -> Result<(), DbErr> {
    let txn = db.begin_with_config(isolation, None).await?;
    for id in flavors {
        let flavor = flavor::ActiveModel {
            id: Set(id),
            name: Set(name.to_owned()),
            ..Default::default()
        };
        flavor.update(&txn).await?;
    }
    txn.commit().await
}

/// MariaDB ends the transaction that it chooses, and goes on as if there had been
/// none. With `SERIALIZABLE` that happens in a query of a hook.
async fn of_two_only_one_is_done(isolation: Option<IsolationLevel>) {
    let site = Site::start().await;
    let mut one = Writer::start(&["UPDATE"], async move |db| {
        name(db, isolation, [1, 2], "one").await
    });
    one.reached().await;
    let mut two = Writer::start(&["UPDATE"], async move |db| {
        name(db, isolation, [2, 1], "two").await
    });
    let has_row_locks = has_row_locks(&site.db);
    if has_row_locks {
        two.reached().await;
    }
    two.release();
    one.release();
    let outcomes = [one.done().await, two.done().await];
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    // In SQLite the second may come when the first is done.
    assert!(done == 1 || (done == 2 && !has_row_locks), "{outcomes:?}");
    let last = outcomes.iter().rposition(Result::is_ok).unwrap();
    let flavors = flavor::Entity::find().all(&site.db).await.unwrap();
    for flavor in flavors {
        assert_eq!(flavor.name, ["one", "two"][last], "{outcomes:?}");
    }
}

#[test]
fn a_deadlock_undoes_a_whole_transaction_and_is_told() {
    on_each_database(async || of_two_only_one_is_done(None).await);
}

#[test]
fn a_deadlock_in_a_query_of_a_hook_is_told() {
    on_each_database(async || {
        let isolation = Some(IsolationLevel::Serializable);
        of_two_only_one_is_done(isolation).await;
    });
}
