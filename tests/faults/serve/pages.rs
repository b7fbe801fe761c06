//! The pages of the site: the marks and revisions of all rows that they show.

use std::fmt::Write;
use std::time::Duration;

use actix_web::error::ErrorInternalServerError;
use actix_web::http::header;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{Error, HttpRequest, HttpResponse};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, ModelTrait, QueryFilter, QueryOrder};
use tokio::time::sleep;

use super::State;
use super::entity::{item, notice, shelf};
use crate::body;

type Answer = Result<HttpResponse, Error>;

pub(super) fn routes(routes: &mut ServiceConfig) {
    routes
        .route("/items/{slug}/", web::get().to(item_by_slug))
        .route("/items/by-mark/{mark}/", web::get().to(item_by_mark))
        .route("/shelves/{mark}/", web::get().to(shelf))
        .route("/notices/{mark}/", web::get().to(notice));
}

async fn item_by_slug(state: Data<State>, slug: web::Path<String>, req: HttpRequest) -> Answer {
    let query = item::Entity::find().filter(item::Column::Slug.eq(slug.as_str()));
    let item = query.one(&state.db).await.map_err(failed)?;
    show_item(&state, item, &req).await
}

async fn item_by_mark(state: Data<State>, mark: web::Path<i64>, req: HttpRequest) -> Answer {
    let item = item::Entity::find_by_id(*mark).one(&state.db).await;
    show_item(&state, item.map_err(failed)?, &req).await
}

async fn show_item(state: &State, item: Option<item::Model>, req: &HttpRequest) -> Answer {
    let Some(item) = item else {
        return Ok(HttpResponse::NotFound().body("there is no such item"));
    };
    let mut rows = String::new();
    add_item(&mut rows, &item);
    linger().await;
    let shelf = item.find_related(shelf::Entity).one(&state.db).await;
    if let Some(shelf) = shelf.map_err(failed)? {
        let _ = write!(rows, "s{}:{} ", shelf.mark, shelf.rev);
    }
    finish(state, req, &rows).await
}

async fn shelf(state: Data<State>, mark: web::Path<i64>, req: HttpRequest) -> Answer {
    let shelf = shelf::Entity::find_by_id(*mark).one(&state.db).await;
    let Some(shelf) = shelf.map_err(failed)? else {
        return Ok(HttpResponse::NotFound().body("there is no such shelf"));
    };
    let mut rows = format!("s{}:{} ", shelf.mark, shelf.rev);
    linger().await;
    let items = shelf.find_related(item::Entity);
    let items = items.order_by_asc(item::Column::Mark).all(&state.db).await;
    for item in items.map_err(failed)? {
        add_item(&mut rows, &item);
    }
    finish(&state, &req, &rows).await
}

async fn notice(state: Data<State>, mark: web::Path<i64>, req: HttpRequest) -> Answer {
    let notice = notice::Entity::find_by_id(*mark).one(&state.db).await;
    let Some(notice) = notice.map_err(failed)? else {
        return Ok(HttpResponse::NotFound().body("there is no such notice"));
    };
    if *mark > 0 {
        dumper::tag(&tag(*mark));
    }
    finish(&state, &req, &format!("n{}:{} ", notice.mark, notice.rev)).await
}

/// The tag that the page of a notice is filed under.
pub(super) fn tag(mark: i64) -> String {
    format!("notice-{mark}")
}

fn add_item(rows: &mut String, item: &item::Model) {
    let name = item.slug.trim_start_matches("item-");
    let _ = write!(
        rows,
        "i{}:{}:{name}:{} ",
        item.mark, item.rev, item.shelf_mark
    );
}

/// Now and then a render is slow between two of its queries.
async fn linger() {
    if fastrand::u8(..4) == 0 {
        sleep(Duration::from_micros(fastrand::u64(..6_000))).await;
    }
}

/// All are slow when they have read all, and some slower than any write.
async fn finish(state: &State, req: &HttpRequest, rows: &str) -> Answer {
    let longest = if fastrand::u8(..8) == 0 {
        400_000
    } else {
        12_000
    };
    sleep(Duration::from_micros(fastrand::u64(..longest))).await;
    let language = language(req);
    let title = format!("{} {language} {}", req.uri(), state.release);
    let body = body::write(&title, rows);
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain"))
        .insert_header((header::VARY, "Accept-Language"))
        .body(body))
}

/// The language that is asked for.
pub(super) fn language(req: &HttpRequest) -> &str {
    let language = req.headers().get(header::ACCEPT_LANGUAGE);
    language
        .and_then(|language| language.to_str().ok())
        .unwrap_or("en")
}

fn failed(err: DbErr) -> Error {
    ErrorInternalServerError(err)
}
