//! Writes that run no hook.

use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set, Statement,
    TransactionTrait,
};

use super::{FLAVORS, assert_kept_true, observed_site};
use crate::alone::on_each_database;
use crate::http;
use crate::site::entity::{flavor, flavor_size, note, sign, vendor};

fn mango(slug: &str) -> flavor::ActiveModel {
    flavor::ActiveModel {
        slug: Set(slug.to_owned()),
        name: Set(slug.to_uppercase()),
        vendor_id: Set(1),
        ..Default::default()
    }
}

const WITH_MANGO: [&str; 3] = ["/flavors/", "/flavors/mango/", "/vendors/north/"];

#[test]
fn an_insert_without_hooks() {
    on_each_database(async || {
        let site = observed_site().await;
        assert_kept_true(&site, &WITH_MANGO, async |db| {
            flavor::Entity::insert(mango("mango")).exec(&db).await?;
            Ok(())
        })
        .await;
        assert_kept_true(&site, &["/flavors/", "/vendors/north/"], async |db| {
            let insert = flavor::Entity::insert(mango("lemon"));
            insert.exec_with_returning(&db).await?;
            Ok(())
        })
        .await;
        assert_kept_true(&site, &["/flavors/", "/vendors/north/"], async |db| {
            let insert = flavor::Entity::insert(mango("peach"));
            insert.exec_without_returning(&db).await?;
            Ok(())
        })
        .await;
    });
}

#[test]
fn an_insert_of_many() {
    on_each_database(async || {
        let site = observed_site().await;
        assert_kept_true(&site, &WITH_MANGO, async |db| {
            let many = [mango("mango"), mango("lemon")];
            flavor::Entity::insert_many(many).exec(&db).await?;
            Ok(())
        })
        .await;
        assert_kept_true(&site, &["/flavors/", "/vendors/north/"], async |db| {
            let insert = flavor::Entity::insert_many([mango("peach"), mango("plum")]);
            insert.exec_without_returning(&db).await?;
            Ok(())
        })
        .await;
        assert_kept_true(&site, &["/flavors/vanilla/", "/sizes/large/"], async |db| {
            let link = flavor_size::ActiveModel {
                flavor_id: Set(1),
                size_id: Set(2),
            };
            let insert = flavor_size::Entity::insert_many([link]);
            insert.exec_without_returning(&db).await?;
            Ok(())
        })
        .await;
        if site.db.support_returning() {
            assert_kept_true(&site, &["/flavors/", "/vendors/north/"], async |db| {
                let insert = flavor::Entity::insert_many([mango("fig"), mango("date")]);
                insert.exec_with_returning(&db).await?;
                Ok(())
            })
            .await;
        }
    });
}

#[test]
fn upserts() {
    on_each_database(async || {
        let site = observed_site().await;
        assert_kept_true(&site, &FLAVORS, async |db| {
            let mut vanilla = mango("vanilla");
            vanilla.name = Set("Vanille".to_owned());
            let on_conflict = OnConflict::column(flavor::Column::Slug)
                .update_column(flavor::Column::Name)
                .to_owned();
            let insert = flavor::Entity::insert(vanilla).on_conflict(on_conflict);
            insert.exec_without_returning(&db).await?;
            Ok(())
        })
        .await;
    });
}

#[test]
fn an_update_without_hooks() {
    on_each_database(async || {
        let site = observed_site().await;
        assert_kept_true(&site, &FLAVORS, async |db| {
            let vanille = flavor::ActiveModel {
                id: Set(1),
                slug: Set("vanille".to_owned()),
                name: Set("Vanille".to_owned()),
                ..Default::default()
            };
            flavor::Entity::update(vanille).exec(&db).await?;
            Ok(())
        })
        .await;
    });
}

