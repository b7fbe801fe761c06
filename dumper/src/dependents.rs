//! What depends on a row, read from the database.

use futures::FutureExt;
use sea_orm::{ConnectionTrait, DbErr};

use crate::dumped::{RelatedEntities, RelatedRows, declared_paths};
use crate::guarded::{Trouble, guarded, in_savepoint};
use crate::ledger::Dependents;
use crate::path::Path;
use crate::reach::{Reach, RowId};
use crate::registry::Entity;
use crate::row::{find_row, updated_paths};
use crate::{DependentPaths, Dumped, process, scope};

/// What depends on a row as it is in the database, and as the model will make it.
pub(crate) async fn in_database<E, C>(
    entity: &Entity,
    row: &RowId,
    model: &E::ActiveModel,
    db: &C,
) -> Result<Dependents, DbErr>
where
    E: Dumped,
    C: ConnectionTrait,
{
    if is_of_many(row) {
        return Ok(Dependents::default());
    }
    let related = async {
        let mut related = RelatedRows::default();
        if let Some(found) = find_row::<E, C>(model, db).await? {
            related = related_to::<E, C>(&found, db).await?;
            let updated = updated_paths::<E>(entity, &found, model);
            related.paths.extend(updated);
        }
        related.has_read = true;
        if has_owners::<E>() {
            related.append(E::Related::owners_of(model, db).await?);
        }
        Ok(related)
    };
    // Boxed, since each future around would hold it in place, some of them twice.
    dependents(row, db, in_savepoint(db, guarded(related.boxed())).await)
}

/// What will depend on a row that is not there yet, by the rows that it will belong
/// to.
pub(crate) async fn of_new_row<E, C>(
    row: &RowId,
    model: &E::ActiveModel,
    db: &C,
) -> Result<Dependents, DbErr>
where
    E: Dumped,
    C: ConnectionTrait,
{
    if is_of_many(row) {
        return Ok(Dependents::default());
    }
    let owners = async {
        let mut owners = E::Related::owners_of(model, db).await?;
        owners.has_read = true;
        Ok(owners)
    };
    dependents(row, db, in_savepoint(db, guarded(owners.boxed())).await)
}

/// What depends on a row that is known.
pub(crate) async fn of_row<E, C>(
    entity: &Entity,
    row: &RowId,
    model: &E::Model,
    db: &C,
) -> Result<Dependents, DbErr>
where
    E: Dumped,
    C: ConnectionTrait,
{
    if is_of_many(row) {
        return Ok(Dependents::default());
    }
    let related = guarded(related_to::<E, C>(model, db).boxed());
    let related = if entity.asks_database {
        in_savepoint(db, related).await
    } else {
        related.await
    };
    dependents(row, db, related)
}

/// Whether a row of the entity belongs to others, whose pages show it.
pub(crate) fn has_owners<E: Dumped>() -> bool {
    !E::CUSTOM && E::Related::have_owners()
}

/// Whether one fence stands for all rows of the entity, so that none need be known.
fn is_of_many(row: &RowId) -> bool {
    process::global().holds_many(scope::owner(), &row.entity)
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
    let own = declared_paths::<E>(model);
    related.paths.extend(own.iter().cloned());
    related.shared.extend(own);
    related.has_read = !E::related().is_empty();
    Ok(related)
}

/// # Errors
///
/// Returns an error that has ended the user's transaction. Of any other, the
/// entity tag stands in for what is not known.
fn dependents<C: ConnectionTrait>(
    row: &RowId,
    db: &C,
    related: Result<RelatedRows, Trouble>,
) -> Result<Dependents, DbErr> {
    match related {
        Ok(related) => {
            let mut all = reaches(row, Ok(related.paths));
            if related.lacks {
                // It may have come since the transaction began to see the past.
                all.push(row.entity.reach());
            }
            Ok(Dependents {
                reaches: all,
                has_read: related.has_read,
                rows: related.ids,
                shared: reaches(row, Ok(related.shared)),
            })
        }
        Err(trouble) => match trouble.into_lost_transaction(db) {
            Ok(err) => Err(err),
            Err(trouble) => Ok(Dependents::reaching(reaches(row, Err(trouble)))),
        },
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
