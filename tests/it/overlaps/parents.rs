//! Moves of one row from parent to parent, by two at the same time.

use sea_orm::{ActiveModelTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, Set};

use super::writer::Writer;
use crate::alone::on_each_database;
use crate::site::Site;
use crate::site::entity::{flavor, vendor};

const PAGES: [&str; 4] = [
    "/vendors/north/",
    "/vendors/south/",
    "/vendors/west/",
    "/flavors/vanilla/",
];

async fn move_to(db: &DatabaseConnection, vendor: i32) -> Result<(), DbErr> {
    let flavor = flavor::Entity::find_by_id(1).one(db).await?;
    let mut flavor = flavor.expect("vanilla is there").into_active_model();
    flavor.vendor_id = Set(vendor);
    flavor.update(db).await.map(drop)
}

#[test]
fn two_moves_of_a_row_at_once_leave_it_on_no_page_of_the_parent_between() {
    on_each_database(async || {
        let site = Site::start().await;
        let west = vendor::ActiveModel {
            slug: Set("west".to_owned()),
            name: Set("WEST".to_owned()),
            ..Default::default()
        };
        west.insert(&site.db).await.unwrap();
        site.visit(&PAGES[..1]).await;
        // The user's read, dumper's of the row, and of its vendor and its sizes.
        let mut second = Writer::start(&["SELECT", "SELECT", "SELECT", "SELECT"], async |db| {
            move_to(db, 3).await
        });
        for _ in 0..3 {
            second.reached().await;
            second.release();
        }
        second.reached().await;
        let mut first = Writer::start(&["UPDATE"], async |db| move_to(db, 2).await);
        first.reached().await;
        assert!(site.get("/vendors/south/").await.text().contains("VANILLA"));
        for path in PAGES {
            site.get(path).await;
        }
        second.release();
        second.done().await.unwrap();
        first.release();
        first.done().await.unwrap();
        assert!(site.get("/vendors/west/").await.text().contains("VANILLA"));
        site.assert_true(&PAGES).await;
    });
}
