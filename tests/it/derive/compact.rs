//! The compact format of SeaORM 1.

use dumper::{DependentPaths, Dumped};
use sea_orm::{ActiveValue, IntoActiveModel, Set, Unchanged, entity::prelude::*};

use crate::alone::on_each_database;
use crate::site::database::{connect, create_table};

mod flavor {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "flavor")]
    #[dumper(paths = ["/flavors/", "/flavors/{slug}/"])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub slug: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::size::Entity")]
        Size,
    }

    impl Related<super::size::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Size.def()
        }
    }
}

mod size {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "size")]
    #[dumper(paths = "/sizes/{id}/", related = [super::flavor::Entity])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub flavor_id: i32,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::flavor::Entity",
            from = "Column::FlavorId",
            to = "super::flavor::Column::Id"
        )]
        Flavor,
    }

    impl Related<super::flavor::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Flavor.def()
        }
    }
}

fn vanilla() -> flavor::Model {
    flavor::Model {
        id: 1,
        slug: "vanilla".to_owned(),
    }
}

#[test]
fn the_attributes_become_constants() {
    assert_eq!(flavor::Entity::PATHS, ["/flavors/", "/flavors/{slug}/"]);
    assert_eq!(size::Entity::PATHS, ["/sizes/{id}/"]);
    assert!(flavor::Entity::WITHIN.is_empty());
    const { assert!(!flavor::Entity::CUSTOM) };
    assert!(flavor::Entity::related().is_empty());
    assert_eq!(size::Entity::related(), [flavor::Entity::PATHS]);
}

#[test]
fn a_hole_is_filled_from_its_field() {
    assert_eq!(
        flavor::Entity::hole(&vanilla(), "slug").as_deref(),
        Some("vanilla")
    );
    assert_eq!(vanilla().paths(), ["/flavors/", "/flavors/vanilla/"]);
}

#[test]
fn a_value_is_one_segment_of_a_path() {
    let flavor = flavor::Model {
        id: 1,
        slug: "a b/c".to_owned(),
    };
    assert_eq!(flavor.paths(), ["/flavors/", "/flavors/a%20b%2Fc/"]);
}

#[test]
fn a_model_in_writing_says_what_it_knows() {
    let hole = |slug| {
        let model = flavor::ActiveModel {
            slug,
            ..Default::default()
        };
        flavor::Entity::active_hole(&model, "slug")
    };
    let text = Some("vanilla".to_owned());
    assert_eq!(hole(Set("vanilla".to_owned())), Set(text.clone()));
    assert_eq!(hole(Unchanged("vanilla".to_owned())), Unchanged(text));
    assert_eq!(hole(ActiveValue::NotSet), ActiveValue::NotSet);
}

#[test]
fn related_rows_add_their_own_paths() {
    on_each_database(async || {
        let db = connect().await;
        create_table(&db, flavor::Entity).await;
        create_table(&db, size::Entity).await;
        vanilla().into_active_model().insert(&db).await.unwrap();
        let size = size::ActiveModel {
            flavor_id: Set(1),
            ..Default::default()
        };
        let size = size.insert(&db).await.unwrap();

        let paths = size.dependent_paths(&db).await.unwrap();
        assert_eq!(paths, ["/sizes/1/", "/flavors/", "/flavors/vanilla/"]);
        let paths = vanilla().dependent_paths(&db).await.unwrap();
        assert_eq!(paths, ["/flavors/", "/flavors/vanilla/"]);
    });
}

#[test]
fn rows_are_written_as_before() {
    on_each_database(async || {
        let db = connect().await;
        create_table(&db, flavor::Entity).await;

        let mut row = vanilla()
            .into_active_model()
            .insert(&db)
            .await
            .unwrap()
            .into_active_model();
        row.slug = Set("vanille".to_owned());
        let row = row.update(&db).await.unwrap();
        assert_eq!(row.slug, "vanille");
        row.delete(&db).await.unwrap();
        assert_eq!(flavor::Entity::find().count(&db).await.unwrap(), 0);
    });
}
