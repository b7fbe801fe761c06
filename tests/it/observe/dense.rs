//! Writes of the dense format, which SeaORM spreads over several statements.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, Set,
};

use super::shelves::{self, jar, shelf, spoon};
use super::{assert_kept_true, observed_site};
use crate::alone::on_each_database;
use crate::site::entity::{cake, cake_filling, filling};

const SHELVES: [&str; 6] = [
    "/shelves/top/",
    "/shelves/low/",
    "/jars/jam/",
    "/jars/tea/",
    "/spoons/big/",
    "/spoons/small/",
];

async fn top(db: &DatabaseConnection) -> Result<shelf::ModelEx, DbErr> {
    let shelf = shelf::Entity::load()
        .filter(shelf::Column::Id.eq(1))
        .with(jar::Entity)
        .with(spoon::Entity)
        .one(db)
        .await?;
    Ok(shelf.expect("it is there"))
}

#[test]
fn a_row_with_all_its_relations() {
    on_each_database(async || {
        let site = shelves::site().await;
        let pages = [
            &SHELVES[..],
            &["/shelves/new/", "/jars/new/", "/spoons/new/"],
        ]
        .concat();
        assert_kept_true(&site, &pages, async |db| {
            let shelf = shelf::ActiveModel::builder()
                .set_slug("new")
                .set_code(30)
                .add_jar(jar::ActiveModel::builder().set_slug("new"))
                .add_spoon(spoon::ActiveModel::builder().set_slug("new"));
            shelf.save(&db).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &SHELVES, async |db| {
            let mut top = top(&db).await?.into_active_model();
            top.slug = Set("high".to_owned());
            top.save(&db).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &SHELVES, async |db| {
            let jar = jar::ActiveModel::builder()
                .set_slug("honey")
                .set_shelf(shelf::ActiveModel::builder().set_slug("attic").set_code(40));
            jar.save(&db).await?;
            let low = shelf::Entity::find_by_id(2).one(&db).await?.unwrap();
            let jar = jar::ActiveModel::builder()
                .set_slug("salt")
                .set_shelf(low.into_ex());
            jar.save(&db).await.map(drop)
        })
        .await;
    });
}

#[test]
fn a_changed_child_of_an_unchanged_parent() {
    on_each_database(async || {
        let site = shelves::site().await;
        assert_kept_true(&site, &SHELVES, async |db| {
            let mut top = top(&db).await?.into_active_model();
            top.jars[0].slug = Set("jelly".to_owned());
            top.save(&db).await.map(drop)
        })
        .await;
    });
}

#[test]
fn children_that_are_let_go() {
    on_each_database(async || {
        let site = shelves::site().await;
        assert_kept_true(&site, &SHELVES, async |db| {
            let mut top = top(&db).await?.into_active_model();
            top.jars.replace_all([]);
            top.save(&db).await.map(drop)
        })
        .await;
        assert_eq!(site.get("/jars/jam/").await.text(), "jam on nowhere");
    });
}

#[test]
fn children_that_are_deleted() {
    on_each_database(async || {
        let site = shelves::site().await;
        assert_kept_true(&site, &SHELVES, async |db| {
            let mut top = top(&db).await?.into_active_model();
            top.spoons.replace_all([]);
            top.save(&db).await.map(drop)
        })
        .await;
        assert_eq!(site.get("/spoons/big/").await.status, 404);
    });
}

#[test]
fn links_that_come_and_go() {
    on_each_database(async || {
        let site = observed_site().await;
        let pages = ["/cakes/sponge/", "/fillings/jam/", "/fillings/cream/"];
        assert_kept_true(&site, &pages, async |db| {
            let mut cake = sponge(&db).await?;
            let cream = filling::Entity::find_by_id(2).one(&db).await?.unwrap();
            cake.fillings.push(cream.into_active_model());
            cake.save(&db).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &pages, async |db| {
            let mut cake = sponge(&db).await?;
            cake.fillings.replace_all([]);
            cake.save(&db).await.map(drop)
        })
        .await;
        let links = cake_filling::Entity::find().all(&site.db).await.unwrap();
        assert!(links.is_empty());
    });
}

/// One statement writes several links, of each of which a hook has told.
#[test]
fn links_that_come_and_go_leave_the_pages_of_others() {
    on_each_database(async || {
        let site = observed_site().await;
        let nut = filling::ActiveModel {
            slug: Set("nut".to_owned()),
            ..Default::default()
        };
        dumper::scope(nut.insert(&site.db)).await.unwrap();
        site.visit(&["/fillings/nut/"]).await;
        let pages = ["/cakes/roll/", "/fillings/jam/", "/fillings/cream/"];
        assert_kept_true(&site, &pages, async |db| {
            let fillings = filling::Entity::find().filter(filling::Column::Id.lt(3));
            let mut roll = cake::ActiveModel::builder().set_slug("roll");
            for filling in fillings.all(&db).await? {
                roll = roll.add_filling(filling.into_ex());
            }
            roll.save(&db).await.map(drop)
        })
        .await;
        assert_kept_true(&site, &pages, async |db| {
            let roll = cake::Entity::load().filter(cake::Column::Slug.eq("roll"));
            let roll = roll.with(filling::Entity).one(&db).await?;
            let mut roll = roll.expect("it is there").into_active_model();
            roll.fillings.replace_all([]);
            roll.save(&db).await.map(drop)
        })
        .await;
        assert!(site.get("/fillings/nut/").await.is_hit());
    });
}

async fn sponge(db: &DatabaseConnection) -> Result<cake::ActiveModelEx, DbErr> {
    let cake = cake::Entity::load().filter(cake::Column::Id.eq(1));
    let cake = cake.with(filling::Entity).one(db).await?;
    Ok(cake.expect("it is there").into_active_model())
}

#[test]
fn a_deep_delete() {
    on_each_database(async || {
        let site = observed_site().await;
        assert_kept_true(&site, &["/cakes/sponge/", "/fillings/jam/"], async |db| {
            let cake = cake::Entity::find_by_id(1).one(&db).await?.unwrap();
            cake.cascade_delete(&db).await.map(drop)
        })
        .await;
    });
}

#[test]
fn a_deep_delete_of_a_parent() {
    on_each_database(async || {
        let site = shelves::site().await;
        assert_kept_true(&site, &SHELVES, async |db| {
            let top = shelf::Entity::find_by_id(1).one(&db).await?.unwrap();
            top.cascade_delete(&db).await.map(drop)
        })
        .await;
    });
}
