//! What a hook knows of the row that is written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use sea_orm::sea_query::Value;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, Iterable,
    ModelTrait, PrimaryKeyToColumn, QueryFilter,
};

use crate::guarded::Trouble;
use crate::registry::Entity;
use crate::{Dumped, Template};

/// The declared paths whose holes the model can fill.
pub(crate) fn foreseen_paths<E: Dumped>(
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
    catch_unwind(AssertUnwindSafe(fill)).map_err(|_| Trouble::Panic)
}

/// The declared paths of the row that was found, with what the model sets.
///
/// A database without `RETURNING` tells of the row only later, when somebody else
/// may have moved it on.
pub(crate) fn updated_paths<E: Dumped>(
    entity: &Entity,
    found: &E::Model,
    model: &E::ActiveModel,
) -> Vec<String> {
    let templates = entity.templates.iter();
    let paths = templates.filter_map(|template| {
        template.fill(|field| match E::active_hole(model, field) {
            ActiveValue::Set(text) => text,
            ActiveValue::Unchanged(_) | ActiveValue::NotSet => E::hole(found, field),
        })
    });
    paths.collect()
}

/// Whether an update may move the row to other paths, or its old values are not
/// known.
pub(crate) fn moves<E: Dumped>(entity: &Entity, model: &E::ActiveModel) -> bool {
    let mut holes = entity.templates.iter().flat_map(Template::holes);
    let moves = AssertUnwindSafe(|| {
        holes.any(|field| !matches!(E::active_hole(model, field), ActiveValue::Unchanged(_)))
    });
    catch_unwind(moves).unwrap_or(true)
}

/// Reads the row as it is, without a lock: the order of locks is the user's.
pub(crate) async fn find_row<E, C>(
    model: &E::ActiveModel,
    db: &C,
) -> Result<Option<E::Model>, DbErr>
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
    query.one(db).await
}

/// The text of a model's primary key.
pub(crate) fn model_key<M: ModelTrait>(model: &M) -> Arc<str> {
    let columns = <M::Entity as EntityTrait>::PrimaryKey::iter();
    key_text(columns.map(|key| model.get(key.into_column())))
}

/// The text of the primary key, or `None` if it is not set.
pub(crate) fn active_key<E: Dumped>(model: &E::ActiveModel) -> Option<Arc<str>> {
    let columns = E::PrimaryKey::iter();
    let values: Option<Vec<Value>> = columns
        .map(|key| model.get(key.into_column()).into_value())
        .collect();
    values.map(|values| key_text(values.into_iter()))
}

/// The text of a primary key, by the values of its columns.
pub(crate) fn key_text(values: impl Iterator<Item = Value>) -> Arc<str> {
    let texts: Vec<String> = values.map(|value| value.to_string()).collect();
    texts.join(",").into()
}
