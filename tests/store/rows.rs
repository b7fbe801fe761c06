//! Rows with pages, in a database of the test.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "entities as a user would write them"
)]

use dumper_tests::alone::database_url;
use sea_orm::{
    ActiveModelTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr,
    EntityTrait, IntoActiveModel, Schema, Set,
};

/// Has a page that shows nothing else.
pub(crate) mod size {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "size")]
    #[dumper(paths = "/sizes/{slug}/")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub slug: String,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

/// Has a page with its flavors.
pub(crate) mod vendor {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "vendor")]
    #[dumper(paths = "/vendors/{slug}/")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub slug: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::flavor::Entity")]
        Flavor,
    }

    impl Related<super::flavor::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Flavor.def()
        }
    }
}

/// Is shown by the page of its vendor.
pub(crate) mod flavor {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "flavor")]
    #[dumper(paths = "/flavors/{slug}/", related = [super::vendor::Entity])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub slug: String,
        pub vendor_id: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::vendor::Entity",
            from = "Column::VendorId",
            to = "super::vendor::Column::Id"
        )]
        Vendor,
    }

    impl Related<super::vendor::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Vendor.def()
        }
    }
}

/// Fills the database of the test: sizes `small` (1) and `large` (2), vendors
/// `north` (1) and `south` (2).
pub(crate) async fn create() -> DatabaseConnection {
    let mut options = ConnectOptions::new(database_url());
    options.max_connections(4).sqlx_logging(false);
    let db = Database::connect(options).await.unwrap();
    let schema = Schema::new(db.get_database_backend());
    for table in [
        schema.create_table_from_entity(size::Entity),
        schema.create_table_from_entity(vendor::Entity),
        schema.create_table_from_entity(flavor::Entity),
    ] {
        db.execute(&table).await.unwrap();
    }
    for (id, slug) in [(1, "small"), (2, "large")] {
        let size = size::Model {
            id,
            slug: slug.to_owned(),
            name: "new".to_owned(),
        };
        let size = size.into_active_model();
        size::Entity::insert(size).exec(&db).await.unwrap();
    }
    for (id, slug) in [(1, "north"), (2, "south")] {
        let slug = slug.to_owned();
        let vendor = vendor::Model { id, slug }.into_active_model();
        vendor::Entity::insert(vendor).exec(&db).await.unwrap();
    }
    db
}

/// The size `small`, to be given another name.
pub(crate) fn named(name: &str) -> size::ActiveModel {
    let size = size::Model {
        id: 1,
        slug: "small".to_owned(),
        name: String::new(),
    };
    let mut size = size.into_active_model();
    size.name = Set(name.to_owned());
    size
}

/// Gives the size `small` another name.
pub(crate) async fn name<C: ConnectionTrait>(db: &C, name: &str) -> Result<(), DbErr> {
    named(name).update(db).await.map(drop)
}

/// The name of the size `small`.
pub(crate) async fn name_of(db: &DatabaseConnection) -> Option<String> {
    let size = size::Entity::find_by_id(1).one(db).await.unwrap();
    size.map(|size| size.name)
}

/// The size `small` as it is after a rename to another path, or before.
pub(crate) fn row(slug: &str) -> size::Model {
    size::Model {
        id: 1,
        slug: slug.to_owned(),
        name: "new".to_owned(),
    }
}
