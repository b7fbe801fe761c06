//! What `#[derive(Dumped)]` tells of an entity.

use std::fmt;

use sea_orm::{
    ActiveModelBehavior, ActiveValue, ConnectionTrait, DbErr, EntityTrait, ModelTrait, Related,
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
    /// The paths of the row that they are related to.
    pub(crate) own: Vec<String>,
}

/// A list of entities that are related to `E`.
pub trait RelatedEntities<E: EntityTrait<Model: Sync>> {
    /// The declared templates of each.
    fn templates() -> Vec<&'static [&'static str]>;

    /// Whether one of them is related through the rows of a third.
    fn have_links() -> bool;

    /// The rows that are related to a row of `E`.
    fn rows<C: ConnectionTrait>(
        model: &E::Model,
        db: &C,
    ) -> impl Future<Output = Result<RelatedRows, DbErr>> + Send;
}

impl<E: EntityTrait<Model: Sync>> RelatedEntities<E> for () {
    fn templates() -> Vec<&'static [&'static str]> {
        Vec::new()
    }

    fn have_links() -> bool {
        false
    }

    async fn rows<C: ConnectionTrait>(_model: &E::Model, _db: &C) -> Result<RelatedRows, DbErr> {
        Ok(RelatedRows::default())
    }
}

impl<E, R, Rest> RelatedEntities<E> for (R, Rest)
where
    E: EntityTrait<Model: Sync> + Related<R>,
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

    async fn rows<C: ConnectionTrait>(model: &E::Model, db: &C) -> Result<RelatedRows, DbErr> {
        let rows = model.find_related(R::default()).all(db).await?;
        let mut related = Rest::rows(model, db).await?;
        for row in &rows {
            related.paths.extend(declared_paths::<R>(row));
            related.ids.push(RowId {
                entity: registry::entity::<R>().tag.clone(),
                key: model_key(row),
            });
        }
        Ok(related)
    }
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
