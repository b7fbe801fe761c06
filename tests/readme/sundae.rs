//! A behavior of one's own.

use dumper::Dumped;
use sea_orm::{Set, entity::prelude::*};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
#[sea_orm(table_name = "sundae")]
#[dumper(paths = "/sundaes/{slug}/", behavior = "custom")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub slug: String,
    pub size_id: i32,
    #[sea_orm(belongs_to, from = "size_id", to = "id")]
    pub size: BelongsTo<super::size::Entity>,
}

#[dumper::behavior]
impl ActiveModelBehavior for ActiveModel {
    async fn before_save<C>(mut self, _db: &C, _insert: bool) -> Result<Self, DbErr>
    where
        C: ConnectionTrait,
    {
        if let Set(slug) = &mut self.slug {
            *slug = slug.to_lowercase();
        }
        Ok(self)
    }
}
