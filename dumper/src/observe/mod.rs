//! Seeing the writes that run no hook.
//!
//! SeaORM tells its metric callback of each statement, in the task of its caller,
//! after the statement and before the call returns. What a statement writes is
//! read from its text.

mod cascade;
mod parse;
mod pins;
mod statement;
mod table;
mod tokens;

use std::collections::HashSet;
use std::panic::catch_unwind;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use log::info;
use quick_cache::sync::Cache;
use sea_orm::sea_query::{Value, Values};
use sea_orm::{DatabaseConnection, DbBackend, metric};

use self::cascade::{ForeignKey, cascades};
use self::statement::{Change, Effects, Write};
pub(crate) use self::table::{Table, TableName, paths_of_key};
use crate::dependents::reaches;
use crate::ledger::{Observed, Verb};
use crate::process::{self, Cause};
use crate::registry::{self, Entity};
use crate::row::key_text;
use crate::scope;

/// How many texts are remembered, and how long each may be.
const REMEMBERED: usize = 1_024;
const LONGEST_REMEMBERED: usize = 4_096;

/// The rows of a statement are told apart up to this many.
const ROWS: usize = 100;

/// How many tables that nobody knows are logged.
const LOGGED: usize = 1_024;

static TEXTS: LazyLock<Cache<Box<str>, Arc<Known>>> = LazyLock::new(|| Cache::new(REMEMBERED));

static UNKNOWN_TABLES: LazyLock<Mutex<HashSet<TableName>>> = LazyLock::new(Mutex::default);

/// Lets dumper see the statements of a connection, and with them the writes that
/// run no hook. Needs the feature `observe`.
///
/// These are `insert_many`, `update_many`, `delete_many`, `exec` on
/// `Entity::insert`, `update`, `delete` and `delete_by_id`, upserts, raw SQL with
/// `execute_raw`, `query_one_raw` and the like, and what foreign keys of a
/// `Relation` do to other tables (`on_delete` and `on_update`).
///
/// Such a statement drops the pages of each entity of the tables that it writes:
/// all pages that a row may have, since which rows it writes is not known; or
/// those of its rows, where it names their primary keys and the declared paths
/// are made of nothing else. They are neither stored nor served until the scope
/// around ends; outside a scope, until the deadline, ten seconds after the last
/// write of the task. Whether the statement is part of a transaction, or failed,
/// makes no difference. What cannot be understood, and a `CALL`, drops all pages.
///
/// Call it once, before the connection is cloned or handed out: a clone that was
/// made before is not observed, the transactions of this one are.
///
/// An entity has to be known: a derived one is from its first save, or from
/// [`register_derived`](crate::register_derived). So register all of them at the
/// start. A write to a table that no known entity has drops nothing; it is logged
/// at `info`, once for each table. An entity that was registered with a function
/// drops all pages, since its own can lie anywhere.
///
/// It takes the place of the connection's metric callback: if you have one of
/// your own, call [`observed`] in it instead. A connection of SeaORM's `mock` or
/// `proxy` has none, and is not observed.
///
/// What is not seen: `execute_unprepared`, triggers, functions called in a
/// `SELECT`, foreign keys that no `Relation` tells, other programs, and statements
/// whose future was dropped before they ended.
///
/// # Cost
///
/// A look at the text of each statement; for those that may write a look-up, or
/// once for each text that is new, a parse.
///
/// # Examples
///
/// ```no_run
/// # async fn connect() -> Result<(), sea_orm::DbErr> {
/// let mut db = sea_orm::Database::connect("sqlite::memory:").await?;
/// dumper::observe(&mut db);
/// # Ok(())
/// # }
/// ```
pub fn observe(db: &mut DatabaseConnection) {
    db.set_metric_callback(observed);
}

/// Tells dumper of a statement that has ended. Needs the feature `observe`.
///
/// It is what [`observe`] sets as the metric callback of a connection, for those
/// who have one of their own. To be called in the callback itself, not later and
/// not in another task: it belongs to the scope around.
///
/// It never panics, and takes microseconds.
///
/// # Examples
///
/// ```no_run
/// # fn set(mut db: sea_orm::DatabaseConnection) {
/// db.set_metric_callback(|info| {
///     dumper::observed(info);
///     println!("{:?}: {}", info.elapsed, info.statement.sql);
/// });
/// # }
/// ```
pub fn observed(info: &metric::Info<'_>) {
    let statement = info.statement;
    if !parse::may_write(&statement.sql) {
        return;
    }
    let known = effects(&statement.sql, statement.db_backend);
    let writes = match &known.effects {
        Effects::Tables(writes) if writes.is_empty() => return,
        Effects::Tables(writes) => writes,
        Effects::Anything => {
            let entities = registry::all();
            let entities = entities.iter().map(|entity| entity.tag.clone()).collect();
            process::global().observe(scope::owner(), Observed::Anything(entities), Cause::Unread);
            return;
        }
    };
    let entities = registry::all();
    let foreign_keys: Vec<&ForeignKey> = entities
        .iter()
        .flat_map(|entity| &entity.table.foreign_keys)
        .collect();
    for write in writes {
        written(write, statement.values.as_ref(), &entities);
        carried_on(write, &foreign_keys, &entities);
    }
}

