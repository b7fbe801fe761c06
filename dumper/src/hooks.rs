//! What runs before and after each write of a derived entity.
//!
//! `#[derive(Dumped)]` calls these from the `ActiveModelBehavior` it writes, and
//! `#[dumper::behavior]` weaves them behind your own. Where neither will do, call
//! them by hand, each as the last thing in the hook of its name.
//!
//! They never fail and never panic: what goes wrong is logged at `error`, and all
//! pages of the entity are dropped.
//!
//! # Cost
//!
//! A delete, and an update that sets a column of a template, read the row first,
//! by its primary key on the same connection; with related entities or a custom
//! `dependent_paths` every update does, and the queries for those run once for
//! the row as it was and once for the row as it is. In a transaction of
//! PostgreSQL these queries stand in a savepoint.

use std::sync::Arc;

use futures::FutureExt;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

use crate::dumped::{RelatedEntities, RelatedRows, declared_paths};
use crate::guarded::{Trouble, guarded, in_savepoint, is_autocommit};
use crate::ledger::{Dependents, Moved, Written};
use crate::path::Path;
use crate::process::{self, Cause, Watch};
use crate::reach::{Reach, RowId};
use crate::registry::{self, Entity};
use crate::row::{active_key, find_row, foreseen_paths, model_key, moves};
use crate::{DependentPaths, Dumped, scope};

/// How often what depends on a row is read, if rows move meanwhile.
const ATTEMPTS: usize = 3;

/// Raises a fence before a row is inserted or updated.
#[expect(
    clippy::manual_async_fn,
    reason = "`Send` is promised here, so that a mistake in a model is not reported through the body"
)]
pub fn before_save<E, C>(
    model: &E::ActiveModel,
    db: &C,
    insert: bool,
) -> impl Future<Output = ()> + Send
where
    E: Dumped,
    C: ConnectionTrait,
{
    async move {
        let entity = registry::entity::<E>();
        let key = active_key::<E>(model);
        if insert {
            let row = entity.row(key.clone().unwrap_or_else(|| "new".into()));
            let foreseen = reaches(&row, foreseen_paths::<E>(&entity, model));
            let cause = cause(&row, "about to be inserted");
            process::raise(scope::owner(), &row.entity, key.as_deref(), foreseen, cause);
            return;
        }
        // SeaORM refuses to update a row without a key.
        let Some(key) = key else { return };
        raise_on_row::<E, C>(&entity, model, key, db, Write::Update).await;
    }
}

/// Takes note that a row has been inserted or updated, and drops its pages.
#[expect(clippy::manual_async_fn, reason = "as `before_save`")]
pub fn after_save<E, C>(
    model: &<E as EntityTrait>::Model,
    db: &C,
    insert: bool,
) -> impl Future<Output = ()> + Send
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
        for _ in 0..ATTEMPTS {
            let watch = process::watch();
            let dependents = dependents_of::<E, C>(&entity, &written.row, model, db).await;
            if settle(&written, dependents, &watch, "saved").is_ok() {
                return;
            }
        }
        settle_on_all(&written, "saved");
    }
}

/// Raises a fence before a row is deleted.
#[expect(clippy::manual_async_fn, reason = "as `before_save`")]
pub fn before_delete<E, C>(model: &E::ActiveModel, db: &C) -> impl Future<Output = ()> + Send
where
    E: Dumped,
    C: ConnectionTrait,
{
    async move {
        let entity = registry::entity::<E>();
        // SeaORM refuses to delete a row without a key.
        let Some(key) = active_key::<E>(model) else {
            return;
        };
        raise_on_row::<E, C>(&entity, model, key, db, Write::Delete).await;
    }
}

/// Takes note that a row has been deleted, and drops its pages.
#[expect(clippy::manual_async_fn, reason = "as `before_save`")]
pub fn after_delete<E, C>(model: &E::ActiveModel, _db: &C) -> impl Future<Output = ()> + Send
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
        let settled = settle(
            &written,
            Dependents::default(),
            &process::watch(),
            "deleted",
        );
        settled.unwrap_or_else(|Moved| settle_on_all(&written, "deleted"));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Write {
    Update,
    Delete,
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
) where
    E: Dumped,
    C: ConnectionTrait,
{
    let row = entity.row(key);
    let (foreseen, doing) = match write {
        Write::Update => (foreseen_paths::<E>(entity, model), "about to be updated"),
        // A model to be deleted may have been changed since it was read.
        Write::Delete => (Ok(Vec::new()), "about to be deleted"),
    };
    let foreseen = reaches(&row, foreseen);
    process::raise(
        scope::owner(),
        &row.entity,
        Some(&row.key),
        foreseen,
        cause(&row, doing),
    );
    let is_foreseen = write == Write::Update && !entity.asks_database && !moves::<E>(entity, model);
    if is_foreseen {
        return;
    }
    for _ in 0..ATTEMPTS {
        let watch = process::watch();
        let mut dependents = dependents_in_database::<E, C>(&row, model, db).await;
        // SeaORM's deep delete takes the links away before it comes here.
        if write == Write::Delete && entity.has_links && !is_autocommit::<C>() {
            dependents.reaches.push(row.entity.reach());
        }
        if reach_further(&row, dependents, &watch, doing).is_ok() {
            return;
        }
    }
    let reached = reach_further(&row, all_pages(&row), &process::watch(), doing);
    debug_assert_eq!(reached, Ok(()), "no row was read");
}

