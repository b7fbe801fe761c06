//! Paths written by hand.

use dumper::{DependentPaths, Dumped};
use sea_orm::{IntoActiveModel, Set, entity::prelude::*};

use crate::alone::on_each_database;
use crate::site::database::{connect, create_table};

mod size {
    use dumper::{DependentPaths, Dumped};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "size")]
    #[dumper(custom, paths = "/sizes/{id}/", within = ["/flavors/{slug}/", "/sizes/{id}/{page}"])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub flavor: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl DependentPaths for Model {
        async fn dependent_paths<C: ConnectionTrait>(&self, db: &C) -> Result<Vec<String>, DbErr> {
            let mut paths = self.paths();
            for size in Entity::find().all(db).await? {
                paths.push(format!("/flavors/{}/", size.flavor));
            }
            Ok(paths)
        }
    }
}

mod shop {
    use dumper::{DependentPaths, Dumped};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "shop")]
    #[dumper(custom)]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl DependentPaths for Model {
        async fn dependent_paths<C: ConnectionTrait>(&self, _db: &C) -> Result<Vec<String>, DbErr> {
            Ok(vec!["/".to_owned()])
        }
    }
}

#[test]
fn the_attributes_become_constants() {
    const { assert!(size::Entity::CUSTOM && shop::Entity::CUSTOM) };
    assert_eq!(size::Entity::PATHS, ["/sizes/{id}/"]);
    assert_eq!(
        size::Entity::WITHIN,
        ["/flavors/{slug}/", "/sizes/{id}/{page}"]
    );
    assert!(shop::Entity::PATHS.is_empty() && shop::Entity::WITHIN.is_empty());
}

#[test]
fn the_paths_are_those_written_by_hand() {
    on_each_database(async || {
        let db = connect().await;
        create_table(&db, size::Entity).await;
        create_table(&db, shop::Entity).await;

        let size = size::ActiveModel {
            flavor: Set("vanilla".to_owned()),
            ..Default::default()
        };
        let size = size.insert(&db).await.unwrap();
        let paths = size.dependent_paths(&db).await.unwrap();
        assert_eq!(paths, ["/sizes/1/", "/flavors/vanilla/"]);

        let shop = shop::Model { id: 1 }
            .into_active_model()
            .insert(&db)
            .await
            .unwrap();
        assert_eq!(shop.dependent_paths(&db).await.unwrap(), ["/"]);
    });
}
