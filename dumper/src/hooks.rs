//! What runs before and after each write of a derived entity.
//!
//! `#[derive(Dumped)]` calls these from the `ActiveModelBehavior` it writes, and
//! `#[dumper::behavior]` weaves them behind your own. Where neither will do, call
//! them by hand, each as the last thing in the hook of its name.
//!
//! They never panic, and no trouble of theirs fails a write: what goes wrong is
//! logged at `error`, and all pages of the entity are dropped.
//!
//! # Errors
//!
//! `MySQL` and `MariaDB` end the whole transaction at a deadlock, and go on without.
//! If that happens in a query of a hook, inside a transaction, the hook returns the
//! error, which is to be returned from yours: the writes before it are undone.
//!
//! # Cost
//!
//! A delete, and an update that sets a column of a template, read the row first,
//! by its primary key on the same connection; with related entities or a custom
//! `dependent_paths` every update does, and the queries for those run once for
//! the row as it was and once for the row as it is. In a transaction of
//! PostgreSQL these queries stand in a savepoint.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

use crate::attempts::{self, Attempts};
use crate::dependents::{self, reaches};
use crate::guarded::is_autocommit;
#[cfg(feature = "observe")]
use crate::ledger::Verb;
use crate::ledger::{Dependents, Moved, Raised, Since, Written};
use crate::process::{self, Cause, Deliveries};
use crate::reach::{Reach, RowId};
use crate::registry::{self, Entity};
use crate::row::{active_key, foreseen_paths, model_key, moves};
use crate::{Dumped, scope};

/// Raises a fence before a row is inserted or updated.
///
/// # Errors
///
/// See the [module](self#errors).
#[expect(
    clippy::manual_async_fn,
    reason = "`Send` is promised here, so that a mistake in a model is not reported through the body"
)]
pub fn before_save<E, C>(
    model: &E::ActiveModel,
    db: &C,
    insert: bool,
) -> impl Future<Output = Result<(), DbErr>> + Send
where
    E: Dumped,
    C: ConnectionTrait,
{
    async move {
        let entity = registry::entity::<E>();
        let key = active_key::<E>(model);
        match (key, insert) {
            (key, true) => raise_on_new_row::<E, C>(&entity, model, key, db).await,
            (Some(key), false) => {
                raise_on_row::<E, C>(&entity, model, key, db, Write::Update).await
            }
            // SeaORM refuses to update a row without a key.
            (None, false) => Ok(()),
        }
    }
}

/// Takes note that a row has been inserted or updated, and drops its pages.
///
/// # Errors
///
/// See the [module](self#errors).
#[expect(clippy::manual_async_fn, reason = "as `before_save`")]
pub fn after_save<E, C>(
    model: &<E as EntityTrait>::Model,
    db: &C,
    insert: bool,
) -> impl Future<Output = Result<(), DbErr>> + Send
where
    E: Dumped,
    C: ConnectionTrait,
{
    async move {
        let entity = registry::entity::<E>();
        let written = Written {
            row: entity.row(model_key(model)),
            inserted: insert,
            committed: is_autocommit::<C>(),
        };
        let mut attempts = Attempts::default();
        let mut read = Dependents::default();
        while let Some(since) = attempts.next(db).await {
            if entity.asks_database {
                scope::moves(since);
            }
            read = dependents::of_row::<E, C>(&entity, &written.row, model, db).await?;
            if let Ok(deliveries) = settle(&written, read.clone(), since, "saved") {
                wait(&written, deliveries).await;
                return Ok(());
            }
        }
        let read = or_all(&written.row, read);
        if let Ok(deliveries) = settle(&written, read, attempts::now(), "saved") {
            wait(&written, deliveries).await;
        }
        Ok(())
    }
}

/// Raises a fence before a row is deleted.
///
/// # Errors
///
/// See the [module](self#errors).
#[expect(clippy::manual_async_fn, reason = "as `before_save`")]
pub fn before_delete<E, C>(
    model: &E::ActiveModel,
    db: &C,
) -> impl Future<Output = Result<(), DbErr>> + Send
where
    E: Dumped,
    C: ConnectionTrait,
{
    async move {
        let entity = registry::entity::<E>();
        // SeaORM refuses to delete a row without a key.
        let Some(key) = active_key::<E>(model) else {
            return Ok(());
        };
        raise_on_row::<E, C>(&entity, model, key, db, Write::Delete).await
    }
}

