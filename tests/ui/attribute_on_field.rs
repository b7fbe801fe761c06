use dumper::Dumped;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
#[sea_orm(table_name = "flavor")]
#[dumper(paths = "/flavors/{slug}/")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[dumper(raw)]
    pub slug: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

fn main() {}
