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
//! the row as it was and once for the row as it is.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use sea_orm::sea_query::Value;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend,
    DbErr, EntityTrait, Iterable, ModelTrait, PrimaryKeyToColumn, QueryFilter, QuerySelect,
};

use crate::ledger::Written;
use crate::path::Path;
use crate::process::{self, Cause};
use crate::reach::{EntityTag, Reach};
use crate::registry::{self, Entity};
use crate::{DependentPaths, Dumped, Template, scope};

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
            let foreseen = foreseen_paths::<E>(&entity, model);
            raise(&entity, key.as_deref(), foreseen, "about to be inserted");
            return;
        }
        // SeaORM refuses to update a row without a key.
        let Some(key) = key else { return };
        raise_on_row::<E, C>(&entity, model, &key, db, Write::Update).await;
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
        let key = model_key(model);
        let paths = if process::holds_many(scope::owner(), &entity.tag) {
            Ok(Vec::new())
        } else {
            let paths = guarded(model.dependent_paths(db));
            if entity.asks_database {
                in_savepoint(db, paths).await
            } else {
                paths.await
            }
        };
        settle::<C>(&entity, &key, paths, insert, "saved");
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
        raise_on_row::<E, C>(&entity, model, &key, db, Write::Delete).await;
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
        settle::<C>(&entity, &key, Ok(Vec::new()), false, "deleted");
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Write {
    Update,
    Delete,
}

/// Raises the fence of a row that exists, first on what is known of it, then on
/// the row as it is in the database. In this order, since a write that is done
/// between the two leaves its paths to the fence only if that stands already.
async fn raise_on_row<E, C>(
    entity: &Arc<Entity>,
    model: &E::ActiveModel,
    key: &str,
    db: &C,
    write: Write,
) where
    E: Dumped,
    C: ConnectionTrait,
{
    let (foreseen, doing) = match write {
        Write::Update => (foreseen_paths::<E>(entity, model), "about to be updated"),
        // A model to be deleted may have been changed since it was read.
        Write::Delete => (Ok(Vec::new()), "about to be deleted"),
    };
    raise(entity, Some(key), foreseen, doing);
    let owner = scope::owner();
    let is_foreseen = write == Write::Update && !entity.asks_database && !moves::<E>(entity, model);
    if is_foreseen || process::holds_many(owner, &entity.tag) {
        return;
    }
    let paths = async {
        match find_row::<E, C>(model, db).await? {
            Some(row) => row.dependent_paths(db).await,
            None => Ok(Vec::new()),
        }
    };
    let paths = in_savepoint(db, guarded(paths)).await;
    let mut reaches = reaches(&entity.tag, key, paths);
    // SeaORM's deep delete takes the links away before it comes here.
    if write == Write::Delete && entity.asks_database && !is_autocommit::<C>() {
        reaches.push(entity.tag.reach());
    }
    let cause = Cause::Row {
        entity: entity.tag.name(),
        key,
        write: doing,
    };
    process::reach_further(owner, &entity.tag, key, reaches, cause);
}

fn raise(
    entity: &Entity,
    key: Option<&str>,
    foreseen: Result<Vec<String>, Trouble>,
    doing: &'static str,
) {
    let name = key.unwrap_or("new");
    let reaches = reaches(&entity.tag, name, foreseen);
    let cause = Cause::Row {
        entity: entity.tag.name(),
        key: name,
        write: doing,
    };
    process::raise(scope::owner(), &entity.tag, key, reaches, cause);
}

fn settle<C>(
    entity: &Entity,
    key: &str,
    paths: Result<Vec<String>, Trouble>,
    inserted: bool,
    done: &'static str,
) {
    let reaches = reaches(&entity.tag, key, paths);
    let written = Written {
        key,
        inserted,
        committed: is_autocommit::<C>(),
    };
    let cause = Cause::Row {
        entity: entity.tag.name(),
        key,
        write: done,
    };
    process::settle(scope::owner(), &entity.tag, &written, reaches, cause);
}

/// Why the paths of a row are not known.
#[derive(Debug)]
pub(crate) enum Trouble {
    Database(DbErr),
    Panic,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(err) => err.fmt(f),
            Self::Panic => f.write_str("it panicked"),
        }
    }
}

/// Runs what users wrote, come what may.
pub(crate) async fn guarded(
    paths: impl Future<Output = Result<Vec<String>, DbErr>>,
) -> Result<Vec<String>, Trouble> {
    match AssertUnwindSafe(paths).catch_unwind().await {
        Ok(paths) => paths.map_err(Trouble::Database),
        Err(_) => Err(Trouble::Panic),
    }
}

