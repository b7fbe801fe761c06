//! A path of two columns, each of them written by another at the same time.

use actix_web::error::{ErrorInternalServerError, ErrorNotFound};
use actix_web::{Error, web};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseConnection, EntityTrait, IntoActiveModel, QueryFilter,
    Set,
};

use super::writer::Writer;
use crate::alone::on_each_database;
use crate::site::Site;
use crate::site::database::create_table;

mod tub {
    #![allow(
        missing_docs,
        unreachable_pub,
        reason = "an entity as a user writes it"
    )]

    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "tub")]
    #[dumper(paths = "/tubs/{shelf}/{place}/")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub shelf: String,
        pub place: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

const PAGES: [&str; 4] = ["/tubs/1/1/", "/tubs/1/2/", "/tubs/2/1/", "/tubs/2/2/"];

async fn show(
    db: web::Data<DatabaseConnection>,
    place: web::Path<(String, String)>,
) -> Result<String, Error> {
    let (shelf, place) = place.into_inner();
    let tub = tub::Entity::find()
        .filter(tub::Column::Shelf.eq(shelf))
        .filter(tub::Column::Place.eq(place));
    let tub = tub.one(&**db).await.map_err(ErrorInternalServerError)?;
    let tub = tub.ok_or_else(|| ErrorNotFound("no such tub"))?;
    Ok(format!("tub {}", tub.id))
}

/// A site with a tub in the first place of the first shelf.
async fn site() -> (Site, tub::Model) {
    let site = Site::setup().routes(|routes| {
        routes.route("/tubs/{shelf}/{place}/", web::get().to(show));
    });
    let site = site.start().await;
    create_table(&site.db, tub::Entity).await;
    let tub = tub::ActiveModel {
        shelf: Set("1".to_owned()),
        place: Set("1".to_owned()),
        ..Default::default()
    };
    let tub = tub.insert(&site.db).await.unwrap();
    site.visit(&PAGES[..1]).await;
    (site, tub)
}

/// Lets one move the tub to another shelf, and one to another place. Both have
/// read where it was, the second writes before the first knows what it wrote.
async fn overlap(site: &Site, of_shelf: tub::ActiveModel, of_place: tub::ActiveModel) {
    let mut second = Writer::start(&["SELECT"], async move |db| {
        of_place.update(db).await.map(drop)
    });
    second.reached().await;
    let mut first = Writer::start(&["UPDATE"], async move |db| {
        of_shelf.update(db).await.map(drop)
    });
    first.reached().await;
    assert_eq!(site.get("/tubs/2/1/").await.status, 200);
    for path in PAGES {
        site.get(path).await;
    }
    second.release();
    second.done().await.unwrap();
    for path in PAGES {
        site.get(path).await;
    }
    first.release();
    first.done().await.unwrap();
    assert_eq!(site.get("/tubs/2/2/").await.status, 200);
    site.assert_true(&PAGES).await;
    site.visit(&PAGES[3..]).await;
}

#[test]
fn two_writers_of_one_path_who_read_the_row_leave_no_page_between() {
    on_each_database(async || {
        let (site, tub) = site().await;
        let mut of_shelf = tub.into_active_model();
        let mut of_place = of_shelf.clone();
        of_shelf.shelf = Set("2".to_owned());
        of_place.place = Set("2".to_owned());
        overlap(&site, of_shelf, of_place).await;
    });
}

#[test]
fn two_writers_of_one_path_by_models_made_by_hand_leave_no_page_between() {
    on_each_database(async || {
        let (site, tub) = site().await;
        let of_shelf = tub::ActiveModel {
            id: Set(tub.id),
            shelf: Set("2".to_owned()),
            ..Default::default()
        };
        let of_place = tub::ActiveModel {
            id: Set(tub.id),
            place: Set("2".to_owned()),
            ..Default::default()
        };
        overlap(&site, of_shelf, of_place).await;
    });
}

#[test]
fn two_writers_of_one_path_by_models_of_long_ago_leave_no_page_between() {
    on_each_database(async || {
        let (site, tub) = site().await;
        // Since they were read the tub was elsewhere, and has come back.
        let of_shelf = tub::ActiveModel {
            place: sea_orm::Unchanged("3".to_owned()),
            shelf: Set("2".to_owned()),
            ..tub.clone().into_active_model()
        };
        let of_place = tub::ActiveModel {
            shelf: sea_orm::Unchanged("3".to_owned()),
            place: Set("2".to_owned()),
            ..tub.into_active_model()
        };
        overlap(&site, of_shelf, of_place).await;
    });
}
