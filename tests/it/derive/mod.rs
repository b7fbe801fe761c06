//! `#[derive(Dumped)]` and `#[dumper::behavior]` in every format of an entity.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "tests, and entities as a user would write them"
)]

mod behavior;
mod columns;
mod compact;
mod compact_model;
mod custom;
mod dense;
mod expanded;
mod generated;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, EntityTrait, Schema};

/// A database in memory.
async fn database() -> DatabaseConnection {
    Database::connect("sqlite::memory:").await.unwrap()
}

async fn create_table(db: &DatabaseConnection, entity: impl EntityTrait) {
    let table = Schema::new(DbBackend::Sqlite).create_table_from_entity(entity);
    db.execute(&table).await.unwrap();
}
