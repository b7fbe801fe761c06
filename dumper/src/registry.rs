//! What the process knows of each entity.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::{Arc, LazyLock};

use dashmap::DashMap;
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use log::{debug, error};
#[cfg(feature = "observe")]
use sea_orm::sea_query::Value;
use sea_orm::{DatabaseExecutor, DbErr, EntityTrait, IntoDatabaseExecutor, ModelTrait};

use crate::dependents::reaches;
use crate::dumped::RelatedEntities;
use crate::guarded::guarded;
use crate::ledger::{Dependents, Moved, Since, Written};
#[cfg(feature = "observe")]
use crate::observe::{self, Table};
use crate::process::{self, Cause};
use crate::reach::{EntityTag, Reach, RowId};
use crate::row::model_key;
use crate::template::Patterns;
use crate::{DependentPaths, Dumped, Template, scope};

static ENTITIES: LazyLock<DashMap<TypeId, Arc<Entity>>> = LazyLock::new(DashMap::new);

/// Tells which paths depend on the row of an entity.
type Invalidator = dyn for<'a> Fn(
        &'a (dyn Any + Sync),
        DatabaseExecutor<'a>,
    ) -> BoxFuture<'a, Result<Vec<String>, DbErr>>
    + Send
    + Sync;

/// An entity that is registered, or derived and in use.
pub(crate) struct Entity {
    pub(crate) tag: EntityTag,
    pub(crate) templates: Vec<Template>,
    /// Whether hooks tell of its writes, and nothing but its templates of its paths.
    is_derived: bool,
    /// Whether only the database knows all paths of a row.
    pub(crate) asks_database: bool,
    /// Whether its rows may be linked to others by rows that SeaORM deletes
    /// without a hook.
    pub(crate) has_links: bool,
    invalidator: Box<Invalidator>,
    #[cfg(feature = "observe")]
    pub(crate) table: Table,
    /// Tells the paths of a row by its key, if all of them may be made of that.
    #[cfg(feature = "observe")]
    pub(crate) paths_of_key: Option<PathsOfKey>,
}

#[cfg(feature = "observe")]
type PathsOfKey = fn(&Entity, &[Value]) -> Option<Vec<String>>;

impl Entity {
    pub(crate) fn row(&self, key: Arc<str>) -> RowId {
        RowId {
            entity: self.tag.clone(),
            key,
        }
    }
}

/// An entity that dumper knows; see [`registered`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Registration {
    /// The name of its table, with the schema if it has one.
    pub entity: String,
    /// The declared templates; none if its paths are given by a function.
    pub templates: Vec<String>,
}

/// Registers an entity that one does not own, with the paths that depend on a
/// row of it.
///
/// An entity from elsewhere has no hooks of ours, so its writes are told to
/// dumper by [`invalidate_model`]. Registering an entity again replaces the
/// function. For a derived entity it is an error, which is logged: its hooks go by
/// its own paths.
///
/// # Examples
///
/// ```
/// mod cake {
///     # use sea_orm::entity::prelude::*;
///     # #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
///     # #[sea_orm(table_name = "cake")]
///     # pub struct Model {
///     #     #[sea_orm(primary_key)]
///     #     pub id: i32,
///     # }
///     # #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
///     # pub enum Relation {}
///     # impl ActiveModelBehavior for ActiveModel {}
///     // … an entity of another crate
/// }
///
/// dumper::register::<cake::Entity>(|model| vec![format!("/cakes/{}/", model.id)]);
/// assert_eq!(dumper::registered()[0].entity, "cake");
/// ```
pub fn register<E>(paths: impl Fn(&E::Model) -> Vec<String> + Send + Sync + 'static)
where
    E: EntityTrait<Model: Sync> + 'static,
{
    add_by_function::<E>(move |model, _| ready(Ok(paths(model))).boxed());
}

/// Registers an entity that one does not own, with a function that asks the
/// database for the paths that depend on a row of it.
///
/// Otherwise like [`register`].
///
/// # Examples
///
/// ```
/// # mod cake {
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
/// #     #[sea_orm(table_name = "cake")]
/// #     pub struct Model {
/// #         #[sea_orm(primary_key)]
/// #         pub id: i32,
/// #     }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// #     impl ActiveModelBehavior for ActiveModel {}
/// # }
/// use sea_orm::{EntityTrait, PaginatorTrait};
///
/// dumper::register_async::<cake::Entity>(|model, db| {
///     Box::pin(async move {
///         let pages = cake::Entity::find().paginate(&db, 20).num_pages().await?;
///         let lists = (1..=pages).map(|page| format!("/cakes/page/{page}/"));
///         Ok(lists.chain([format!("/cakes/{}/", model.id)]).collect())
///     })
/// });
/// ```
pub fn register_async<E>(
    paths: impl for<'a> Fn(
        &'a E::Model,
        DatabaseExecutor<'a>,
    ) -> BoxFuture<'a, Result<Vec<String>, DbErr>>
    + Send
    + Sync
    + 'static,
) where
    E: EntityTrait<Model: Sync> + 'static,
{
    add_by_function::<E>(paths);
}

