//! Two entities that differ in their hooks alone.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "entities as a user would write them"
)]

use sea_orm::{
    ActiveModelTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, ModelTrait, Set,
};

/// Tells dumper of its writes.
pub(crate) mod dumped {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "dumped")]
    #[dumper(paths = ["/flavors/", "/flavors/{slug}/"])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(unique)]
        pub slug: String,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

/// Has no hooks.
pub(crate) mod plain {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "plain")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(unique)]
        pub slug: String,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A row of either, and the writes of its life.
pub(crate) trait Flavor: Sized {
    type Entity: EntityTrait;

    async fn insert(slug: String, db: &DatabaseConnection) -> Result<Self, DbErr>;

    /// Sets a column that is in no path.
    async fn describe(self, name: String, db: &DatabaseConnection) -> Result<Self, DbErr>;

    /// Sets the column of its path.
    async fn rename(self, slug: String, db: &DatabaseConnection) -> Result<Self, DbErr>;

    async fn delete(self, db: &DatabaseConnection) -> Result<(), DbErr>;
}

macro_rules! flavor {
    ($module:ident) => {
        impl Flavor for $module::Model {
            type Entity = $module::Entity;

            async fn insert(slug: String, db: &DatabaseConnection) -> Result<Self, DbErr> {
                let flavor = $module::ActiveModel {
                    name: Set(slug.to_uppercase()),
                    slug: Set(slug),
                    ..Default::default()
                };
                flavor.insert(db).await
            }

            async fn describe(self, name: String, db: &DatabaseConnection) -> Result<Self, DbErr> {
                let mut flavor = self.into_active_model();
                flavor.name = Set(name);
                flavor.update(db).await
            }

            async fn rename(self, slug: String, db: &DatabaseConnection) -> Result<Self, DbErr> {
                let mut flavor = self.into_active_model();
                flavor.slug = Set(slug);
                flavor.update(db).await
            }

            async fn delete(self, db: &DatabaseConnection) -> Result<(), DbErr> {
                ModelTrait::delete(self, db).await.map(drop)
            }
        }
    };
}

flavor!(dumped);
flavor!(plain);
