//! The format between the two: `#[sea_orm::compact_model]`.

use dumper::Dumped;
use sea_orm::{Set, entity::prelude::*};

use crate::alone::on_each_database;
use crate::site::database::{connect, create_table};

mod flavor {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[sea_orm::compact_model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "flavor")]
    #[dumper(paths = "/flavors/{slug}/")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub slug: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
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
