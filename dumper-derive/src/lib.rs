//! Implementation detail of the `dumper` crate, which re-exports both macros and
//! runs what they generate.

mod attr;
mod behavior;
mod expand;
mod fallback;
mod hooks;
mod model;
mod template;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Drops the pages of a row whenever SeaORM writes it.
///
/// Stands on the `Model` of an entity, in any format that SeaORM has for one:
/// `#[sea_orm::model]`, `#[sea_orm::compact_model]`, and the compact and the
/// expanded format of SeaORM 1. `#[dumper(…)]` says which pages show a row:
///
/// ```ignore
/// use dumper::Dumped;
/// use sea_orm::entity::prelude::*;
///
/// #[sea_orm::model]
/// #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
/// #[sea_orm(table_name = "flavor")]
/// #[dumper(paths = ["/flavors/", "/flavors/{slug}/"])]
/// pub struct Model {
///     #[sea_orm(primary_key)]
///     pub id: i32,
///     #[sea_orm(unique)]
///     pub slug: String,
///     #[sea_orm(has_many)]
///     pub sizes: HasMany<super::size::Entity>,
/// }
/// ```
///
/// Inserting the flavor `vanilla` drops `/flavors/` and `/flavors/vanilla/`.
/// Renaming it to `vanille` drops `/flavors/vanille/` as well, and so does
/// deleting it: the row is read before the write, and again as it is afterwards.
///
/// The hooks that see a write are SeaORM's own, so it must go through
/// `insert`, `update`, `save` or `delete` of a model. `Entity::insert_many`,
/// `update_many` and raw SQL run no hooks: let `dumper::observe` see them, or
/// invalidate by hand after them.
///
/// # Attributes
///
/// One `#[dumper(…)]` stands on the struct, with one or more of these keys:
///
/// | key | meaning |
/// |---|---|
/// | `paths = "…"` or `["…", …]` | the templates of the pages that show a row |
/// | `related = path::Entity` or `[path::Entity, …]` | the pages of the related rows show it too: their own `paths` are added. Each entity is `Dumped`, and `Related` to this one; the related rows are queried at each write |
/// | `custom` | [`DependentPaths`](trait.DependentPaths.html) is written by hand, and can use what `paths` gives: `self.paths()`. Not with `related` |
/// | `within = "…"` or `["…", …]` | with `custom`: templates of all the pages that it can name. They are dropped when its paths cannot be computed; without `within`, that drops every page |
/// | `behavior = "custom"` | `ActiveModelBehavior` is written by hand: see [`#[dumper::behavior]`](attr.behavior.html) |
///
/// At least one of `paths`, `related` and `custom` is required.
///
/// # Templates
///
/// A template is a path, from its first slash to its end, without a query: all
/// pages of a path drop together, whatever their query.
///
/// | in a template | stands for |
/// |---|---|
/// | `{field}` | the value of a column, percent-encoded as one segment: a slash in it becomes `%2F` |
/// | `{field:raw}` | the same, but slashes stay, for a column that holds a path |
/// | `{{` and `}}` | a brace |
///
/// A field must be a column: neither a relation nor `#[sea_orm(ignore)]`. Its
/// type is any that implements `Display`, or an `Option` of one; without a value
/// the row has no page by that template. `r#type` is written `{type}`. In
/// `within`, a hole may have any name and matches any value.
///
/// # What it generates
///
/// - `Model::paths(&self) -> Vec<String>`, the row's paths by its own templates,
///   as visible as the struct;
/// - [`DependentPaths`](trait.DependentPaths.html) for `Model`, unless `custom`;
/// - `ActiveModelBehavior` for `ActiveModel`, unless `behavior = "custom"`.
///   Remove the empty `impl ActiveModelBehavior for ActiveModel {}` that older
///   entities have, or the compiler reports conflicting implementations (E0119);
/// - [`Dumped`](trait.Dumped.html) for `Entity`.
///
/// # Paths by hand
///
/// ```ignore
/// #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
/// #[sea_orm(table_name = "size")]
/// #[dumper(custom, paths = "/sizes/{id}/", within = ["/sizes/{id}/", "/flavors/{slug}/"])]
/// pub struct Model {
///     #[sea_orm(primary_key)]
///     pub id: i32,
///     pub flavor_id: i32,
/// }
///
/// impl DependentPaths for Model {
///     async fn dependent_paths<C: ConnectionTrait>(&self, db: &C) -> Result<Vec<String>, DbErr> {
///         let mut paths = self.paths();
///         if let Some(flavor) = flavor::Entity::find_by_id(self.flavor_id).one(db).await? {
///             paths.extend(flavor.paths());
///         }
///         Ok(paths)
///     }
/// }
/// ```
///
/// # Generated entities
///
/// `sea-orm-cli` 2 writes entities that need no change:
///
/// ```text
/// sea-orm-cli generate entity --entity-format dense \
///     --impl-active-model-behavior=false \
///     --model-extra-derives dumper::Dumped \
///     --model-extra-attributes 'dumper(paths = "/ice-cream/{id}")'
/// ```
///
/// It gives every table the same attribute; edit them, and later runs with
/// `--experimental-preserve-user-modifications` keep what you wrote. They keep
/// only the last of several `#[dumper(…)]`, which is why a struct has one.
///
/// # Errors
///
/// Every mistake in the attribute is a compile error of its own, at its place: a
/// hole that names no column, a malformed template, an unknown or repeated key.
#[proc_macro_derive(Dumped, attributes(dumper))]
pub fn dumped(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::derive(&input).into()
}

/// Weaves the hooks of [`Dumped`](derive.Dumped.html) into an `ActiveModelBehavior` of
/// one's own.
///
/// The model says `behavior = "custom"`, and the attribute stands on the impl,
/// above `#[async_trait]`, which it adds where it is missing:
///
/// ```ignore
/// #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
/// #[sea_orm(table_name = "flavor")]
/// #[dumper(paths = "/flavors/{slug}/", behavior = "custom")]
/// pub struct Model {
///     #[sea_orm(primary_key)]
///     pub id: i32,
///     pub slug: String,
/// }
///
/// #[dumper::behavior]
/// #[async_trait::async_trait]
/// impl ActiveModelBehavior for ActiveModel {
///     async fn before_save<C>(mut self, _db: &C, _insert: bool) -> Result<Self, DbErr>
///     where
///         C: ConnectionTrait,
///     {
///         if let Set(slug) = &mut self.slug {
///             *slug = slug.to_lowercase();
///         }
///         Ok(self)
///     }
/// }
/// ```
///
/// Your hook runs first, so that ours sees what is written: here, the slug in
/// lower case. A `before_save` or `before_delete` of yours that returns an error
/// prevents the write, and ours is not called. After `after_save` and
/// `after_delete` ours is called even if yours returns an error, and with the row
/// as it was written, whatever yours makes of it for the caller.
/// Hooks that you have not written are generated; everything else in the impl
/// stays as it is.
///
/// An impl *without* this attribute on a model with `behavior = "custom"` has to
/// call the functions of `dumper::hooks` itself. If it does not, no write drops
/// a page, and nothing tells you.
///
/// # Errors
///
/// It is a compile error if the attribute stands elsewhere, below
/// `#[async_trait]`, or if a hook is behind `#[cfg(…)]`, which would leave out
/// ours with yours.
#[proc_macro_attribute]
pub fn behavior(args: TokenStream, item: TokenStream) -> TokenStream {
    behavior::expand(&args.into(), &item.into()).into()
}
