use dumper::Dumped;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
#[sea_orm(table_name = "flavor")]
#[dumper(custom, related = [Entity])]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub slug: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl dumper::DependentPaths for Model {
    async fn dependent_paths<C: ConnectionTrait>(&self, _db: &C) -> Result<Vec<String>, DbErr> {
        Ok(Vec::new())
    }
}

fn main() {}
