//! After each kind of write, the next visitor sees the truth.

use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set, TransactionTrait};

use crate::alone::alone;
use crate::site::Site;
use crate::site::entity::flavor;

#[test]
fn a_save_drops_the_page() {
    alone(async || {
        let site = Site::start().await;
        site.visit(&[
            "/flavors/",
            "/flavors/vanilla/",
            "/vendors/north/",
            "/sizes/small/",
        ])
        .await;
        site.act(async |db| {
            let flavor = flavor::Entity::find_by_id(1).one(&db).await?.unwrap();
            let mut flavor = flavor.into_active_model();
            flavor.name = Set("Vanille".to_owned());
            flavor.update(&db).await?;
            Ok(())
        })
        .await;
        site.assert_true(&[
            "/flavors/",
            "/flavors/vanilla/",
            "/vendors/north/",
            "/sizes/small/",
        ])
        .await;
        assert!(
            site.get("/flavors/vanilla/")
                .await
                .text()
                .starts_with("Vanille")
        );
    });
}

#[test]
fn a_save_in_a_transaction_drops_the_page() {
    alone(async || {
        let site = Site::start().await;
        site.visit(&["/flavors/vanilla/"]).await;
        site.act(async |db| {
            let txn = db.begin().await?;
            let flavor = flavor::Entity::find_by_id(1).one(&txn).await?.unwrap();
            let mut flavor = flavor.into_active_model();
            flavor.slug = Set("vanille".to_owned());
            flavor.update(&txn).await?;
            txn.commit().await
        })
        .await;
        site.assert_true(&["/flavors/vanilla/", "/flavors/vanille/"])
            .await;
    });
}