/// What is known of a text.
struct Known {
    backend: DbBackend,
    effects: Effects,
}

fn effects(sql: &str, backend: DbBackend) -> Arc<Known> {
    let known = TEXTS.get(sql).filter(|known| known.backend == backend);
    known.unwrap_or_else(|| {
        let effects = catch_unwind(|| parse::effects(sql, backend));
        let known = Arc::new(Known {
            backend,
            effects: effects.unwrap_or(Effects::Anything),
        });
        if sql.len() <= LONGEST_REMEMBERED {
            TEXTS.insert(sql.into(), Arc::clone(&known));
        }
        known
    })
}

/// Drops what a statement has changed itself.
fn written(write: &Write, values: Option<&Values>, entities: &[Arc<Entity>]) {
    let owner = scope::owner();
    let mut of_table = entities_of(&write.table, entities).peekable();
    if of_table.peek().is_none() {
        tell_once(&write.table);
    }
    for entity in of_table {
        let keys = write.rows.as_ref();
        let keys = keys.and_then(|rows| rows.keys(&entity.table.key, values));
        let is_announced = || {
            let keys = keys.iter().flatten();
            let keys: Vec<Option<Arc<str>>> = keys
                .map(|key| Some(key_text(key.as_ref()?.iter().cloned())))
                .collect();
            let verb = verb(&write.change);
            verb.is_some_and(|verb| process::global().excuse(owner, &entity.tag, verb, &keys))
        };
        if is_announced() {
            continue;
        }
        let rows = keys.as_ref().and_then(|keys| rows(entity, write, keys));
        let observed = rows.unwrap_or_else(|| Observed::Entities(vec![entity.tag.clone()]));
        process::global().observe(
            owner,
            observed,
            cause(write, "by a statement without a hook"),
        );
    }
}

/// Drops what the database has changed by itself, through foreign keys.
fn carried_on(write: &Write, foreign_keys: &[&ForeignKey], entities: &[Arc<Entity>]) {
    for table in cascades(foreign_keys, &write.table, &write.change) {
        let reached = entities_of(&table, entities).map(|entity| entity.tag.clone());
        let reached = Observed::Entities(reached.collect());
        let cause = cause(write, "and a foreign key refers to it");
        process::global().observe(scope::owner(), reached, cause);
    }
}

/// The rows of a statement, if all of their paths are made of the keys it names.
fn rows(entity: &Entity, write: &Write, keys: &[Option<Vec<Value>>]) -> Option<Observed> {
    let paths_of_key = entity.paths_of_key?;
    let moves = match &write.change {
        Change::Insert | Change::Delete => false,
        Change::Update(columns) => columns.iter().any(|it| entity.table.key.contains(it)),
        Change::TruncateCascade | Change::Alter => true,
    };
    if moves || keys.is_empty() || keys.len() > ROWS || !entity.table.has_exact_key() {
        return None;
    }
    let rows = keys.iter().map(|key| {
        let key = key.as_ref()?;
        let row = entity.row(key_text(key.iter().cloned()));
        // MySQL takes another number for a zero that is inserted.
        if write.change == Change::Insert && &*row.key == "0" {
            return None;
        }
        let reaches = reaches(&row, Ok(paths_of_key(entity, key)?));
        Some((row, reaches))
    });
    Some(Observed::Rows(rows.collect::<Option<_>>()?))
}

fn entities_of<'a>(
    table: &TableName,
    entities: &'a [Arc<Entity>],
) -> impl Iterator<Item = &'a Arc<Entity>> {
    entities
        .iter()
        .filter(|entity| entity.table.name.may_be(table))
}

fn verb(change: &Change) -> Option<Verb> {
    match change {
        Change::Insert => Some(Verb::Insert),
        Change::Update(_) => Some(Verb::Update),
        Change::Delete => Some(Verb::Delete),
        Change::TruncateCascade | Change::Alter => None,
    }
}

fn cause<'a>(write: &'a Write, how: &'a str) -> Cause<'a> {
    Cause::Statement {
        table: &write.table,
        verb: write.change.verb(),
        how,
    }
}

fn tell_once(table: &TableName) {
    let tables = UNKNOWN_TABLES.lock();
    let mut tables = tables.unwrap_or_else(PoisonError::into_inner);
    if tables.len() < LOGGED && tables.insert(table.clone()) {
        drop(tables);
        info!(
            target: "dumper::invalidation",
            "no known entity has the table {table}, so a write to it drops nothing: \
             register the entity if a page shows its rows"
        );
    }
}

#[cfg(test)]
mod tests;
