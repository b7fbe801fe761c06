//! Writes without hooks.

use std::time::Duration;

use sea_orm::{Database, DatabaseConnection, DbErr};

use super::{flavor, size};

async fn connect(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut db = Database::connect(url).await?;
    dumper::observe(&mut db);
    dumper::register_derived::<flavor::Entity>();
    dumper::register_derived::<size::Entity>();
    Ok(db)
}

fn measured(mut db: DatabaseConnection) -> DatabaseConnection {
    db.set_metric_callback(|info| {
        dumper::observed(info);
        measure(info.elapsed);
    });
    db
}

fn measure(_elapsed: Duration) {}