/// Registers a derived entity before its first write, which would do it.
///
/// With all of them registered at the start, [`registered`] shows the whole
/// site, [`invalidate_model`] knows every model, and `observe` every table.
pub fn register_derived<E: Dumped>() {
    entity::<E>();
}

/// All entities that dumper knows, by name.
///
/// A derived entity is known from its first write on, or from
/// [`register_derived`].
#[must_use]
pub fn registered() -> Vec<Registration> {
    let entities = ENTITIES.iter();
    let mut registrations: Vec<Registration> = entities
        .map(|entity| Registration {
            entity: entity.tag.name().to_owned(),
            templates: entity.templates.iter().map(ToString::to_string).collect(),
        })
        .collect();
    registrations.sort_by(|one, other| one.entity.cmp(&other.entity));
    registrations
}

/// Drops the pages that depend on a row, as a save of it would.
///
/// It is for writes that run no hooks: raw SQL, `update_many`, an entity from
/// elsewhere. Call it after the write; if that moved the row to other pages, for
/// the model as it was and for the model as it is. Inside a transaction the pages
/// are dropped when the scope around ends, and not stored until then.
///
/// It never fails: an error is logged, and all pages of the entity are dropped.
/// All pages of the site are, if the entity is not
/// [registered](register).
///
/// # Examples
///
/// ```no_run
/// # mod cake {
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
/// #     #[sea_orm(table_name = "cake")]
/// #     pub struct Model {
/// #         #[sea_orm(primary_key)]
/// #         pub id: i32,
/// #     }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// #     impl ActiveModelBehavior for ActiveModel {}
/// # }
/// # async fn update(cake: cake::Model, db: sea_orm::DatabaseConnection) {
/// dumper::invalidate_model(&cake, &db).await;
/// # }
/// ```
pub async fn invalidate_model<'c, M, D>(model: &M, db: D)
where
    M: ModelTrait<Entity: 'static> + Sync + 'static,
    D: IntoDatabaseExecutor<'c>,
{
    let key = model_key(model);
    let name = entity_name::<M::Entity>();
    let cause = Cause::Row {
        entity: &name,
        key: &key,
        write: "invalidated by hand",
    };
    let Some(entity) = ENTITIES
        .get(&TypeId::of::<M::Entity>())
        .map(|entity| Arc::clone(&entity))
    else {
        error!(target: "dumper::invalidation", "{name} is not registered, so all pages are dropped");
        process::global()
            .invalidate(vec![Reach::All], cause)
            .done()
            .await;
        return;
    };
    let db = db.into_database_executor();
    let committed = matches!(db, DatabaseExecutor::Connection(_));
    scope::moves(Since::Reading(process::global().tick()));
    let paths = guarded(async { (entity.invalidator)(model, db).await }).await;
    let row = entity.row(Arc::clone(&key));
    let reaches = reaches(&row, paths);
    let owner = scope::owner();
    let process = process::global();
    let (_, raised) = process.raise(owner, &row.entity, Some(&key), reaches, cause);
    drop(raised);
    let written = Written {
        row,
        inserted: false,
        committed,
    };
    let since = Since::Reading(process.tick());
    let settled = process.settle(owner, &written, Dependents::default(), since, cause);
    match settled {
        Ok(deliveries) if committed => deliveries.done().await,
        Ok(deliveries) => drop(deliveries),
        Err(Moved) => debug_assert!(false, "no row was read"),
    }
}

