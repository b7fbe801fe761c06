//! The rows of the site.
//!
//! Each row has a `mark`, which never changes and by which the history knows it,
//! and a `rev`, the number of the write that it comes from. Both are on the pages.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "entities as a user would write them"
)]

/// Tells the scheme under test of the writes of an entity.
macro_rules! tells_the_scheme {
    () => {
        #[dumper::behavior]
        impl ActiveModelBehavior for ActiveModel {
            async fn before_save<C: ConnectionTrait>(
                self,
                db: &C,
                insert: bool,
            ) -> Result<Self, DbErr> {
                if !insert {
                    crate::scheme::about_to_update::<Entity, C>(&self, db).await;
                }
                Ok(self)
            }

            async fn after_save<C: ConnectionTrait>(
                model: Model,
                db: &C,
                _insert: bool,
            ) -> Result<Model, DbErr> {
                crate::scheme::saved::<Entity, C>(&model, db).await;
                Ok(model)
            }

            async fn before_delete<C: ConnectionTrait>(self, db: &C) -> Result<Self, DbErr> {
                crate::scheme::about_to_delete::<Entity, C>(&self, db).await;
                Ok(self)
            }
        }
    };
}

/// Has a page with all its flavors.
pub(crate) mod vendor {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "vendor")]
    #[dumper(
        paths = "/vendors/{slug}/",
        related = [super::flavor::Entity],
        behavior = "custom"
    )]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub mark: i64,
        pub rev: i64,
        #[sea_orm(unique)]
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

    tells_the_scheme!();
}

/// Is in the list, and has a page with its vendor and its sizes.
pub(crate) mod flavor {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "flavor")]
    #[dumper(
        paths = ["/flavors/", "/flavors/{slug}/"],
        related = [super::vendor::Entity, super::size::Entity],
        behavior = "custom"
    )]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub mark: i64,
        pub rev: i64,
        #[sea_orm(unique)]
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

    impl Related<super::size::Entity> for Entity {
        fn to() -> RelationDef {
            super::flavor_size::Relation::Size.def()
        }

        fn via() -> Option<RelationDef> {
            Some(super::flavor_size::Relation::Flavor.def().rev())
        }
    }

    tells_the_scheme!();
}

/// Has a page with all its flavors.
pub(crate) mod size {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "size")]
    #[dumper(
        paths = "/sizes/{slug}/",
        related = [super::flavor::Entity],
        behavior = "custom"
    )]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub mark: i64,
        pub rev: i64,
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

    tells_the_scheme!();
}

/// Links a flavor to a size.
pub(crate) mod flavor_size {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "flavor_size")]
    #[dumper(
        related = [super::flavor::Entity, super::size::Entity],
        behavior = "custom"
    )]
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
            to = "super::flavor::Column::Id"
        )]
        Flavor,
        #[sea_orm(
            belongs_to = "super::size::Entity",
            from = "Column::SizeId",
            to = "super::size::Column::Id"
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

    tells_the_scheme!();
}

/// Hangs on a board, whose page is found by hand.
pub(crate) mod note {
    use dumper::{DependentPaths, Dumped};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "note")]
    #[dumper(custom, within = "/boards/{board}/", behavior = "custom")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub mark: i64,
        pub rev: i64,
        pub board: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl DependentPaths for Model {
        async fn dependent_paths<C: ConnectionTrait>(&self, _db: &C) -> Result<Vec<String>, DbErr> {
            Ok(vec![format!("/boards/{}/", self.board)])
        }
    }

    tells_the_scheme!();
}

/// Has a page with its toppings, and is saved together with them.
pub(crate) mod sundae {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "sundae")]
    #[dumper(paths = "/sundaes/{slug}/", behavior = "custom")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub mark: i64,
        pub rev: i64,
        #[sea_orm(unique)]
        pub slug: String,
        #[sea_orm(has_many)]
        pub toppings: HasMany<super::topping::Entity>,
    }

    tells_the_scheme!();
}

/// Is shown on the page of its sundae.
pub(crate) mod topping {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "topping")]
    #[dumper(related = [super::sundae::Entity], behavior = "custom")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub mark: i64,
        pub rev: i64,
        pub sundae_id: i32,
        #[sea_orm(belongs_to, from = "sundae_id", to = "id")]
        pub sundae: BelongsTo<super::sundae::Entity>,
    }

    tells_the_scheme!();
}
