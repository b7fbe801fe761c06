//! `#[dumper::behavior]`: the user's hooks with ours behind them.

use std::sync::Mutex;

use sea_orm::{ActiveValue, IntoActiveModel, Set, entity::prelude::*};

use crate::alone::on_each_database;
use crate::site::database::{connect, create_table};

/// What the hooks of this file have seen. Each test writes slugs of its own.
static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn saw(event: String) {
    SEEN.lock().unwrap().push(event);
}

fn seen(slug: &str) -> Vec<String> {
    let seen = SEEN.lock().unwrap();
    seen.iter()
        .filter(|event| event.ends_with(slug))
        .cloned()
        .collect()
}

/// Every hook, in the ways that people write them.
mod flavor {
    use dumper::{DependentPaths, Dumped};
    use sea_orm::{Set, TryIntoModel, entity::prelude::*};

    use super::saw;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "flavor")]
    #[dumper(paths = ["/flavors/", "/flavors/{slug}/"], custom, behavior = "custom")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub slug: String,
        pub scoops: i32,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    /// Asked by our hooks, and so what they have seen.
    impl DependentPaths for Model {
        async fn dependent_paths<C: ConnectionTrait>(&self, _db: &C) -> Result<Vec<String>, DbErr> {
            saw(format!("paths of {} scoops of {}", self.scoops, self.slug));
            Ok(self.paths())
        }
    }

    #[dumper::behavior]
    #[async_trait::async_trait]
    impl ActiveModelBehavior for ActiveModel {
        fn new() -> Self {
            Self {
                scoops: Set(2),
                ..ActiveModelTrait::default()
            }
        }

        /// Makes a slug of what was typed.
        async fn before_save<C>(mut self, _db: &C, insert: bool) -> Result<Self, DbErr>
        where
            C: ConnectionTrait,
        {
            let Set(typed) = &self.slug else {
                return Ok(self);
            };
            if typed.is_empty() {
                return Err("a flavor needs a slug").map_err(|err| DbErr::Custom(err.into()));
            }
            let slug = typed.to_lowercase().replace(' ', "-");
            let verb = if insert { "insert" } else { "update" };
            saw(format!("{verb} {slug}"));
            self.slug = Set(slug);
            Ok(self)
        }

        async fn after_save<Connection: ConnectionTrait>(
            mut model: Model,
            db: &Connection,
            _: bool,
        ) -> Result<Model, DbErr> {
            let stored = Entity::find_by_id(model.id).one(db).await?;
            saw(format!(
                "saved {}",
                stored.map_or_else(String::new, |row| row.slug)
            ));
            if model.scoops < 0 {
                Err(DbErr::Custom("scoops are missing".to_owned()))?;
            }
            model.scoops += 100;
            Ok(model)
        }

        async fn before_delete<C>(self, db: &C) -> Result<Self, DbErr>
        where
            C: ConnectionTrait,
        {
            let model = self.clone().try_into_model()?;
            if model.scoops == 1 {
                return Err(DbErr::Custom("the last scoop stays".to_owned()));
            }
            let count = Entity::find().count(db).await?;
            saw(format!("deleting one of {count}: {}", model.slug));
            Ok(self)
        }

        async fn after_delete<C: ConnectionTrait>(mut self, _: &C) -> Result<Self, DbErr> {
            let slug = self.slug.take().unwrap_or_default();
            saw(format!("deleted {slug}"));
            Ok(self)
        }
    }
}

/// No hook of one's own, no `#[async_trait]`, and the impl in another module.
mod size {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "size")]
    #[dumper(behavior = "custom", paths = "/sizes/{id}/")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub scoops: i32,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

mod size_behavior {
    use sea_orm::{ActiveModelBehavior, ActiveModelTrait, Set};

    #[dumper::behavior]
    impl ActiveModelBehavior for super::size::ActiveModel {
        fn new() -> Self {
            Self {
                scoops: Set(3),
                ..ActiveModelTrait::default()
            }
        }
    }
}

/// One hook, with SeaORM's own path to `async_trait`, in the dense format.
mod topping {
    use dumper::Dumped;
    use sea_orm::{Set, entity::prelude::*};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "topping")]
    #[dumper(paths = "/toppings/{slug}/", behavior = "custom")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub slug: String,
    }

    #[dumper::behavior]
    #[sea_orm::prelude::async_trait::async_trait]
    impl ActiveModelBehavior for ActiveModel {
        async fn before_save<C>(self, db: &C, insert: bool) -> Result<Self, DbErr>
        where
            C: ConnectionTrait,
        {
            let rows = if insert {
                Entity::find().count(db).await?
            } else {
                0
            };
            Ok(Self {
                slug: Set(format!("topping-{rows}")),
                ..self
            })
        }
    }
}

