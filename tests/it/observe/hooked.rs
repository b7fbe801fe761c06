//! Writes that run hooks, of which the statements are observed too.

use actix_web::http::StatusCode;
use dumper_tests::Kind;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel,
    ModelTrait, QueryFilter, Set, TransactionTrait,
};

use super::{FLAVORS, assert_kept_true, observed_site};
use crate::alone::{on_databases, on_each_database};
use crate::http;
use crate::site::Site;
use crate::site::entity::{flavor, flavor_size, vendor};
use crate::writes::vanilla;

fn mango(slug: &str) -> flavor::ActiveModel {
    flavor::ActiveModel {
        slug: Set(slug.to_owned()),
        name: Set(slug.to_uppercase()),
        vendor_id: Set(1),
        ..Default::default()
    }
}

/// Another page of an entity, which only a write that is not told by a hook drops.
async fn assert_spared<T, F>(site: &Site, other: &str, action: T)
where
    T: FnOnce(DatabaseConnection) -> F + Send + 'static,
    F: Future<Output = Result<(), DbErr>> + 'static,
{
    site.visit(&[other]).await;
    let answer = site.act(action).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(site.get(other).await.is_hit(), "{other}");
}

#[test]
fn inserts() {
    on_each_database(async || {
        let site = observed_site().await;
        let pages = ["/flavors/", "/flavors/mango/", "/vendors/north/"];
        assert_kept_true(&site, &pages, async |db| {
            mango("mango").insert(&db).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &["/flavors/", "/vendors/north/"], async |db| {
            mango("lemon").save(&db).await.map(drop)
        })
        .await;
        assert_spared(&site, "/flavors/vanilla/", async |db| {
            mango("plum").insert(&db).await?;
            let both = futures::future::join(mango("fig").insert(&db), mango("date").insert(&db));
            let (fig, date) = both.await;
            fig.and(date).map(drop)
        })
        .await;
        assert_spared(&site, "/flavors/vanilla/", async |db| {
            let link = flavor_size::ActiveModel {
                flavor_id: Set(2),
                size_id: Set(2),
            };
            link.insert(&db).await.map(drop)
        })
        .await;
    });
}

#[test]
fn updates() {
    on_each_database(async || {
        let site = observed_site().await;
        for page in FLAVORS {
            site.get(page).await;
        }
        site.act(async |db| {
            let mut flavor = vanilla(&db).await?;
            flavor.slug = Set("vanille".to_owned());
            flavor.update(&db).await.map(drop)
        })
        .await;
        site.assert_true(&FLAVORS).await;
        site.act(async |db| {
            let mut flavor = vanilla(&db).await?;
            flavor.name = Set("Vanille".to_owned());
            flavor.save(&db).await.map(drop)
        })
        .await;
        site.assert_true(&FLAVORS).await;
        assert_spared(&site, "/flavors/mint/", async |db| {
            for name in ["one", "two"] {
                let mut flavor = vanilla(&db).await?;
                flavor.name = Set(name.to_owned());
                flavor.update(&db).await?;
            }
            Ok(())
        })
        .await;
        assert_spared(&site, "/flavors/mint/", async |db| {
            let txn = db.begin().await?;
            let mut flavor = flavor::Entity::find_by_id(1)
                .one(&txn)
                .await?
                .unwrap()
                .into_active_model();
            flavor.name = Set("three".to_owned());
            flavor.update(&txn).await?;
            txn.commit().await
        })
        .await;
    });
}

#[test]
fn an_update_of_nothing() {
    on_each_database(async || {
        let site = observed_site().await;
        site.visit(&["/flavors/vanilla/"]).await;
        assert_spared(&site, "/flavors/mint/", async |db| {
            let unset = vanilla(&db).await?;
            unset.update(&db).await.map(drop)
        })
        .await;
        site.assert_true(&FLAVORS).await;
    });
}

#[test]
fn an_update_of_a_missing_row() {
    on_each_database(async || {
        let site = observed_site().await;
        site.visit(&FLAVORS).await;
        site.act(async |db| {
            let missing = flavor::ActiveModel {
                id: Set(1_000),
                name: Set("Nothing".to_owned()),
                ..Default::default()
            };
            assert!(missing.update(&db).await.is_err());
            Ok(())
        })
        .await;
        site.assert_true(&FLAVORS).await;
    });
}

#[test]
fn an_update_without_returning() {
    on_each_database(async || {
        let site = observed_site().await;
        site.visit(&FLAVORS).await;
        site.act(async |db| {
            let mut flavor = vanilla(&db).await?;
            flavor.name = Set("Vanille".to_owned());
            flavor.update_without_returning(&db).await.map(drop)
        })
        .await;
        site.assert_true(&FLAVORS).await;
    });
}

/// A flavor takes its links to sizes along, so the pages of all flavors go.
#[test]
fn deletes() {
    on_each_database(async || {
        let site = observed_site().await;
        assert_kept_true(&site, &FLAVORS, async |db| {
            vanilla(&db).await?.delete(&db).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &FLAVORS, async |db| {
            let mint = flavor::Entity::find_by_id(2).one(&db).await?.unwrap();
            mint.delete(&db).await.map(drop)
        })
        .await;
        assert_spared(&site, "/vendors/north/", async |db| {
            let south = vendor::Entity::find_by_id(2).one(&db).await?.unwrap();
            south.delete(&db).await.map(drop)
        })
        .await;
    });
}

#[test]
fn a_bulk_write_after_a_write_that_failed_is_not_taken_for_it() {
    on_each_database(async || {
        let site = observed_site().await;
        site.visit(&["/stories/", "/stories/old/"]).await;
        let addr = site.addr;
        let answer = site
            .act(async move |db| {
                assert!(
                    mango("vanilla").insert(&db).await.is_err(),
                    "the slug is taken"
                );
                flavor::Entity::insert(mango("mango")).exec(&db).await?;
                // Neither stored nor served from then on.
                let page = http::request(addr, "GET", "/flavors/mint/", &[], b"").await;
                assert!(!page.is_stored(), "{page:?}");
                Ok(())
            })
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(site.get("/stories/").await.is_hit());
    });
}

#[test]
fn a_bulk_write_between_two_saves_leaves_nothing_stale() {
    on_each_database(async || {
        let site = observed_site().await;
        assert_kept_true(&site, &FLAVORS, async |db| {
            let mut flavor = vanilla(&db).await?;
            flavor.name = Set("Vanille".to_owned());
            flavor.update(&db).await?;
            flavor::Entity::update_many()
                .col_expr(flavor::Column::Name, Expr::value("All"))
                .filter(flavor::Column::Id.gt(1))
                .exec(&db)
                .await?;
            let mut flavor = vanilla(&db).await?;
            flavor.slug = Set("vanille".to_owned());
            flavor.update(&db).await.map(drop)
        })
        .await;
        // The fences are gone.
        site.visit(&["/flavors/vanille/", "/flavors/mint/"]).await;
    });
}

/// The save has read which vendor it belongs to, and does not see its new name. On
/// SQLite, which has one writer at a time, the rename would wait for the save.
#[test]
fn a_bulk_rename_of_a_related_row_is_dropped_by_the_save_that_read_it() {
    on_databases(&[Kind::Postgres, Kind::MariaDb], async || {
        let site = observed_site().await;
        let addr = site.addr;
        let rename = site.prepare(async |db| {
            vendor::Entity::update_many()
                .col_expr(vendor::Column::Slug, Expr::value("nord"))
                .filter(vendor::Column::Id.eq(1))
                .exec(&db)
                .await?;
            Ok(StatusCode::OK)
        });
        let answer = site
            .act(async move |db| {
                let txn = db.begin().await?;
                let mint = flavor::Entity::find_by_id(2).one(&txn).await?;
                let mut mint = mint.expect("it is there").into_active_model();
                mint.name = Set("Menthe".to_owned());
                mint.update(&txn).await?;
                let renamed = http::request(addr, "POST", &rename, &[], b"").await;
                assert_eq!(renamed.status, 200);
                let page = http::request(addr, "GET", "/vendors/nord/", &[], b"").await;
                assert_eq!((page.status, page.is_stored()), (200, false));
                txn.commit().await
            })
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        site.assert_true(&["/vendors/nord/", "/vendors/north/", "/flavors/mint/"])
            .await;
    });
}
