//! The rows of the site.
//!
//! Each row has a `mark`, which never changes and is its key, and a `rev`, the
//! number of the write that it comes from. Both are on the pages.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "entities as a user would write them"
)]

/// Is on a shelf, and has two pages.
pub(crate) mod item {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "item")]
    #[dumper(
        paths = ["/items/{slug}/", "/items/by-mark/{mark}/"],
        related = [super::shelf::Entity]
    )]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub mark: i64,
        pub rev: i64,
        #[sea_orm(unique)]
        pub slug: String,
        pub shelf_mark: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::shelf::Entity",
            from = "Column::ShelfMark",
            to = "super::shelf::Column::Mark"
        )]
        Shelf,
    }

    impl Related<super::shelf::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Shelf.def()
        }
    }
}

/// Has a page with its items, and is on theirs.
pub(crate) mod shelf {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "shelf")]
    #[dumper(paths = "/shelves/{mark}/", related = [super::item::Entity])]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub mark: i64,
        pub rev: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::item::Entity")]
        Item,
    }

    impl Related<super::item::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Item.def()
        }
    }
}

/// Has a page that is filed under a tag, which is invalidated by hand. The one
/// with the mark 0 has one that goes with all pages.
pub(crate) mod notice {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notice")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub mark: i64,
        pub rev: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
