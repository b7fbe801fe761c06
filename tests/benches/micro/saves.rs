//! Saving a row that many pages show.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "an entity as a user would write it"
)]

use divan::Bencher;
use dumper::{Cache, DependentPaths, Dumped};
use sea_orm::entity::prelude::*;
use sea_orm::{ConnectOptions, Database, DatabaseConnection, IntoActiveModel, Schema, Set};
use tokio::runtime;

use crate::pages;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
#[sea_orm(table_name = "flavor")]
#[dumper(custom, within = "/flavors/{slug}/")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub name: String,
    /// How many pages show it.
    pub pages: u32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl DependentPaths for Model {
    async fn dependent_paths<C: ConnectionTrait>(&self, _db: &C) -> Result<Vec<String>, DbErr> {
        Ok((0..self.pages as usize).map(pages::path).collect())
    }
}

/// An update in a scope, with what the database takes. Its hooks ask for the paths
/// before it and after it.
#[divan::bench(args = [0, 1, 100, 10_000], sample_size = 1)]
fn update(bencher: Bencher<'_, '_>, count: u32) {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime needs no more than this");
    let (db, flavor) = runtime
        .block_on(inserted(count))
        .expect("the database takes the row");
    let cache = Cache::builder().build();
    bencher
        .with_inputs(|| {
            for number in 0..count as usize {
                pages::store(&cache, &pages::path(number));
            }
            let mut flavor = flavor.clone().into_active_model();
            flavor.name = Set("Vanilla".to_owned());
            flavor
        })
        .bench_local_values(|flavor| {
            let saved = runtime.block_on(dumper::scope(flavor.update(&db)));
            saved.expect("the database takes the row")
        });
    assert_eq!(cache.stats().paths, 0, "all pages were dropped");
}

async fn inserted(pages: u32) -> Result<(DatabaseConnection, Model), DbErr> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    let db = Database::connect(options).await?;
    let schema = Schema::new(db.get_database_backend());
    db.execute(&schema.create_table_from_entity(Entity)).await?;
    let flavor = ActiveModel {
        name: Set("vanilla".to_owned()),
        pages: Set(pages),
        ..Default::default()
    };
    let flavor = dumper::scope(flavor.insert(&db)).await?;
    Ok((db, flavor))
}
