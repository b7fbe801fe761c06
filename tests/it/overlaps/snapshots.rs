//! Transactions that see the rows as they were when they began to read.

use sea_orm::{
    ActiveModelTrait, DbBackend, EntityTrait, IntoActiveModel, IsolationLevel, Set,
    TransactionTrait,
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

#[test]
fn a_row_that_belongs_to_one_unseen_by_its_snapshot_drops_the_page_of_that() {
    on_each_database(async || {
        let site = patient_site().await;
        let mut late = Writer::start(&["SELECT", "INSERT", "INSERT"], async |db| {
            let isolation = Some(IsolationLevel::RepeatableRead);
            let txn = db.begin_with_config(isolation, None).await?;
            vendor::Entity::find_by_id(1).one(&txn).await?;
            let vendor = vendor::ActiveModel {
                slug: Set("new".to_owned()),
                name: Set("New".to_owned()),
                ..Default::default()
            };
            let vendor = vendor.insert(db).await?;
            let mango = flavor::ActiveModel {
                slug: Set("mango".to_owned()),
                name: Set("Mango".to_owned()),
                vendor_id: Set(vendor.id),
                ..Default::default()
            };
            mango.insert(&txn).await?;
            txn.commit().await
        });
        for _ in 0..2 {
            late.reached().await;
            late.release();
        }
        // SQLite refuses the write, and PostgreSQL a key that it does not see.
        let is_written = site.db.get_database_backend() == DbBackend::MySql;
        if is_written {
            late.reached().await;
            site.get("/vendors/new/").await;
            late.release();
        }
        let outcome = late.done().await;
        assert_eq!(outcome.is_ok(), is_written, "{outcome:?}");
        site.assert_true(&["/vendors/new/"]).await;
    });
}
