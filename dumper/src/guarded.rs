//! Running what users wrote, and queries of ours, so that no save suffers.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};

/// Why the paths of a row are not known.
#[derive(Debug)]
pub(crate) enum Trouble {
    Database(DbErr),
    Panic,
}

impl Trouble {
    /// The error, if the transaction it came in may be no more.
    ///
    /// `MySQL` answers a deadlock by rolling the whole transaction back, and goes on
    /// as if there had been none; so it does when a wait for a lock times out, if
    /// `innodb_rollback_on_timeout` is set. Whoever writes in it has to know.
    pub(crate) fn into_lost_transaction<C: ConnectionTrait>(self, db: &C) -> Result<DbErr, Self> {
        match self {
            Self::Database(err)
                if !is_autocommit::<C>()
                    && db.get_database_backend() == DbBackend::MySql
                    && ["1213 (40001)", "1205 (HY000)"]
                        .iter()
                        .any(|code| err.to_string().contains(code)) =>
            {
                Ok(err)
            }
            trouble => Err(trouble),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(err) => err.fmt(f),
            Self::Panic => f.write_str("it panicked"),
        }
    }
}

/// Runs what may panic.
pub(crate) async fn guarded<T>(
    future: impl Future<Output = Result<T, DbErr>>,
) -> Result<T, Trouble> {
    match AssertUnwindSafe(future).catch_unwind().await {
        Ok(output) => output.map_err(Trouble::Database),
        Err(_) => Err(Trouble::Panic),
    }
}

/// Runs queries so that an error of theirs cannot spoil a transaction of
/// PostgreSQL, where a failed statement makes all later ones fail.
pub(crate) async fn in_savepoint<T, C: ConnectionTrait>(
    db: &C,
    queries: impl Future<Output = Result<T, Trouble>>,
) -> Result<T, Trouble> {
    if is_autocommit::<C>() || db.get_database_backend() != DbBackend::Postgres {
        return queries.await;
    }
    match db.execute_unprepared("SAVEPOINT dumper").await {
        Ok(_) => {}
        // So there is no transaction to spoil.
        Err(err) if err.to_string().contains("transaction block") => return queries.await,
        Err(err) => return Err(Trouble::Database(err)),
    }
    let output = queries.await;
    // It can be released unless the database has refused a query. To roll back in any
    // case would undo what a save beside this one has written meanwhile.
    if db
        .execute_unprepared("RELEASE SAVEPOINT dumper")
        .await
        .is_err()
    {
        let roll_back = "ROLLBACK TO SAVEPOINT dumper; RELEASE SAVEPOINT dumper";
        let rolled_back = db.execute_unprepared(roll_back).await;
        rolled_back.map_err(Trouble::Database)?;
    }
    output
}

/// Whether a write on this connection is done when its call returns. Of a
/// connection of another type one cannot know, so it counts as a transaction.
pub(crate) fn is_autocommit<C>() -> bool {
    typeid::of::<C>() == typeid::of::<DatabaseConnection>()
}