/// What is reached by the paths of a row; its entity tag where they are not known.
pub(crate) fn reaches(
    entity: &EntityTag,
    key: &str,
    paths: Result<Vec<String>, Trouble>,
) -> Vec<Reach> {
    let complain = |trouble: &dyn fmt::Display| {
        log::error!(
            target: "dumper::invalidation",
            "the paths of instance #{key} of {} are not known, so all its pages are dropped: {trouble}",
            entity.name(),
        );
        entity.reach()
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

/// The declared paths whose holes the model can fill.
fn foreseen_paths<E: Dumped>(
    entity: &Entity,
    model: &E::ActiveModel,
) -> Result<Vec<String>, Trouble> {
    let fill = || {
        let templates = entity.templates.iter();
        let paths = templates.filter_map(|template| {
            template.fill(|field| match E::active_hole(model, field) {
                ActiveValue::Set(text) | ActiveValue::Unchanged(text) => text,
                ActiveValue::NotSet => None,
            })
        });
        paths.collect()
    };
    std::panic::catch_unwind(AssertUnwindSafe(fill)).map_err(|_| Trouble::Panic)
}

/// Whether an update may move the row to other paths, or its old values are not
/// known.
fn moves<E: Dumped>(entity: &Entity, model: &E::ActiveModel) -> bool {
    let mut holes = entity.templates.iter().flat_map(Template::holes);
    let moves = AssertUnwindSafe(|| {
        holes.any(|field| !matches!(E::active_hole(model, field), ActiveValue::Unchanged(_)))
    });
    std::panic::catch_unwind(moves).unwrap_or(true)
}

/// Reads the row as it is, for update where a transaction can.
async fn find_row<E, C>(model: &E::ActiveModel, db: &C) -> Result<Option<E::Model>, DbErr>
where
    E: Dumped,
    C: ConnectionTrait,
{
    let mut query = E::find();
    for key in E::PrimaryKey::iter() {
        let column = key.into_column();
        let Some(value) = model.get(column).into_value() else {
            return Ok(None);
        };
        query = query.filter(column.eq(value));
    }
    // Without the lock, a transaction that renames the row at the same time would
    // see the same old row, and the name in between would be dropped by nobody.
    if !is_autocommit::<C>() && db.get_database_backend() != DbBackend::Sqlite {
        query = query.lock_exclusive();
    }
    query.one(db).await
}

/// Runs queries so that an error of theirs cannot spoil a transaction of
/// PostgreSQL, where a failed statement makes all later ones fail.
async fn in_savepoint<C: ConnectionTrait>(
    db: &C,
    paths: impl Future<Output = Result<Vec<String>, Trouble>>,
) -> Result<Vec<String>, Trouble> {
    if is_autocommit::<C>() || db.get_database_backend() != DbBackend::Postgres {
        return paths.await;
    }
    match db.execute_unprepared("SAVEPOINT dumper").await {
        Ok(_) => {}
        // So there is no transaction to spoil.
        Err(err) if err.to_string().contains("transaction block") => return paths.await,
        Err(err) => return Err(Trouble::Database(err)),
    }
    let paths = paths.await;
    let end = match &paths {
        Ok(_) => "RELEASE SAVEPOINT dumper",
        Err(_) => "ROLLBACK TO SAVEPOINT dumper; RELEASE SAVEPOINT dumper",
    };
    db.execute_unprepared(end)
        .await
        .map_err(Trouble::Database)?;
    paths
}

/// Whether a write on this connection is done when its call returns. Of a
/// connection of another type one cannot know, so it counts as a transaction.
fn is_autocommit<C>() -> bool {
    typeid::of::<C>() == typeid::of::<DatabaseConnection>()
}

/// The text of a model's primary key.
pub(crate) fn model_key<M: ModelTrait>(model: &M) -> String {
    let columns = <M::Entity as EntityTrait>::PrimaryKey::iter();
    key_text(columns.map(|key| model.get(key.into_column())))
}

/// The text of the primary key, or `None` if it is not set.
fn active_key<E: Dumped>(model: &E::ActiveModel) -> Option<String> {
    let columns = E::PrimaryKey::iter();
    let values: Option<Vec<Value>> = columns
        .map(|key| model.get(key.into_column()).into_value())
        .collect();
    values.map(|values| key_text(values.into_iter()))
}

fn key_text(values: impl Iterator<Item = Value>) -> String {
    let texts: Vec<String> = values.map(|value| value.to_string()).collect();
    texts.join(",")
}
