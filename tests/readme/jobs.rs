//! Transactions and jobs.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, DatabaseConnection, DbErr, ModelTrait, TransactionTrait,
};

use super::{flavor, review};

async fn withdraw(
    flavor: flavor::Model,
    reviews: Vec<review::Model>,
    db: &DatabaseConnection,
) -> Result<(), DbErr> {
    let txn = db.begin().await?;
    for review in reviews {
        review.delete(&txn).await?;
    }
    flavor.delete(&txn).await?;
    txn.commit().await
}

fn start(db: DatabaseConnection) {
    tokio::spawn(dumper::try_scope(async move { import(&db).await }));
}

async fn import(db: &DatabaseConnection) -> Result<(), DbErr> {
    let txn = db.begin().await?;
    let vanilla = flavor::ActiveModel {
        slug: Set("vanilla".to_owned()),
        ..Default::default()
    };
    vanilla.insert(&txn).await?;
    txn.commit().await
}
