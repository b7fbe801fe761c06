//! The trait by which a model names the pages that show it.

use std::future::Future;

use sea_orm::{ConnectionTrait, DbErr, ModelTrait};

/// Names the paths of the pages that depend on a row.
///
/// `#[derive(Dumped)]` writes it from the declared templates. With
/// `#[dumper(custom)]` you write it by hand, for pages that only related rows
/// can tell.
///
/// The paths are asked for twice: for the row as it was before a write, while
/// its relations still stand, and for the row as it is afterwards. Each is a
/// path of this site: it begins with a slash and is percent-encoded as in a
/// URL; [`Template`](crate::Template) encodes for you. A query or a fragment is
/// cut off, and of a full URL only the path is taken.
///
/// # Errors
///
/// An error (or a panic, or a path that is none) does not fail the save. It is
/// logged at `error`, and every page that the entity may have is dropped
/// instead: those its templates, its related entities' templates and `within`
/// match, or all pages if a custom entity names no `within`. Only an error by
/// which `MariaDB` or `MySQL` has ended the transaction is returned from the save.
///
/// # Examples
///
/// ```
/// use dumper::{DependentPaths, Dumped};
/// use sea_orm::entity::prelude::*;
///
/// #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
/// #[sea_orm(table_name = "post")]
/// #[dumper(custom, within = ["/posts/{id}/", "/authors/{id}/"])]
/// pub struct Model {
///     #[sea_orm(primary_key)]
///     pub id: i32,
///     pub author_id: i32,
/// }
///
/// #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// pub enum Relation {}
///
/// impl DependentPaths for Model {
///     async fn dependent_paths<C: ConnectionTrait>(&self, _db: &C) -> Result<Vec<String>, DbErr> {
///         Ok(vec![format!("/posts/{}/", self.id), format!("/authors/{}/", self.author_id)])
///     }
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which paths depend on it",
    label = "not a `DependentPaths`",
    note = "derive it with `#[derive(Dumped)]` and `#[dumper(paths = \"…\")]`, or implement it by hand with `#[dumper(custom)]`"
)]
pub trait DependentPaths: ModelTrait {
    /// Returns the paths of the pages that show this row.
    fn dependent_paths<C: ConnectionTrait>(
        &self,
        db: &C,
    ) -> impl Future<Output = Result<Vec<String>, DbErr>> + Send;
}