/// What is known of a derived entity.
pub(crate) fn entity<E: Dumped>() -> Arc<Entity> {
    let known = ENTITIES.get(&TypeId::of::<E>());
    if let Some(entity) = known.filter(|entity| entity.is_derived) {
        return Arc::clone(&entity);
    }
    let templates = templates(E::PATHS);
    let is_bounded = !E::CUSTOM || !E::WITHIN.is_empty();
    let patterns = is_bounded.then(|| {
        let elsewhere = E::related().into_iter().chain([E::WITHIN]);
        let elsewhere: Vec<Template> = elsewhere.flat_map(self::templates).collect();
        Patterns::of(templates.iter().chain(&elsewhere))
    });
    let entity = Arc::new(Entity {
        tag: EntityTag::new(TypeId::of::<E>(), entity_name::<E>(), patterns),
        is_derived: true,
        asks_database: E::CUSTOM || !E::related().is_empty(),
        has_links: E::CUSTOM || E::Related::have_links(),
        templates,
        invalidator: Box::new(|model, db| match model_of::<E>(model) {
            Some(model) => async move { model.dependent_paths(&db).await }.boxed(),
            None => ready(Ok(Vec::new())).boxed(),
        }),
        #[cfg(feature = "observe")]
        table: Table::of::<E>(),
        #[cfg(feature = "observe")]
        paths_of_key: (!E::CUSTOM && E::related().is_empty()).then_some(observe::paths_of_key::<E>),
    });
    add(TypeId::of::<E>(), &entity);
    entity
}

/// All that are known.
#[cfg(feature = "observe")]
pub(crate) fn all() -> Vec<Arc<Entity>> {
    ENTITIES.iter().map(|entity| Arc::clone(&entity)).collect()
}

fn add_by_function<E>(
    paths: impl for<'a> Fn(
        &'a E::Model,
        DatabaseExecutor<'a>,
    ) -> BoxFuture<'a, Result<Vec<String>, DbErr>>
    + Send
    + Sync
    + 'static,
) where
    E: EntityTrait<Model: Sync> + 'static,
{
    let entity = Arc::new(Entity {
        tag: EntityTag::new(TypeId::of::<E>(), entity_name::<E>(), None),
        is_derived: false,
        templates: Vec::new(),
        asks_database: true,
        has_links: true,
        invalidator: Box::new(move |model, db| match model_of::<E>(model) {
            Some(model) => paths(model, db),
            None => ready(Ok(Vec::new())).boxed(),
        }),
        #[cfg(feature = "observe")]
        table: Table::of::<E>(),
        #[cfg(feature = "observe")]
        paths_of_key: None,
    });
    add(TypeId::of::<E>(), &entity);
}

/// Adds an entity; a derived one stays, since its hooks need its templates.
fn add(id: TypeId, entity: &Arc<Entity>) {
    let mut known = ENTITIES.entry(id).or_insert_with(|| Arc::clone(entity));
    let is_new = Arc::ptr_eq(&known, entity);
    let is_refused = known.is_derived && !entity.is_derived;
    if !is_refused {
        *known = Arc::clone(entity);
    }
    drop(known);
    if is_refused {
        error!(
            target: "dumper::registry",
            "{} is derived, so the function registered for it is not used", entity.tag.name()
        );
    } else if is_new {
        debug!(target: "dumper::registry", "registered {entity:?}");
    }
}

fn model_of<E: EntityTrait>(model: &(dyn Any + Sync)) -> Option<&E::Model>
where
    E::Model: 'static,
{
    let model: &dyn Any = model;
    model.downcast_ref()
}

fn templates(texts: &[&str]) -> Vec<Template> {
    // The derive has checked them.
    texts
        .iter()
        .filter_map(|text| Template::new(text).ok())
        .collect()
}

fn entity_name<E: EntityTrait>() -> String {
    let entity = E::default();
    match entity.schema_name() {
        Some(schema) => format!("{schema}.{}", entity.table_name()),
        None => entity.table_name().to_owned(),
    }
}

impl fmt::Debug for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.tag.name())?;
        if !self.templates.is_empty() {
            let templates: Vec<&str> = self.templates.iter().map(Template::as_str).collect();
            write!(f, " at {}", templates.join(", "))?;
        }
        Ok(())
    }
}
