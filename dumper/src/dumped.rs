//! What `#[derive(Dumped)]` tells of an entity.

use std::fmt;
use std::str::FromStr;

use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbErr,
    EntityTrait, ModelTrait, QueryFilter, Related, Select,
};

use crate::reach::RowId;
use crate::row::model_key;
use crate::{DependentPaths, registry};

/// An entity whose rows have pages: what `#[derive(Dumped)]` implements.
///
/// See the [derive](derive@crate::Dumped) for the attributes. The trait is not
/// meant to be written by hand: the derive keeps the two hole functions in step
/// with the templates.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no declared pages",
    label = "not derived from a model with `#[derive(Dumped)]`",
    note = "add `#[derive(Dumped)]` and `#[dumper(paths = \"…\")]` to its `Model`"
)]
pub trait Dumped:
    EntityTrait<Model: DependentPaths + Sync, ActiveModel: ActiveModelBehavior + Sync> + 'static
{
    /// The templates of `paths = …`.
    const PATHS: &'static [&'static str];

    /// The templates of `within = …`: where a custom entity's pages can lie.
    const WITHIN: &'static [&'static str];

    /// Whether `dependent_paths` is written by hand.
    const CUSTOM: bool;

    /// The entities of `related = […]`, as a list of pairs: `(A, (B, ()))`.
    type Related: RelatedEntities<Self>;

    /// The declared templates of each related entity.
    #[must_use]
    fn related() -> Vec<&'static [&'static str]> {
        Self::Related::templates()
    }

    /// The text that fills the hole named after a field, or `None` where the
    /// field is an `Option` without a value.
    fn hole(model: &Self::Model, field: &str) -> Option<String>;

    /// The same of a model that is being written.
    fn active_hole(model: &Self::ActiveModel, field: &str) -> ActiveValue<Option<String>>;
}

/// The paths of a row by its entity's declared templates.
#[must_use]
pub fn declared_paths<E: Dumped>(model: &E::Model) -> Vec<String> {
    let templates = &registry::entity::<E>().templates;
    templates
        .iter()
        .filter_map(|template| template.fill(|field| E::hole(model, field)))
        .collect()
}

/// The declared paths of the rows that are related to a row of `E`.
///
/// # Errors
///
/// Returns what the query for the related rows returns.
pub fn related_paths<E, C>(
    model: &E::Model,
    db: &C,
) -> impl Future<Output = Result<Vec<String>, DbErr>> + Send
where
    E: Dumped,
    C: ConnectionTrait,
{
    let rows = E::Related::rows(model, db);
    async { rows.await.map(|rows| rows.paths) }
}

/// Rows that are related to another.
#[derive(Debug, Default)]
pub struct RelatedRows {
    pub(crate) paths: Vec<String>,
    pub(crate) ids: Vec<RowId>,
    /// Whether the database was asked for them.
    pub(crate) has_read: bool,
    /// Whether one that must be there was not found.
    pub(crate) lacks: bool,
    /// The paths that show them because of the row that they are related to: its
    /// own, and those of the rows that it belongs to.
    pub(crate) shared: Vec<String>,
}

impl RelatedRows {
    pub(crate) fn append(&mut self, mut other: Self) {
        self.paths.append(&mut other.paths);
        self.ids.append(&mut other.ids);
        self.shared.append(&mut other.shared);
        self.lacks |= other.lacks;
    }

    fn add<E, R>(&mut self, rows: &[R::Model])
    where
        E: EntityTrait + Related<R>,
        R: Dumped,
    {
        for row in rows {
            let paths = declared_paths::<R>(row);
            if belongs_to::<E, R>() {
                self.shared.extend(paths.iter().cloned());
            }
            self.paths.extend(paths);
            self.ids.push(RowId {
                entity: registry::entity::<R>().tag.clone(),
                key: model_key(row),
            });
        }
    }
}

/// A list of entities that are related to `E`.
pub trait RelatedEntities<E: EntityTrait<Model: Sync, ActiveModel: Sync>> {
    /// The declared templates of each.
    fn templates() -> Vec<&'static [&'static str]>;

    /// Whether one of them is related through the rows of a third.
    fn have_links() -> bool;

    /// Whether a row of `E` belongs to one of them.
    fn have_owners() -> bool;

    /// The rows that a row of `E` is going to belong to, by the columns that are set.
    fn owners_of<C: ConnectionTrait>(
        model: &E::ActiveModel,
        db: &C,
    ) -> impl Future<Output = Result<RelatedRows, DbErr>> + Send;

    /// The rows that are related to a row of `E`.
    fn rows<C: ConnectionTrait>(
        model: &E::Model,
        db: &C,
    ) -> impl Future<Output = Result<RelatedRows, DbErr>> + Send;
}