#[test]
fn an_update_of_many() {
    on_each_database(async || {
        let site = observed_site().await;
        let rename = || {
            flavor::Entity::update_many()
                .col_expr(flavor::Column::Name, Expr::cust("concat(name, '!')"))
        };
        assert_kept_true(&site, &FLAVORS, async move |db| {
            rename().exec(&db).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &FLAVORS, async move |db| {
            let one = rename().filter(flavor::Column::Id.eq(1));
            one.exec(&db).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &FLAVORS, async move |db| {
            let txn = db.begin().await?;
            rename().exec(&txn).await?;
            txn.commit().await
        })
        .await;
        if site.db.support_returning() {
            assert_kept_true(&site, &FLAVORS, async move |db| {
                rename().exec_with_returning(&db).await.map(drop)
            })
            .await;
        }
    });
}

#[test]
fn a_delete_without_hooks() {
    on_each_database(async || {
        let site = observed_site().await;
        assert_kept_true(&site, &FLAVORS, async |db| {
            flavor::Entity::delete_by_id(2).exec(&db).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &FLAVORS, async |db| {
            let vanilla = flavor::ActiveModel {
                id: Set(1),
                ..Default::default()
            };
            flavor::Entity::delete(vanilla).exec(&db).await.map(drop)
        })
        .await;
    });
}

#[test]
fn a_delete_of_many() {
    on_each_database(async || {
        let site = observed_site().await;
        assert_kept_true(&site, &FLAVORS, async |db| {
            let mint = flavor::Entity::delete_many().filter(flavor::Column::Slug.eq("mint"));
            mint.exec(&db).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &["/flavors/vanilla/", "/sizes/small/"], async |db| {
            flavor_size::Entity::delete_many().exec(&db).await.map(drop)
        })
        .await;
        if site.db.support_returning() {
            assert_kept_true(&site, &FLAVORS, async |db| {
                flavor::Entity::delete_many()
                    .exec_with_returning(&db)
                    .await
                    .map(drop)
            })
            .await;
        }
    });
}

#[test]
fn raw_statements() {
    on_each_database(async || {
        let site = observed_site().await;
        assert_kept_true(&site, &FLAVORS, async |db| {
            let update = Query::update()
                .table(flavor::Entity)
                .value(flavor::Column::Name, "Executed")
                .to_owned();
            db.execute(&update).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &FLAVORS, async |db| {
            let backend = db.get_database_backend();
            let sql = "update Flavor set name = 'Raw' -- all of them";
            // MariaDB tells tables apart by their case.
            let sql = sql.replace("Flavor", "flavor");
            db.execute_raw(Statement::from_string(backend, sql))
                .await
                .map(drop)
        })
        .await;
        if site.db.support_returning() {
            assert_kept_true(&site, &FLAVORS, async |db| {
                let backend = db.get_database_backend();
                let sql = "UPDATE flavor SET name = 'Queried' RETURNING id";
                db.query_all_raw(Statement::from_string(backend, sql))
                    .await
                    .map(drop)
            })
            .await;
        }
        assert_kept_true(
            &site,
            &["/flavors/vanilla/", "/flavors/mint/"],
            async |db| {
                let backend = db.get_database_backend();
                let sql = "INSERT INTO note (owner, owner_id, text) \
                       SELECT 'flavor', id, 'new' FROM flavor";
                db.execute_raw(Statement::from_string(backend, sql))
                    .await
                    .map(drop)
            },
        )
        .await;
    });
}

#[test]
fn an_entity_with_a_function_drops_all_pages() {
    on_each_database(async || {
        dumper::register::<sign::Entity>(|_| vec!["/sign/".to_owned()]);
        let site = observed_site().await;
        site.visit(&["/flavors/"]).await;
        assert_kept_true(&site, &["/sign/"], async |db| {
            let close =
                sign::Entity::update_many().col_expr(sign::Column::Text, Expr::value("closed"));
            close.exec(&db).await.map(drop)
        })
        .await;
        assert!(!site.get("/flavors/").await.is_hit());
    });
}

#[test]
fn pages_of_other_entities_stay() {
    on_each_database(async || {
        let site = observed_site().await;
        let others = ["/cakes/sponge/", "/stories/", "/sign/"];
        site.visit(&others).await;
        site.act(async |db| {
            vendor::Entity::update_many()
                .col_expr(vendor::Column::Name, Expr::value("Both"))
                .exec(&db)
                .await?;
            note::Entity::delete_many().exec(&db).await.map(drop)
        })
        .await;
        for page in others {
            assert!(site.get(page).await.is_hit(), "{page}");
        }
    });
}

#[test]
fn every_entity_of_the_table_is_reached() {
    mod menu {
        use dumper::Dumped;
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
        #[sea_orm(table_name = "flavor")]
        #[dumper(paths = "/sign/")]
        pub(crate) struct Model {
            #[sea_orm(primary_key)]
            pub(crate) id: i32,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub(crate) enum Relation {}
    }
    on_each_database(async || {
        dumper::register_derived::<menu::Entity>();
        let site = observed_site().await;
        site.visit(&["/sign/"]).await;
        site.act(async |db| {
            let all = flavor::Entity::update_many();
            let all = all.col_expr(flavor::Column::Name, Expr::value("All"));
            all.exec(&db).await.map(drop)
        })
        .await;
        site.visit(&["/sign/"]).await;
        assert_eq!(site.renders("/sign/"), 2);
        // A hook tells of its own entity alone.
        site.act(async |db| mango("mango").insert(&db).await.map(drop))
            .await;
        site.visit(&["/sign/"]).await;
        assert_eq!(site.renders("/sign/"), 3);
    });
}

/// A transaction is done when the request is, not when the statement is.
#[test]
fn a_page_rendered_between_the_statement_and_the_commit_is_not_stored() {
    on_each_database(async || {
        let site = observed_site().await;
        site.visit(&["/flavors/"]).await;
        let addr = site.addr;
        let answer = site
            .act(async move |db| {
                let txn = db.begin().await?;
                vendor::Entity::delete_by_id(2).exec(&txn).await?;
                let page = http::request(addr, "GET", "/vendors/north/", &[], b"").await;
                assert!(!page.is_stored(), "{page:?}");
                txn.commit().await
            })
            .await;
        assert_eq!(answer.status, 200);
        site.visit(&["/vendors/north/"]).await;
    });
}
