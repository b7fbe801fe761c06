//! Transactions, and renders that overlap writes.

use actix_web::rt;
use sea_orm::{
    ActiveModelTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, TransactionTrait,
};

use super::{FLAVOR, hasty_site, name};
use crate::alone::on_each_database;
use crate::http;
use crate::site::Site;
use crate::site::entity::flavor;

#[test]
fn a_commit_makes_the_write_seen() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&[FLAVOR]).await;
        site.act(async |db| {
            let txn = db.begin().await?;
            name(&txn, "Vanille").await?;
            txn.commit().await
        })
        .await;
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
        site.visit(&[FLAVOR]).await;
    });
}

#[test]
fn a_transaction_closure_makes_the_write_seen() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&[FLAVOR]).await;
        site.act(async |db| {
            let done = db
                .transaction_async(async |txn| name(txn, "Vanille").await)
                .await;
            done.map_err(|err| DbErr::Custom(err.to_string()))
        })
        .await;
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
        site.visit(&[FLAVOR]).await;
    });
}

#[test]
fn a_visit_before_the_commit_is_not_stored() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&[FLAVOR]).await;
        let addr = site.addr;
        let answer = site
            .act(async move |db| {
                let txn = db.begin().await?;
                name(&txn, "Vanille").await?;
                let visit = http::request(addr, "GET", FLAVOR, &[], b"").await;
                assert_eq!(visit.cache(), "fwd=miss; detail=fenced");
                assert!(visit.text().starts_with("VANILLA"));
                txn.commit().await
            })
            .await;
        assert_eq!(answer.status, 200);
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
        site.visit(&[FLAVOR]).await;
    });
}

#[test]
fn a_rollback_leaves_the_pages_true() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&[FLAVOR]).await;
        site.act(async |db| {
            let txn = db.begin().await?;
            name(&txn, "never").await?;
            txn.rollback().await
        })
        .await;
        assert!(site.get(FLAVOR).await.text().starts_with("VANILLA"));
        site.visit(&[FLAVOR]).await;
    });
}

#[test]
fn a_savepoint_rolled_back_in_a_commit_leaves_the_pages_true() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&[FLAVOR, "/flavors/mint/"]).await;
        site.act(async |db| {
            let txn = db.begin().await?;
            name(&txn, "Vanille").await?;
            let inner = txn.begin().await?;
            name(&inner, "never").await?;
            inner.rollback().await?;
            txn.commit().await
        })
        .await;
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
        site.assert_true(&[FLAVOR, "/flavors/mint/"]).await;
    });
}

#[test]
fn a_page_rendered_before_a_write_is_not_stored_after_it() {
    on_each_database(async || {
        let site = Site::start().await;
        let hold = site.hold(FLAVOR);
        let addr = site.addr;
        let early = rt::spawn(async move { http::request(addr, "GET", FLAVOR, &[], b"").await });
        hold.reached().await;
        site.act(async |db| name(&db, "Vanille").await).await;
        hold.release();
        let early = early.await.unwrap();
        assert!(early.text().starts_with("VANILLA"));
        assert_eq!(early.cache(), "fwd=miss; detail=invalidated");
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
    });
}

#[test]
fn a_visitor_after_a_write_does_not_get_the_page_rendered_before_it() {
    on_each_database(async || {
        let site = Site::start().await;
        let hold = site.hold(FLAVOR);
        let addr = site.addr;
        let early = rt::spawn(async move { http::request(addr, "GET", FLAVOR, &[], b"").await });
        hold.reached().await;
        site.act(async |db| name(&db, "Vanille").await).await;
        // The early render still stands: nobody may wait for it now.
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
        assert!(site.get(FLAVOR).await.is_hit());
        hold.release();
        early.await.unwrap();
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
    });
}

#[test]
fn a_page_rendered_before_a_delete_is_not_stored_after_it() {
    on_each_database(async || {
        let site = Site::start().await;
        let hold = site.hold(FLAVOR);
        let addr = site.addr;
        let early = rt::spawn(async move { http::request(addr, "GET", FLAVOR, &[], b"").await });
        hold.reached().await;
        site.act(async |db| {
            let flavor = flavor::Entity::find_by_id(1).one(&db).await?.unwrap();
            flavor.into_active_model().delete(&db).await.map(drop)
        })
        .await;
        hold.release();
        assert_eq!(early.await.unwrap().status, 200);
        assert_eq!(site.get(FLAVOR).await.status, 404);
    });
}

#[test]
fn a_page_rendered_from_a_transaction_that_is_rolled_back_is_not_stored() {
    on_each_database(async || {
        use actix_web::web;

        let preview = async |db: web::Data<DatabaseConnection>| {
            let txn = db.begin().await.unwrap();
            name(&txn, "never").await.unwrap();
            let flavor = flavor::Entity::find_by_id(1)
                .one(&txn)
                .await
                .unwrap()
                .unwrap();
            txn.rollback().await.unwrap();
            flavor.name
        };
        let site = Site::setup().routes(move |routes| {
            // Under a path that the flavor declares.
            routes.route("/flavors/vanilla/", web::get().to(preview));
        });
        let site = site.start().await;
        let answer = site.get(FLAVOR).await;
        assert_eq!(answer.text(), "never");
        assert_eq!(answer.cache(), "fwd=miss; detail=invalidated");
    });
}

#[test]
fn a_fenced_page_is_not_left_to_the_guess_of_browsers() {
    on_each_database(async || {
        let site = Site::start().await;
        let txn = site.db.begin().await.unwrap();
        name(&txn, "never").await.unwrap();
        let answer = site.get(FLAVOR).await;
        assert_eq!(answer.cache(), "fwd=miss; detail=fenced");
        assert_eq!(answer.header("cache-control").as_deref(), Some("no-cache"));
    });
}

#[test]
fn a_cache_made_while_a_fence_stands_obeys_it() {
    on_each_database(async || {
        let site = hasty_site().await;
        let db = site.db.clone();
        let txn = db.begin().await.unwrap();
        name(&txn, "Vanille").await.unwrap();
        let late = Site::start().await;
        assert_eq!(late.get(FLAVOR).await.cache(), "fwd=miss; detail=fenced");
        txn.commit().await.unwrap();
    });
}
