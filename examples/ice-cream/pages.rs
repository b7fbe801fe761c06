//! The pages that everybody sees, and that are cached.
//!
//! Each is a function of its URL and the database alone: no clock, no cookie, no
//! visitor. That is what makes a page fit for a shared cache. The forms are on
//! the pages of `admin`, which are not cached.

use actix_web::{
    HttpResponse,
    web::{Data, Html, Path},
};
use askama::Template;
use sea_orm::{
    DatabaseConnection, DbErr, EntityTrait, FromQueryResult, ModelTrait, PaginatorTrait,
    QueryOrder, QuerySelect,
};

use crate::{
    entity::{flavor, flavor_size, size},
    error::Error,
};

/// A row as a list shows it.
#[derive(Debug, FromQueryResult)]
pub(crate) struct Entry {
    pub(crate) slug: String,
    pub(crate) name: String,
}

/// Shows the house.
pub(crate) async fn home(db: Data<DatabaseConnection>) -> Result<Html, Error> {
    let db = db.get_ref();
    let page = Home {
        flavors: flavor::Entity::find().count(db).await?,
        offers: flavor_size::Entity::find().count(db).await?,
        sizes: all_sizes(db).await?,
    };
    Ok(Html::new(page.render()?))
}

/// Shows all flavors.
pub(crate) async fn flavors(db: Data<DatabaseConnection>) -> Result<Html, Error> {
    let page = Flavors {
        flavors: all_flavors(db.get_ref()).await?,
    };
    Ok(Html::new(page.render()?))
}

/// Shows a flavor and the sizes it comes in.
pub(crate) async fn flavor(
    db: Data<DatabaseConnection>,
    slug: Path<String>,
) -> Result<Html, Error> {
    let db = db.get_ref();
    let flavor = flavor::Model::by_slug(&slug, db)
        .await?
        .ok_or(Error::NotFound)?;
    let sizes = flavor
        .find_related(size::Entity)
        .select_only()
        .columns([size::Column::Slug, size::Column::Name])
        .order_by_asc(size::Column::Id)
        .into_model()
        .all(db)
        .await?;
    Ok(Html::new(Flavor { flavor, sizes }.render()?))
}

/// Shows the picture of a flavor.
pub(crate) async fn picture(
    db: Data<DatabaseConnection>,
    slug: Path<String>,
) -> Result<HttpResponse, Error> {
    let flavor = flavor::Model::by_slug(&slug, db.get_ref())
        .await?
        .ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type("image/svg+xml")
        .body(flavor.picture))
}

/// Shows a size and the flavors that come in it.
pub(crate) async fn size(db: Data<DatabaseConnection>, slug: Path<String>) -> Result<Html, Error> {
    let db = db.get_ref();
    let size = size::Model::by_slug(&slug, db)
        .await?
        .ok_or(Error::NotFound)?;
    let flavors = size
        .find_related(flavor::Entity)
        .select_only()
        .columns([flavor::Column::Slug, flavor::Column::Name])
        .order_by_asc(flavor::Column::Name)
        .into_model()
        .all(db)
        .await?;
    Ok(Html::new(Size { size, flavors }.render()?))
}

/// Serves the style sheet.
pub(crate) async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .body(include_str!("style.css"))
}

/// Says that there is no such page.
pub(crate) async fn not_found() -> Result<Html, Error> {
    Err(Error::NotFound)
}

/// Lists the flavors by name.
pub(crate) async fn all_flavors(db: &DatabaseConnection) -> Result<Vec<Entry>, DbErr> {
    flavor::Entity::find()
        .select_only()
        .columns([flavor::Column::Slug, flavor::Column::Name])
        .order_by_asc(flavor::Column::Name)
        .into_model()
        .all(db)
        .await
}

/// Lists the sizes, the first one first.
pub(crate) async fn all_sizes(db: &DatabaseConnection) -> Result<Vec<Entry>, DbErr> {
    size::Entity::find()
        .select_only()
        .columns([size::Column::Slug, size::Column::Name])
        .order_by_asc(size::Column::Id)
        .into_model()
        .all(db)
        .await
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    flavors: u64,
    offers: u64,
    sizes: Vec<Entry>,
}

#[derive(Template)]
#[template(path = "flavors.html")]
struct Flavors {
    flavors: Vec<Entry>,
}

#[derive(Template)]
#[template(path = "flavor.html")]
struct Flavor {
    flavor: flavor::Model,
    sizes: Vec<Entry>,
}

#[derive(Template)]
#[template(path = "size.html")]
struct Size {
    size: size::Model,
    flavors: Vec<Entry>,
}
