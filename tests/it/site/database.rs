//! The database of the site, with a few rows.

use sea_orm::{
    ActiveModelTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait,
    Schema, Set,
};

use super::entity::{
    cake, cake_filling, filling, flavor, flavor_size, note, sign, size, story, vendor,
};
use crate::alone::database_url;

/// Connects to the database of the test.
pub(crate) async fn connect() -> DatabaseConnection {
    let mut options = ConnectOptions::new(database_url());
    // Readers see what is committed while somebody writes.
    options
        .max_connections(8)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|options| {
            options
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "OFF")
        });
    Database::connect(options).await.unwrap()
}

/// Fills the database of the test: vendors `north` (1) and `south` (2), flavors
/// `vanilla` (1) and `mint` (2) of `north`, sizes `small` (1) and `large` (2),
/// `vanilla` in `small`, cake `sponge` (1) with filling `jam` (1), filling
/// `cream` (2), story `old` (1), and a sign (1).
pub(super) async fn create() -> DatabaseConnection {
    let db = connect().await;
    create_table(&db, vendor::Entity).await;
    create_table(&db, flavor::Entity).await;
    create_table(&db, size::Entity).await;
    create_table(&db, flavor_size::Entity).await;
    create_table(&db, note::Entity).await;
    create_table(&db, sign::Entity).await;
    create_table(&db, story::Entity).await;
    create_table(&db, cake::Entity).await;
    create_table(&db, filling::Entity).await;
    create_table(&db, cake_filling::Entity).await;
    for slug in ["north", "south"] {
        let vendor = vendor::ActiveModel {
            slug: Set(slug.to_owned()),
            name: Set(slug.to_uppercase()),
            ..Default::default()
        };
        vendor.insert(&db).await.unwrap();
    }
    for slug in ["vanilla", "mint"] {
        let flavor = flavor::ActiveModel {
            slug: Set(slug.to_owned()),
            name: Set(slug.to_uppercase()),
            vendor_id: Set(1),
            ..Default::default()
        };
        flavor.insert(&db).await.unwrap();
    }
    for slug in ["small", "large"] {
        let size = size::ActiveModel {
            slug: Set(slug.to_owned()),
            ..Default::default()
        };
        size.insert(&db).await.unwrap();
    }
    let link = flavor_size::ActiveModel {
        flavor_id: Set(1),
        size_id: Set(1),
    };
    link.insert(&db).await.unwrap();
    for slug in ["jam", "cream"] {
        let filling = filling::ActiveModel {
            slug: Set(slug.to_owned()),
            ..Default::default()
        };
        filling.insert(&db).await.unwrap();
    }
    let cake = cake::ActiveModel {
        slug: Set("sponge".to_owned()),
        ..Default::default()
    };
    cake.insert(&db).await.unwrap();
    let link = cake_filling::ActiveModel {
        cake_id: Set(1),
        filling_id: Set(1),
    };
    link.insert(&db).await.unwrap();
    let story = story::ActiveModel {
        slug: Set("old".to_owned()),
        text: Set("once".to_owned()),
        ..Default::default()
    };
    story.insert(&db).await.unwrap();
    let sign = sign::ActiveModel {
        text: Set("open".to_owned()),
        ..Default::default()
    };
    sign.insert(&db).await.unwrap();
    db
}

/// Creates the table of an entity.
pub(crate) async fn create_table(db: &DatabaseConnection, entity: impl EntityTrait) {
    let table = Schema::new(db.get_database_backend()).create_table_from_entity(entity);
    db.execute(&table).await.unwrap();
}
