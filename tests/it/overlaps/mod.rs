//! Writes that overlap in time: of one row, and behind the lock of somebody else.

mod columns;
mod deadlocks;
mod parents;
mod renames;
mod snapshots;
mod waits;
mod writer;

use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::site::Site;

/// A site whose fences stand for two seconds after a scope that failed.
async fn patient_site() -> Site {
    let deadline = Duration::from_secs(2);
    let site = Site::setup().cache(|cache| cache.fence_deadline(deadline));
    site.start().await
}

/// Whether a second writer waits for the row of the first, rather than fails.
fn has_row_locks(db: &DatabaseConnection) -> bool {
    db.get_database_backend() != DbBackend::Sqlite
}

/// Waits until a statement waits for the lock of a row.
async fn until_locked_out(site: &Site) {
    let waiting = match site.db.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT pid FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event_type = 'Lock'"
        }
        _ => {
            "SELECT id FROM information_schema.innodb_trx \
             JOIN information_schema.processlist ON id = trx_mysql_thread_id \
             WHERE db = database() AND trx_state = 'LOCK WAIT'"
        }
    };
    let waiting = Statement::from_string(site.db.get_database_backend(), waiting);
    site.until(async || {
        // MariaDB renews what it tells only if nobody has asked for a while.
        tokio::time::sleep(Duration::from_millis(150)).await;
        let waiting = site.db.query_one_raw(waiting.clone()).await.unwrap();
        waiting.is_some()
    })
    .await;
}