impl<E: EntityTrait<Model: Sync, ActiveModel: Sync>> RelatedEntities<E> for () {
    fn templates() -> Vec<&'static [&'static str]> {
        Vec::new()
    }

    fn have_links() -> bool {
        false
    }

    fn have_owners() -> bool {
        false
    }

    async fn owners_of<C: ConnectionTrait>(
        _model: &E::ActiveModel,
        _db: &C,
    ) -> Result<RelatedRows, DbErr> {
        Ok(RelatedRows::default())
    }

    async fn rows<C: ConnectionTrait>(_model: &E::Model, _db: &C) -> Result<RelatedRows, DbErr> {
        Ok(RelatedRows::default())
    }
}

impl<E, R, Rest> RelatedEntities<E> for (R, Rest)
where
    E: EntityTrait<Model: Sync, ActiveModel: Sync> + Related<R>,
    R: Dumped,
    Rest: RelatedEntities<E>,
{
    fn templates() -> Vec<&'static [&'static str]> {
        let mut templates = vec![R::PATHS];
        templates.extend(Rest::templates());
        templates
    }

    fn have_links() -> bool {
        <E as Related<R>>::via().is_some() || Rest::have_links()
    }

    fn have_owners() -> bool {
        belongs_to::<E, R>() || Rest::have_owners()
    }

    async fn owners_of<C: ConnectionTrait>(
        model: &E::ActiveModel,
        db: &C,
    ) -> Result<RelatedRows, DbErr> {
        let query = query_owners::<E, R>(model);
        let is_set = query.is_some();
        let owners = match query {
            Some(query) => query.all(db).await?,
            None => Vec::new(),
        };
        let mut related = Rest::owners_of(model, db).await?;
        related.lacks |= is_set && owners.is_empty();
        related.add::<E, R>(&owners);
        Ok(related)
    }

    async fn rows<C: ConnectionTrait>(model: &E::Model, db: &C) -> Result<RelatedRows, DbErr> {
        let rows = model.find_related(R::default()).all(db).await?;
        let mut related = Rest::rows(model, db).await?;
        related.add::<E, R>(&rows);
        Ok(related)
    }
}

/// Whether a row of `E` has a column with the key of the row of `R` that is related
/// to it.
fn belongs_to<E: Related<R>, R: EntityTrait>() -> bool {
    E::via().is_none() && !E::to().is_owner
}

/// A query for the row of `R` that the model is set to belong to, if it is set.
fn query_owners<E, R>(model: &E::ActiveModel) -> Option<Select<R>>
where
    E: EntityTrait + Related<R>,
    R: EntityTrait,
{
    if !belongs_to::<E, R>() {
        return None;
    }
    let relation = E::to();
    let mut query = R::find();
    let mut is_set = false;
    for (from, to) in relation.from_col.iter().zip(relation.to_col.iter()) {
        let from = E::Column::from_str(&from.inner()).ok()?;
        let to = R::Column::from_str(&to.inner()).ok()?;
        let value = model.get(from);
        is_set |= value.is_set();
        let value = value.into_value()?;
        if value == value.as_null() {
            return None;
        }
        query = query.filter(to.eq(value));
    }
    is_set.then_some(query)
}

/// The value of a hole, on its way into a path.
///
/// An `Option` has a method of its own, which the compiler prefers to the one
/// of [`Text`]; so a hole may hold any `Display` or an `Option` of one.
#[derive(Debug)]
pub struct Hole<'a, T>(pub &'a T);

impl<T: fmt::Display> Hole<'_, Option<T>> {
    /// The value's text, or `None` if there is no value.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        self.0.as_ref().map(ToString::to_string)
    }
}

/// The value of a hole that always has one.
pub trait Text {
    /// The value's text.
    fn text(&self) -> Option<String>;
}

impl<T: fmt::Display> Text for Hole<'_, T> {
    fn text(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}