fn flavor(slug: &str, scoops: i32) -> flavor::ActiveModel {
    flavor::ActiveModel {
        slug: Set(slug.to_owned()),
        scoops: Set(scoops),
        ..ActiveModelTrait::default()
    }
}

async fn flavors() -> DatabaseConnection {
    let db = connect().await;
    create_table(&db, flavor::Entity).await;
    db
}

#[test]
fn each_hook_runs_once_and_in_its_place() {
    on_each_database(async || {
        let db = flavors().await;
        let row = flavor("Dark Choc", 5).insert(&db).await.unwrap();
        assert_eq!((row.slug.as_str(), row.scoops), ("dark-choc", 105));
        assert_eq!(row.paths(), ["/flavors/", "/flavors/dark-choc/"]);

        let mut row = row.into_active_model();
        row.slug = Set("Darker Choc".to_owned());
        let row = row.update(&db).await.unwrap();
        row.delete(&db).await.unwrap();
        assert_eq!(flavor::Entity::find().count(&db).await.unwrap(), 0);

        assert_eq!(
            seen("dark-choc"),
            [
                "insert dark-choc",
                "saved dark-choc",
                "paths of 5 scoops of dark-choc",
                "paths of 5 scoops of dark-choc",
            ]
        );
        assert_eq!(
            seen("darker-choc"),
            [
                "update darker-choc",
                "saved darker-choc",
                "paths of 5 scoops of darker-choc",
                "deleting one of 1: darker-choc",
                "paths of 5 scoops of darker-choc",
                "deleted darker-choc",
            ]
        );
    });
}

#[test]
fn an_error_before_the_write_prevents_it() {
    on_each_database(async || {
        let db = flavors().await;
        let error = flavor("", 5).insert(&db).await.unwrap_err();
        assert_eq!(error, DbErr::Custom("a flavor needs a slug".to_owned()));
        assert_eq!(flavor::Entity::find().count(&db).await.unwrap(), 0);

        flavor("vanilla", 1).insert(&db).await.unwrap();
        let row = flavor::Entity::find().one(&db).await.unwrap().unwrap();
        let error = row.delete(&db).await.unwrap_err();
        assert_eq!(error, DbErr::Custom("the last scoop stays".to_owned()));
        assert_eq!(flavor::Entity::find().count(&db).await.unwrap(), 1);
    });
}

#[test]
fn an_error_after_the_write_is_returned() {
    on_each_database(async || {
        let db = flavors().await;
        let error = flavor("lemon", -1).insert(&db).await.unwrap_err();
        assert_eq!(error, DbErr::Custom("scoops are missing".to_owned()));
        assert_eq!(flavor::Entity::find().count(&db).await.unwrap(), 1);
        assert_eq!(
            seen("lemon"),
            ["insert lemon", "saved lemon", "paths of -1 scoops of lemon"]
        );
    });
}

#[test]
fn an_early_return_is_a_return_of_the_users_body_alone() {
    on_each_database(async || {
        let db = flavors().await;
        let row = flavor("mint", 5).insert(&db).await.unwrap();
        let mut row = row.into_active_model();
        row.scoops = Set(7);
        assert_eq!(row.update(&db).await.unwrap().scoops, 107);
        assert_eq!(seen("7 scoops of mint"), ["paths of 7 scoops of mint"]);
    });
}

#[test]
fn what_is_no_hook_is_kept() {
    on_each_database(async || {
        let db = connect().await;
        create_table(&db, size::Entity).await;

        assert_eq!(flavor::ActiveModel::new().scoops, Set(2));
        let size = <size::ActiveModel as ActiveModelBehavior>::new();
        let size = size.insert(&db).await.unwrap();
        assert_eq!(size.scoops, 3);
        assert_eq!(size.paths(), ["/sizes/1/"]);
    });
}

#[test]
fn hooks_are_woven_in_the_dense_format() {
    on_each_database(async || {
        let db = connect().await;
        create_table(&db, topping::Entity).await;

        topping::ActiveModel::builder().save(&db).await.unwrap();
        let topping = topping::ActiveModel {
            id: ActiveValue::NotSet,
            slug: ActiveValue::NotSet,
        };
        let topping = topping.insert(&db).await.unwrap();
        assert_eq!(topping.paths(), ["/toppings/topping-1/"]);
    });
}
