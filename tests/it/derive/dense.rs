//! The dense format of SeaORM 2, which copies the derive to a `ModelEx`.

use dumper::{DependentPaths, Dumped};
use sea_orm::{Set, entity::prelude::*};

use crate::alone::on_each_database;
use crate::site::database::{connect, create_table};

mod flavor {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "flavor")]
    #[dumper(paths = ["/flavors/", "/flavors/{slug}/"])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(unique)]
        pub slug: String,
        #[sea_orm(has_many)]
        pub sizes: HasMany<super::size::Entity>,
    }
}

mod size {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "size")]
    #[dumper(paths = "/sizes/{id}/", related = [super::flavor::Entity])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub flavor_id: i32,
        #[sea_orm(belongs_to, from = "flavor_id", to = "id")]
        pub flavor: HasOne<super::flavor::Entity>,
    }
}

mod topping {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(
        table_name = "topping",
        model_attrs(derive(dumper::Dumped), dumper(paths = "/toppings/{id}/"))
    )]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
    }
}

#[test]
fn the_attributes_become_constants() {
    assert_eq!(flavor::Entity::PATHS, ["/flavors/", "/flavors/{slug}/"]);
    assert_eq!(size::Entity::related(), [flavor::Entity::PATHS]);
}

#[test]
fn the_attributes_can_stand_on_the_model_alone() {
    assert_eq!(topping::Model { id: 7 }.paths(), ["/toppings/7/"]);
}

#[test]
fn rows_are_written_with_their_relations() {
    on_each_database(async || {
        let db = connect().await;
        create_table(&db, flavor::Entity).await;
        create_table(&db, size::Entity).await;

        let flavor = flavor::ActiveModel::builder()
            .set_slug("vanilla")
            .add_size(size::ActiveModel::builder())
            .save(&db)
            .await
            .unwrap();
        let size = size::Entity::find().one(&db).await.unwrap().unwrap();
        let paths = size.dependent_paths(&db).await.unwrap();
        assert_eq!(paths, ["/sizes/1/", "/flavors/", "/flavors/vanilla/"]);

        size.delete(&db).await.unwrap();
        flavor.delete(&db).await.unwrap();
        assert_eq!(flavor::Entity::find().count(&db).await.unwrap(), 0);
    });
}

#[test]
fn a_row_is_written_without_the_builder() {
    on_each_database(async || {
        let db = connect().await;
        create_table(&db, flavor::Entity).await;

        let flavor = flavor::ActiveModel {
            slug: Set("crème brûlée".to_owned()),
            ..Default::default()
        };
        let flavor = flavor.insert(&db).await.unwrap();
        assert_eq!(
            flavor.paths(),
            ["/flavors/", "/flavors/cr%C3%A8me%20br%C3%BBl%C3%A9e/"]
        );
    });
}
