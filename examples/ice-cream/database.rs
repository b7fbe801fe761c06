//! The connection to the database, and its tables.

use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, EntityTrait, Schema,
};

use crate::entity::{flavor, flavor_size, size};

/// Connects to a database and makes the tables that it lacks.
///
/// # Errors
///
/// Returns an error if the URL is not one of a supported database, if the
/// database cannot be reached, or if it refuses the tables.
pub(crate) async fn open(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .acquire_timeout(Duration::from_secs(5))
        .sqlx_logging_level(log::LevelFilter::Debug);
    if url.starts_with("sqlite:") {
        // A database in memory lives as long as its connection, and a second
        // connection would open a second database.
        options
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None);
    }
    let db = Database::connect(options).await?;
    create_table(flavor::Entity, &db).await?;
    create_table(size::Entity, &db).await?;
    create_table(flavor_size::Entity, &db).await?;
    Ok(db)
}

async fn create_table(entity: impl EntityTrait, db: &DatabaseConnection) -> Result<(), DbErr> {
    let schema = Schema::new(db.get_database_backend());
    let mut table = schema.create_table_from_entity(entity);
    db.execute(table.if_not_exists()).await?;
    Ok(())
}
