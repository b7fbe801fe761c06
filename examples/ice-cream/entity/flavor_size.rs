//! The offers: which flavor is sold in which size.

use dumper::Dumped;
use sea_orm::entity::prelude::*;

/// An offer of a flavor in a size.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
#[sea_orm(table_name = "flavor_size")]
#[dumper(paths = "/", related = [super::flavor::Entity, super::size::Entity])]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub flavor_id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub size_id: i32,
    #[sea_orm(belongs_to, from = "flavor_id", to = "id")]
    pub flavor: BelongsTo<super::flavor::Entity>,
    #[sea_orm(belongs_to, from = "size_id", to = "id")]
    pub size: BelongsTo<super::size::Entity>,
}
