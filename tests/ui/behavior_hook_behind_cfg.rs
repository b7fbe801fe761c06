use dumper::Dumped;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
#[sea_orm(table_name = "flavor")]
#[dumper(paths = "/flavors/{slug}/", behavior = "custom")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub slug: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

#[dumper::behavior]
#[async_trait::async_trait]
impl ActiveModelBehavior for ActiveModel {
    #[cfg(any())]
    async fn before_save<C: ConnectionTrait>(self, _db: &C, _insert: bool) -> Result<Self, DbErr> {
        Ok(self)
    }
}

fn main() {}
