use dumper::Dumped;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
#[sea_orm(table_name = "flavor")]
#[dumper(paths = "/flavors/{slug}/", related = [size::Entity])]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub slug: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(has_many = "size::Entity")]
    Size,
}

impl Related<size::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Size.def()
    }
}

mod size {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "size")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub flavor_id: i32,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::Entity",
            from = "Column::FlavorId",
            to = "super::Column::Id"
        )]
        Flavor,
    }

    impl Related<super::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Flavor.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn main() {}
