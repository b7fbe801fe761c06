//! What the database changes by itself, where a `Relation` tells.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, ModelTrait, QueryFilter, Set,
    Statement,
};

use super::shelves::{self, label, shelf};
use super::{assert_kept_true, observed_site};
use crate::alone::on_each_database;
use crate::site::entity::{flavor, flavor_size, size};

#[test]
fn a_delete_takes_the_pages_of_what_goes_with_it() {
    on_each_database(async || {
        let site = shelves::site().await;
        assert_kept_true(&site, &["/spoons/big/", "/shelves/top/"], async |db| {
            shelf::Entity::delete_by_id(1).exec(&db).await.map(drop)
        })
        .await;
        assert_eq!(site.get("/spoons/big/").await.status, 404);
    });
}

#[test]
fn a_delete_with_hooks_takes_the_pages_of_what_goes_with_it() {
    on_each_database(async || {
        let site = shelves::site().await;
        let pages = ["/spoons/big/", "/labels/1/"];
        assert_kept_true(&site, &pages, async |db| {
            let top = shelf::Entity::find_by_id(1).one(&db).await?.unwrap();
            top.delete(&db).await.map(drop)
        })
        .await;
        assert_eq!(site.get("/labels/1/").await.status, 404);
    });
}

#[test]
fn a_delete_drops_the_pages_of_what_it_leaves_without_it() {
    on_each_database(async || {
        let site = shelves::site().await;
        assert_kept_true(&site, &["/jars/jam/"], async |db| {
            shelf::Entity::delete_many()
                .filter(shelf::Column::Code.lt(15))
                .exec(&db)
                .await
                .map(drop)
        })
        .await;
        assert_eq!(site.get("/jars/jam/").await.text(), "jam on nowhere");
    });
}

#[test]
fn an_update_of_what_is_referred_to_drops_the_pages_of_what_refers() {
    on_each_database(async || {
        let site = shelves::site().await;
        assert_kept_true(&site, &["/labels/1/"], async |db| {
            shelf::Entity::update_many()
                .col_expr(shelf::Column::Code, Expr::value(11))
                .filter(shelf::Column::Id.eq(1))
                .exec(&db)
                .await
                .map(drop)
        })
        .await;
        site.visit(&["/labels/1/"]).await;
        site.act(async |db| {
            shelf::Entity::update_many()
                .col_expr(shelf::Column::Slug, Expr::value("same"))
                .exec(&db)
                .await
                .map(drop)
        })
        .await;
        assert!(
            site.get("/labels/1/").await.is_hit(),
            "it refers to the code"
        );
    });
}

#[test]
fn links_that_go_with_either_end_drop_the_other() {
    on_each_database(async || {
        let site = observed_site().await;
        assert_kept_true(&site, &["/flavors/vanilla/"], async |db| {
            size::Entity::delete_by_id(1).exec(&db).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &["/sizes/large/"], async |db| {
            let link = flavor_size::ActiveModel {
                flavor_id: Set(1),
                size_id: Set(2),
            };
            link.insert(&db).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &["/sizes/large/"], async |db| {
            flavor::Entity::delete_by_id(1).exec(&db).await.map(drop)
        })
        .await;
    });
}

#[test]
fn a_page_that_the_key_tells_goes_alone() {
    on_each_database(async || {
        let site = shelves::site().await;
        site.visit(&["/labels/2/"]).await;
        assert_kept_true(&site, &["/labels/1/", "/labels/01/"], async |db| {
            let update = label::Entity::update_many()
                .col_expr(label::Column::Text, Expr::value("new"))
                .filter(label::Column::Id.eq(1));
            update.exec(&db).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &["/labels/1/"], async |db| {
            let backend = db.get_database_backend();
            let sql = "UPDATE label SET text = 'raw' WHERE id IN (1)";
            let raw = Statement::from_string(backend, sql);
            db.execute_raw(raw).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &["/labels/1/"], async |db| {
            label::Entity::delete_by_id(1).exec(&db).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &["/labels/1/"], async |db| {
            let label = label::ActiveModel {
                id: Set(1),
                text: Set("again".to_owned()),
                code: Set(None),
            };
            let insert = label::Entity::insert(label);
            insert.exec_without_returning(&db).await.map(drop)
        })
        .await;
        assert!(site.get("/labels/2/").await.is_hit());
        assert_kept_true(&site, &["/labels/2/", "/labels/3/"], async |db| {
            let update = label::Entity::update_many()
                .col_expr(label::Column::Id, Expr::value(3))
                .filter(label::Column::Id.eq(2));
            update.exec(&db).await.map(drop)
        })
        .await;
    });
}
