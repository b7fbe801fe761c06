//! What a hook reads, and how long that may be believed.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::guarded::is_autocommit;
use crate::ledger::Since;
use crate::process;
use crate::scope;

/// How often what depends on a row is read, if rows move meanwhile.
const ATTEMPTS: usize = 3;

/// The attempts at reading what depends on a row.
///
/// A transaction may see rows as they were when it began, and then to read them
/// again is of no use.
#[derive(Debug, Default)]
pub(crate) struct Attempts(usize);

impl Attempts {
    /// Since when what is to be read now may have changed, or `None` if another
    /// attempt is not worth it.
    pub(crate) async fn next<C: ConnectionTrait>(&mut self, db: &C) -> Option<Since> {
        self.0 += 1;
        match self.0 {
            1 if may_see_the_past(db) => Some(scope::snapshot()),
            2 if may_see_the_past(db) && !sees_the_latest(db).await => None,
            attempt => (attempt <= ATTEMPTS).then(now),
        }
    }
}

/// What is read from now on is what is committed by then.
pub(crate) fn now() -> Since {
    Since::Reading(process::global().tick())
}

/// `SQLite` lets nobody write who sees the past.
fn may_see_the_past<C: ConnectionTrait>(db: &C) -> bool {
    !is_autocommit::<C>() && db.get_database_backend() != DbBackend::Sqlite
}

/// `MySQL` does not tell the isolation level of a transaction.
async fn sees_the_latest<C: ConnectionTrait>(db: &C) -> bool {
    let backend = db.get_database_backend();
    if backend != DbBackend::Postgres {
        return false;
    }
    let query = Statement::from_string(backend, "SHOW transaction_isolation");
    let row = db.query_one_raw(query).await.ok().flatten();
    let level = row.and_then(|row| row.try_get_by_index::<String>(0).ok());
    level.is_some_and(|level| level == "read committed")
}