/// Takes note that a row has been deleted, and drops its pages.
///
/// # Errors
///
/// Returns none, and a `Result` to be used like the others.
#[expect(clippy::manual_async_fn, reason = "as `before_save`")]
pub fn after_delete<E, C>(
    model: &E::ActiveModel,
    _db: &C,
) -> impl Future<Output = Result<(), DbErr>> + Send
where
    E: Dumped,
    C: ConnectionTrait,
{
    async move {
        let entity = registry::entity::<E>();
        let key = active_key::<E>(model).unwrap_or_default();
        let written = Written {
            row: entity.row(key),
            inserted: false,
            committed: is_autocommit::<C>(),
        };
        let nothing = Dependents::default();
        if let Ok(deliveries) = settle(&written, nothing, attempts::now(), "deleted") {
            wait(&written, deliveries).await;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Write {
    Insert,
    Update,
    Delete,
}

impl Write {
    fn about(self) -> &'static str {
        match self {
            Self::Insert => "about to be inserted",
            Self::Update => "about to be updated",
            Self::Delete => "about to be deleted",
        }
    }

    #[cfg(feature = "observe")]
    fn verb(self) -> Verb {
        match self {
            Self::Insert => Verb::Insert,
            Self::Update => Verb::Update,
            Self::Delete => Verb::Delete,
        }
    }
}

/// Raises the fence of a row that is to be inserted.
///
/// The pages of the rows that it will belong to show it as soon as it is there, and
/// somebody may move it on before its own hook runs again, so they are to be known
/// before.
async fn raise_on_new_row<E, C>(
    entity: &Entity,
    model: &E::ActiveModel,
    key: Option<Arc<str>>,
    db: &C,
) -> Result<(), DbErr>
where
    E: Dumped,
    C: ConnectionTrait,
{
    let row = entity.row(key.clone().unwrap_or_else(|| "new".into()));
    let foreseen = reaches(&row, foreseen_paths::<E>(entity, model));
    let raised = raise(&row, key.as_ref(), foreseen, Write::Insert).await?;
    if dependents::has_owners::<E>() {
        let read = || dependents::of_new_row::<E, C>(&row, model, db);
        reach_further(&row, &raised, db, Write::Insert, read).await?;
    }
    Ok(())
}

/// Raises the fence of a row that exists, first on what is known of it, then on
/// what depends on it in the database. In this order, since a write that is done
/// between the two leaves its paths to the fence only if that stands already.
async fn raise_on_row<E, C>(
    entity: &Entity,
    model: &E::ActiveModel,
    key: Arc<str>,
    db: &C,
    write: Write,
) -> Result<(), DbErr>
where
    E: Dumped,
    C: ConnectionTrait,
{
    let row = entity.row(key);
    let foreseen = match write {
        Write::Insert | Write::Update => foreseen_paths::<E>(entity, model),
        // A model to be deleted may have been changed since it was read.
        Write::Delete => Ok(Vec::new()),
    };
    let raised = raise(&row, Some(&row.key), reaches(&row, foreseen), write).await?;
    let is_foreseen = write == Write::Update && !entity.asks_database && !moves::<E>(entity, model);
    if is_foreseen {
        return Ok(());
    }
    let read = || async {
        let mut dependents = dependents::in_database::<E, C>(entity, &row, model, db).await?;
        // SeaORM's deep delete takes the links away before it comes here.
        if write == Write::Delete && entity.has_links && !is_autocommit::<C>() {
            dependents.reaches.push(row.entity.reach());
        }
        Ok(dependents)
    };
    reach_further(&row, &raised, db, write, read).await
}

/// Lets a fence reach what depends on its row, which is read until nobody has
/// written what was read.
async fn reach_further<C, F>(
    row: &RowId,
    raised: &Raised,
    db: &C,
    write: Write,
    read: impl Fn() -> F,
) -> Result<(), DbErr>
where
    C: ConnectionTrait,
    F: Future<Output = Result<Dependents, DbErr>>,
{
    let reach = |dependents, since| {
        let (owner, cause) = (scope::owner(), cause(row, write.about()));
        process::global().reach_further(owner, raised, dependents, since, cause)
    };
    let mut attempts = Attempts::default();
    let mut last = Dependents::default();
    while let Some(since) = attempts.next(db).await {
        scope::moves(since);
        last = read().await?;
        if let Ok(deliveries) = reach(last.clone(), since) {
            return stand(deliveries).await;
        }
    }
    match reach(or_all(row, last), attempts::now()) {
        Ok(deliveries) => stand(deliveries).await,
        Err(Moved) => Ok(()),
    }
}

async fn raise(
    row: &RowId,
    key: Option<&Arc<str>>,
    reaches: Vec<Reach>,
    write: Write,
) -> Result<Raised, DbErr> {
    let (process, owner) = (process::global(), scope::owner());
    let cause = cause(row, write.about());
    let (raised, deliveries) =
        process.raise(owner, &row.entity, key.map(|key| &**key), reaches, cause);
    #[cfg(feature = "observe")]
    process.announce(owner, &row.entity, write.verb(), key);
    stand(deliveries).await?;
    Ok(raised)
}

/// Waits until fences stand in the shared stores too, or cannot.
async fn stand(deliveries: Deliveries) -> Result<(), DbErr> {
    let raised = deliveries.raised().await;
    raised.map_err(|err| {
        DbErr::Custom(format!(
            "not written, since no fence could be raised: {err}"
        ))
    })
}

/// Waits until a write that is done is known to be; all others are done when their
/// owner ends.
async fn wait(written: &Written, deliveries: Deliveries) {
    if written.committed {
        deliveries.done().await;
    } else {
        drop(deliveries);
    }
}

/// What was read and is not to be believed, and all pages besides.
fn or_all(row: &RowId, read: Dependents) -> Dependents {
    let mut all = Dependents {
        has_read: false,
        ..read
    };
    all.reaches.push(row.entity.reach());
    all
}

fn settle(
    written: &Written,
    dependents: Dependents,
    since: Since,
    done: &str,
) -> Result<Deliveries, Moved> {
    let cause = cause(&written.row, done);
    process::global().settle(scope::owner(), written, dependents, since, cause)
}

fn cause<'a>(row: &'a RowId, write: &'a str) -> Cause<'a> {
    Cause::Row {
        entity: row.entity.name(),
        key: &row.key,
        write,
    }
}
