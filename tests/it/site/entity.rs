//! The rows that the site shows.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "entities as a user would write them"
)]

/// Has a page with all its flavors.
pub(crate) mod vendor {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "vendor")]
    #[dumper(paths = "/vendors/{slug}/", related = [super::flavor::Entity])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(unique)]
        pub slug: String,
        pub name: String,
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

/// Is in the list, and has a page with its vendor, its sizes and its notes.
pub(crate) mod flavor {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "flavor")]
    #[dumper(
        paths = ["/flavors/", "/flavors/{slug}/"],
        related = [super::vendor::Entity, super::size::Entity]
    )]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(unique)]
        pub slug: String,
        pub name: String,
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

    impl Related<super::size::Entity> for Entity {
        fn to() -> RelationDef {
            super::flavor_size::Relation::Size.def()
        }

        fn via() -> Option<RelationDef> {
            Some(super::flavor_size::Relation::Flavor.def().rev())
        }
    }
}

/// Has a page with all its flavors.
pub(crate) mod size {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "size")]
    #[dumper(paths = "/sizes/{slug}/", related = [super::flavor::Entity])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(unique)]
        pub slug: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl Related<super::flavor::Entity> for Entity {
        fn to() -> RelationDef {
            super::flavor_size::Relation::Flavor.def()
        }

        fn via() -> Option<RelationDef> {
            Some(super::flavor_size::Relation::Size.def().rev())
        }
    }
}

/// Links a flavor to a size, and goes with either. It has no page of its own.
pub(crate) mod flavor_size {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "flavor_size")]
    #[dumper(related = [super::flavor::Entity, super::size::Entity])]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub flavor_id: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub size_id: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::flavor::Entity",
            from = "Column::FlavorId",
            to = "super::flavor::Column::Id",
            on_delete = "Cascade"
        )]
        Flavor,
        #[sea_orm(
            belongs_to = "super::size::Entity",
            from = "Column::SizeId",
            to = "super::size::Column::Id",
            on_delete = "Cascade"
        )]
        Size,
    }

    impl Related<super::flavor::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Flavor.def()
        }
    }

    impl Related<super::size::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Size.def()
        }
    }
}

/// Is shown on the page of a flavor or of a vendor: a generic relation, whose
/// paths are written by hand. What its text commands goes wrong.
pub(crate) mod note {
    use dumper::{DependentPaths, Dumped};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "note")]
    #[dumper(custom, within = ["/flavors/{slug}/", "/vendors/{slug}/"])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub owner: String,
        pub owner_id: i32,
        pub text: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl DependentPaths for Model {
        async fn dependent_paths<C: ConnectionTrait>(&self, db: &C) -> Result<Vec<String>, DbErr> {
            match self.text.as_str() {
                "error" => return Err(DbErr::Custom("no paths today".to_owned())),
                "panic" => panic!("no paths today"),
                "empty" => return Ok(vec![String::new()]),
                "relative" => return Ok(vec!["flavors/vanilla/".to_owned()]),
                "many" => {
                    let paths = (0..10_000).map(|number| format!("/flavors/{number}/"));
                    return Ok(paths.chain(["/flavors/vanilla/".to_owned()]).collect());
                }
                "url" => {
                    return Ok(vec![
                        "https://parlour.example/flavors/vanilla/?a#b".to_owned(),
                    ]);
                }
                "query" => return Ok(vec!["/flavors/vanilla/?page=2".to_owned()]),
                _ => {}
            }
            if self.owner == "flavor" {
                let flavor = super::flavor::Entity::find_by_id(self.owner_id)
                    .one(db)
                    .await?;
                return Ok(flavor
                    .iter()
                    .map(|flavor| format!("/flavors/{}/", flavor.slug))
                    .collect());
            }
            let vendor = super::vendor::Entity::find_by_id(self.owner_id)
                .one(db)
                .await?;
            Ok(vendor
                .iter()
                .map(|vendor| format!("/vendors/{}/", vendor.slug))
                .collect())
        }
    }
}

/// Has hooks of its own, which stand still where the text says so.
pub(crate) mod story {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;
    use tokio::sync::Notify;

    /// Told when a hook stands still.
    pub static STANDS: Notify = Notify::const_new();
    /// Lets it go on.
    pub static GO_ON: Notify = Notify::const_new();

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "story")]
    #[dumper(paths = ["/stories/", "/stories/{slug}/"], behavior = "custom")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub slug: String,
        pub text: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    #[dumper::behavior]
    impl ActiveModelBehavior for ActiveModel {
        /// Runs when the row is written and before dumper knows.
        async fn after_save<C: ConnectionTrait>(
            model: Model,
            _db: &C,
            _insert: bool,
        ) -> Result<Model, DbErr> {
            if model.text.starts_with("slow") {
                STANDS.notify_one();
                GO_ON.notified().await;
            }
            assert!(!model.text.starts_with("panic"), "as told");
            Ok(model)
        }
    }
}

/// An entity of somebody else, without hooks of ours.
pub(crate) mod sign {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sign")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub text: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A cake and its fillings, in the dense format: SeaORM keeps their links itself.
pub(crate) mod cake {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "cake")]
    #[dumper(paths = "/cakes/{slug}/", related = [super::filling::Entity])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub slug: String,
        #[sea_orm(has_many, via = "cake_filling")]
        pub fillings: HasMany<super::filling::Entity>,
    }
}

pub(crate) mod filling {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "filling")]
    #[dumper(paths = "/fillings/{slug}/", related = [super::cake::Entity])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub slug: String,
        #[sea_orm(has_many, via = "cake_filling")]
        pub cakes: HasMany<super::cake::Entity>,
    }
}

pub(crate) mod cake_filling {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "cake_filling")]
    #[dumper(related = [super::cake::Entity, super::filling::Entity])]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub cake_id: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub filling_id: i32,
        #[sea_orm(belongs_to, from = "cake_id", to = "id")]
        pub cake: HasOne<super::cake::Entity>,
        #[sea_orm(belongs_to, from = "filling_id", to = "id")]
        pub filling: HasOne<super::filling::Entity>,
    }
}
