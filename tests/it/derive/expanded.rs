//! The expanded format of SeaORM 1: every derive by itself.

use dumper::Dumped;
use sea_orm::{Set, entity::prelude::*};

use crate::alone::on_each_database;
use crate::site::database::{connect, create_table};

mod flavor {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Copy, Debug, Default, DeriveEntity)]
    pub struct Entity;

    impl EntityName for Entity {
        fn table_name(&self) -> &'static str {
            "flavor"
        }
    }

    #[derive(Clone, Debug, PartialEq, Eq, DeriveModel, DeriveActiveModel, Dumped)]
    #[dumper(paths = "/flavors/{slug}/")]
    pub struct Model {
        pub id: i32,
        pub slug: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveColumn)]
    pub enum Column {
        Id,
        Slug,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DerivePrimaryKey)]
    pub enum PrimaryKey {
        Id,
    }

    impl PrimaryKeyTrait for PrimaryKey {
        type ValueType = i32;

        fn auto_increment() -> bool {
            true
        }
    }

    #[derive(Clone, Copy, Debug, EnumIter)]
    pub enum Relation {}

    impl ColumnTrait for Column {
        type EntityName = Entity;

        fn def(&self) -> ColumnDef {
            match self {
                Self::Id => ColumnType::Integer.def(),
                Self::Slug => ColumnType::String(StringLen::None).def(),
            }
        }
    }

    impl RelationTrait for Relation {
        fn def(&self) -> RelationDef {
            match *self {}
        }
    }
}

#[test]
fn a_row_is_written_and_has_its_paths() {
    on_each_database(async || {
        let db = connect().await;
        create_table(&db, flavor::Entity).await;

        let flavor = flavor::ActiveModel {
            slug: Set("vanilla".to_owned()),
            ..Default::default()
        };
        let flavor = flavor.insert(&db).await.unwrap();
        assert_eq!(flavor::Entity::PATHS, ["/flavors/{slug}/"]);
        assert_eq!(flavor.paths(), ["/flavors/vanilla/"]);
    });
}