/// What depends on a row as it is in the database.
async fn dependents_in_database<E, C>(row: &RowId, model: &E::ActiveModel, db: &C) -> Dependents
where
    E: Dumped,
    C: ConnectionTrait,
{
    if process::holds_many(scope::owner(), &row.entity) {
        return Dependents::default();
    }
    let related = async {
        match find_row::<E, C>(model, db).await? {
            Some(model) => related_to::<E, C>(&model, db).await,
            None => Ok(RelatedRows::default()),
        }
    };
    // Boxed, since each future around would hold it in place, some of them twice.
    dependents(row, in_savepoint(db, guarded(related.boxed())).await)
}

/// What depends on a row that is known.
async fn dependents_of<E, C>(entity: &Entity, row: &RowId, model: &E::Model, db: &C) -> Dependents
where
    E: Dumped,
    C: ConnectionTrait,
{
    if process::holds_many(scope::owner(), &row.entity) {
        return Dependents::default();
    }
    let related = guarded(related_to::<E, C>(model, db).boxed());
    let related = if entity.asks_database {
        in_savepoint(db, related).await
    } else {
        related.await
    };
    dependents(row, related)
}

/// The paths that depend on a row, and the rows by which they are found.
///
/// Of paths that are written by hand, those rows are not known.
async fn related_to<E, C>(model: &E::Model, db: &C) -> Result<RelatedRows, DbErr>
where
    E: Dumped,
    C: ConnectionTrait,
{
    if E::CUSTOM {
        let paths = model.dependent_paths(db).await?;
        return Ok(RelatedRows {
            paths,
            ..RelatedRows::default()
        });
    }
    let mut related = E::Related::rows(model, db).await?;
    related.own = declared_paths::<E>(model);
    related.paths.extend(related.own.iter().cloned());
    Ok(related)
}

fn dependents(row: &RowId, related: Result<RelatedRows, Trouble>) -> Dependents {
    match related {
        Ok(related) => Dependents {
            reaches: reaches(row, Ok(related.paths)),
            rows: related.ids,
            own: reaches(row, Ok(related.own)),
        },
        Err(trouble) => Dependents::reaching(reaches(row, Err(trouble))),
    }
}

fn all_pages(row: &RowId) -> Dependents {
    Dependents::reaching(vec![row.entity.reach()])
}

fn reach_further(
    row: &RowId,
    dependents: Dependents,
    watch: &Watch,
    doing: &str,
) -> Result<(), Moved> {
    process::reach_further(scope::owner(), row, dependents, watch, cause(row, doing))
}

fn settle(
    written: &Written,
    dependents: Dependents,
    watch: &Watch,
    done: &str,
) -> Result<(), Moved> {
    let cause = cause(&written.row, done);
    process::settle(scope::owner(), written, dependents, watch, cause)
}

/// Settles a write of whose row nobody can tell what depends on it.
fn settle_on_all(written: &Written, done: &str) {
    let settled = settle(written, all_pages(&written.row), &process::watch(), done);
    debug_assert_eq!(settled, Ok(()), "no row was read");
}

fn cause<'a>(row: &'a RowId, write: &'a str) -> Cause<'a> {
    Cause::Row {
        entity: row.entity.name(),
        key: &row.key,
        write,
    }
}

/// What is reached by the paths of a row; its entity tag where they are not known.
pub(crate) fn reaches(row: &RowId, paths: Result<Vec<String>, Trouble>) -> Vec<Reach> {
    let complain = |trouble: &dyn std::fmt::Display| {
        log::error!(
            target: "dumper::invalidation",
            "the paths of instance #{} of {} are not known, so all its pages are dropped: {trouble}",
            row.key,
            row.entity.name(),
        );
        row.entity.reach()
    };
    match paths {
        Err(trouble) => vec![complain(&trouble)],
        Ok(paths) => {
            let paths = paths.iter().map(|path| match Path::declared(path) {
                Ok(path) => Reach::Kin(path.kin()),
                Err(err) => complain(&err),
            });
            paths.collect()
        }
    }
}
