//! Paths by hand.

use dumper::{DependentPaths, Dumped};
use sea_orm::entity::prelude::*;

use super::flavor;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
#[sea_orm(table_name = "review")]
#[dumper(custom, paths = "/reviews/{id}/", within = ["/flavors/", "/flavors/{slug}/"])]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub flavor_id: i32,
}

impl DependentPaths for Model {
    async fn dependent_paths<C: ConnectionTrait>(&self, db: &C) -> Result<Vec<String>, DbErr> {
        let mut paths = self.paths();
        if let Some(flavor) = flavor::Entity::find_by_id(self.flavor_id).one(db).await? {
            paths.extend(flavor.paths());
        }
        Ok(paths)
    }
}
