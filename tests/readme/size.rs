//! Related rows.

use dumper::Dumped;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
#[sea_orm(table_name = "size")]
#[dumper(paths = "/sizes/{id}/", related = [super::sundae::Entity])]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub name: String,
    #[sea_orm(has_many)]
    pub sundaes: HasMany<super::sundae::Entity>,
}
