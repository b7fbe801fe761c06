//! The pages of the site, as plain text: the marks and revisions of all rows that
//! they show.

use std::fmt::Write;
use std::time::Duration;

use actix_web::Error;
use actix_web::error::{ErrorInternalServerError, ErrorNotFound};
use actix_web::web::{self, Data, ServiceConfig};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, ModelTrait, QueryFilter};

use crate::entity::{flavor, note, size, sundae, topping, vendor};
use crate::site::{State, count};

type Text = Result<String, Error>;

pub(crate) fn routes(routes: &mut ServiceConfig) {
    routes
        .route("/flavors/", web::get().to(flavors))
        .route("/flavors/{slug}/", web::get().to(flavor))
        .route("/vendors/{slug}/", web::get().to(vendor))
        .route("/sizes/{slug}/", web::get().to(size))
        .route("/sundaes/{slug}/", web::get().to(sundae))
        .route("/boards/{board}/", web::get().to(board));
}

async fn flavors(state: Data<State>) -> Text {
    let flavors = flavor::Entity::find().all(&state.db).await;
    let mut text = String::new();
    for flavor in flavors.map_err(failed)? {
        show(&mut text, 'f', flavor.mark, flavor.rev);
    }
    finish(&state, text).await
}

async fn flavor(state: Data<State>, slug: web::Path<String>) -> Text {
    let query = flavor::Entity::find().filter(flavor::Column::Slug.eq(slug.as_str()));
    let flavor = query.one(&state.db).await.map_err(failed)?;
    let flavor = flavor.ok_or_else(|| ErrorNotFound("no such flavor"))?;
    let mut text = String::new();
    show(&mut text, 'f', flavor.mark, flavor.rev);
    linger().await;
    let vendor = flavor.find_related(vendor::Entity).one(&state.db).await;
    if let Some(vendor) = vendor.map_err(failed)? {
        show(&mut text, 'v', vendor.mark, vendor.rev);
    }
    linger().await;
    let sizes = flavor.find_related(size::Entity).all(&state.db).await;
    for size in sizes.map_err(failed)? {
        show(&mut text, 's', size.mark, size.rev);
    }
    finish(&state, text).await
}

async fn vendor(state: Data<State>, slug: web::Path<String>) -> Text {
    let query = vendor::Entity::find().filter(vendor::Column::Slug.eq(slug.as_str()));
    let vendor = query.one(&state.db).await.map_err(failed)?;
    let vendor = vendor.ok_or_else(|| ErrorNotFound("no such vendor"))?;
    let mut text = String::new();
    show(&mut text, 'v', vendor.mark, vendor.rev);
    linger().await;
    let flavors = vendor.find_related(flavor::Entity).all(&state.db).await;
    for flavor in flavors.map_err(failed)? {
        show(&mut text, 'f', flavor.mark, flavor.rev);
    }
    finish(&state, text).await
}

async fn size(state: Data<State>, slug: web::Path<String>) -> Text {
    let query = size::Entity::find().filter(size::Column::Slug.eq(slug.as_str()));
    let size = query.one(&state.db).await.map_err(failed)?;
    let size = size.ok_or_else(|| ErrorNotFound("no such size"))?;
    let mut text = String::new();
    show(&mut text, 's', size.mark, size.rev);
    linger().await;
    let flavors = size.find_related(flavor::Entity).all(&state.db).await;
    for flavor in flavors.map_err(failed)? {
        show(&mut text, 'f', flavor.mark, flavor.rev);
    }
    finish(&state, text).await
}

async fn sundae(state: Data<State>, slug: web::Path<String>) -> Text {
    let query = sundae::Entity::find().filter(sundae::Column::Slug.eq(slug.as_str()));
    let sundae = query.one(&state.db).await.map_err(failed)?;
    let sundae = sundae.ok_or_else(|| ErrorNotFound("no such sundae"))?;
    let mut text = String::new();
    show(&mut text, 'u', sundae.mark, sundae.rev);
    linger().await;
    let toppings = sundae.find_related(topping::Entity).all(&state.db).await;
    for topping in toppings.map_err(failed)? {
        show(&mut text, 't', topping.mark, topping.rev);
    }
    finish(&state, text).await
}

async fn board(state: Data<State>, board: web::Path<i64>) -> Text {
    let query = note::Entity::find().filter(note::Column::Board.eq(*board));
    let mut text = String::new();
    for note in query.all(&state.db).await.map_err(failed)? {
        show(&mut text, 'n', note.mark, note.rev);
    }
    finish(&state, text).await
}

fn show(text: &mut String, letter: char, mark: i64, rev: i64) {
    let _ = write!(text, "{letter}{mark}:{rev} ");
}

/// Now and then a render is slow between two of its queries.
async fn linger() {
    if fastrand::u8(..) < 16 {
        tokio::time::sleep(Duration::from_micros(fastrand::u64(..10_000))).await;
    }
}

/// Now and then it is slow when it has read all, or never comes to its end.
async fn finish(state: &State, text: String) -> Text {
    count(&state.counts.renders);
    match fastrand::u16(..1_000) {
        0 => {
            count(&state.counts.panics);
            std::panic::resume_unwind(Box::new("as told"));
        }
        1..300 => tokio::time::sleep(Duration::from_micros(fastrand::u64(..20_000))).await,
        _ => {}
    }
    Ok(text)
}

fn failed(err: DbErr) -> Error {
    ErrorInternalServerError(err)
}
