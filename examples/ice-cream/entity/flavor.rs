//! The flavors.

use dumper::Dumped;
use sea_orm::{QueryTrait, entity::prelude::*};

/// A flavor.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
#[sea_orm(table_name = "flavor")]
#[dumper(
    paths = ["/", "/flavors/", "/flavors/{slug}/", "/pictures/{slug}.svg"],
    related = [super::size::Entity],
)]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(unique, column_type = "String(StringLen::N(64))")]
    pub slug: String,
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// An SVG document.
    #[sea_orm(column_type = "Text")]
    pub picture: String,
    #[sea_orm(has_many, via = "flavor_size")]
    pub sizes: HasMany<super::size::Entity>,
}

impl Model {
    /// Finds the flavor with a slug.
    pub(crate) async fn by_slug<C>(slug: &str, db: &C) -> Result<Option<Self>, DbErr>
    where
        C: ConnectionTrait,
    {
        let found = Entity::find().filter(Column::Slug.eq(slug)).one(db).await?;
        // MariaDB compares without regard to case and accents, but a flavor has one
        // address only.
        Ok(found.filter(|flavor| flavor.slug == slug))
    }

    /// Tells whether a slug is taken, other than by the flavor that may keep it.
    pub(crate) async fn is_taken<C>(slug: &str, keeper: Option<i32>, db: &C) -> Result<bool, DbErr>
    where
        C: ConnectionTrait,
    {
        let others = Entity::find()
            .filter(Column::Slug.eq(slug))
            .apply_if(keeper, |query, id| query.filter(Column::Id.ne(id)));
        Ok(others.count(db).await? > 0)
    }
}
