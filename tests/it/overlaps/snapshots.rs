//! Transactions that see the rows as they were when they began to read.

use sea_orm::{
    ActiveModelTrait, EntityTrait, IntoActiveModel, IsolationLevel, Set, TransactionTrait,
};

use super::writer::Writer;
use super::{has_row_locks, patient_site};
use crate::alone::on_each_database;
use crate::site::entity::{flavor, vendor};

/// MariaDB's usual isolation.
#[test]
fn a_rename_in_a_snapshot_drops_the_pages_of_rows_that_came_since() {
    on_each_database(async || {
        let site = patient_site().await;
        let mut rename = Writer::start(&["SELECT"], async |db| {
            let isolation = Some(IsolationLevel::RepeatableRead);
            let txn = db.begin_with_config(isolation, None).await?;
            let vendor = vendor::Entity::find_by_id(1).one(&txn).await?;
            let mut vendor = vendor.expect("north is there").into_active_model();
            vendor.name = Set("Nord".to_owned());
            vendor.update(&txn).await?;
            txn.commit().await
        });
        rename.reached().await;
        site.act(async |db| {
            let mango = flavor::ActiveModel {
                slug: Set("mango".to_owned()),
                name: Set("Mango".to_owned()),
                vendor_id: Set(1),
                ..Default::default()
            };
            mango.insert(&db).await.map(drop)
        })
        .await;
        let pages = ["/flavors/mango/", "/flavors/vanilla/", "/vendors/north/"];
        site.visit(&pages).await;
        rename.release();
        // SQLite lets nobody write in a snapshot that is no longer true.
        let outcome = rename.done().await;
        assert_eq!(outcome.is_ok(), has_row_locks(&site.db), "{outcome:?}");
        site.assert_true(&pages).await;
        site.until_stored("/flavors/mango/").await;
        site.assert_true(&pages).await;
    });
}
