//! The pages of the site, as plain text: all that a row is shown on.

use actix_web::error::{ErrorInternalServerError, ErrorNotFound};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{Error, HttpRequest};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, EntityTrait, ModelTrait, QueryFilter, QueryOrder,
};

use super::State;
use super::entity::{cake, filling, flavor, note, sign, size, story, vendor};

type Db = Data<DatabaseConnection>;
type Page = Result<String, Error>;

pub(super) fn routes(routes: &mut ServiceConfig) {
    routes
        .route("/flavors/", web::get().to(flavors))
        .route("/flavors/{slug}/", web::get().to(flavor))
        .route("/items/{id}/", web::get().to(item))
        .route("/vendors/{slug}/", web::get().to(vendor))
        .route("/sizes/{slug}/", web::get().to(size))
        .route("/cakes/{slug}/", web::get().to(cake))
        .route("/fillings/{slug}/", web::get().to(filling))
        .route("/stories/", web::get().to(stories))
        .route("/stories/{slug}/", web::get().to(story))
        .route("/sign/", web::get().to(sign))
        .route("/admin/", web::get().to(admin));
}

async fn flavors(req: HttpRequest, db: Db, state: Data<State>) -> Page {
    let flavors = flavor::Entity::find().order_by_asc(flavor::Column::Slug);
    let flavors = flavors.all(&**db).await.map_err(failed)?;
    state.rendered(req.path()).await;
    Ok(format!(
        "flavors: {}",
        names(flavors.iter().map(|flavor| &flavor.name))
    ))
}

async fn flavor(req: HttpRequest, db: Db, state: Data<State>, slug: web::Path<String>) -> Page {
    let query = flavor::Entity::find().filter(flavor::Column::Slug.eq(slug.as_str()));
    let flavor = query.one(&**db).await.map_err(failed)?;
    show_flavor(&req, &db, &state, flavor).await
}

/// A page that is found by a number, however it is written.
async fn item(req: HttpRequest, db: Db, state: Data<State>, id: web::Path<i32>) -> Page {
    let flavor = flavor::Entity::find_by_id(*id)
        .one(&**db)
        .await
        .map_err(failed)?;
    show_flavor(&req, &db, &state, flavor).await
}

async fn show_flavor(
    req: &HttpRequest,
    db: &Db,
    state: &State,
    flavor: Option<flavor::Model>,
) -> Page {
    let Some(flavor) = flavor else {
        state.rendered(req.path()).await;
        return Err(ErrorNotFound("no such flavor"));
    };
    let read = async {
        let vendor = flavor.find_related(vendor::Entity).one(&***db).await?;
        let sizes = flavor
            .find_related(size::Entity)
            .order_by_asc(size::Column::Slug);
        let sizes = sizes.all(&***db).await?;
        let notes = notes(db, "flavor", flavor.id).await?;
        Ok((vendor, sizes, notes))
    };
    let (vendor, sizes, notes) = read.await.map_err(failed)?;
    state.rendered(req.path()).await;
    Ok(format!(
        "{}: by {}; sizes {}; notes {notes}",
        flavor.name,
        vendor.map_or_else(String::new, |vendor| vendor.name),
        names(sizes.iter().map(|size| &size.slug)),
    ))
}

async fn vendor(req: HttpRequest, db: Db, state: Data<State>, slug: web::Path<String>) -> Page {
    let query = vendor::Entity::find().filter(vendor::Column::Slug.eq(slug.as_str()));
    let vendor = query.one(&**db).await.map_err(failed)?;
    let vendor = vendor.ok_or_else(|| ErrorNotFound("no such vendor"))?;
    let flavors = vendor
        .find_related(flavor::Entity)
        .order_by_asc(flavor::Column::Slug);
    let flavors = flavors.all(&**db).await.map_err(failed)?;
    let notes = notes(&db, "vendor", vendor.id).await.map_err(failed)?;
    state.rendered(req.path()).await;
    let flavors = names(flavors.iter().map(|flavor| &flavor.name));
    Ok(format!("{}: flavors {flavors}; notes {notes}", vendor.name))
}

async fn size(req: HttpRequest, db: Db, state: Data<State>, slug: web::Path<String>) -> Page {
    let query = size::Entity::find().filter(size::Column::Slug.eq(slug.as_str()));
    let size = query.one(&**db).await.map_err(failed)?;
    let size = size.ok_or_else(|| ErrorNotFound("no such size"))?;
    let flavors = size
        .find_related(flavor::Entity)
        .order_by_asc(flavor::Column::Slug);
    let flavors = flavors.all(&**db).await.map_err(failed)?;
    state.rendered(req.path()).await;
    let flavors = names(flavors.iter().map(|flavor| &flavor.name));
    Ok(format!("{}: flavors {flavors}", size.slug))
}

async fn cake(req: HttpRequest, db: Db, state: Data<State>, slug: web::Path<String>) -> Page {
    let query = cake::Entity::find().filter(cake::Column::Slug.eq(slug.as_str()));
    let cake = query.one(&**db).await.map_err(failed)?;
    let cake = cake.ok_or_else(|| ErrorNotFound("no such cake"))?;
    let fillings = cake
        .find_related(filling::Entity)
        .order_by_asc(filling::Column::Slug);
    let fillings = fillings.all(&**db).await.map_err(failed)?;
    state.rendered(req.path()).await;
    let fillings = names(fillings.iter().map(|filling| &filling.slug));
    Ok(format!("{}: fillings {fillings}", cake.slug))
}

async fn filling(req: HttpRequest, db: Db, state: Data<State>, slug: web::Path<String>) -> Page {
    let query = filling::Entity::find().filter(filling::Column::Slug.eq(slug.as_str()));
    let filling = query.one(&**db).await.map_err(failed)?;
    let filling = filling.ok_or_else(|| ErrorNotFound("no such filling"))?;
    let cakes = filling
        .find_related(cake::Entity)
        .order_by_asc(cake::Column::Slug);
    let cakes = cakes.all(&**db).await.map_err(failed)?;
    state.rendered(req.path()).await;
    let cakes = names(cakes.iter().map(|cake| &cake.slug));
    Ok(format!("{}: cakes {cakes}", filling.slug))
}

async fn stories(req: HttpRequest, db: Db, state: Data<State>) -> Page {
    let stories = story::Entity::find().order_by_asc(story::Column::Slug);
    let stories = stories.all(&**db).await.map_err(failed)?;
    state.rendered(req.path()).await;
    Ok(format!(
        "stories: {}",
        names(stories.iter().map(|story| &story.slug))
    ))
}

async fn story(req: HttpRequest, db: Db, state: Data<State>, slug: web::Path<String>) -> Page {
    let query = story::Entity::find().filter(story::Column::Slug.eq(slug.as_str()));
    let story = query.one(&**db).await.map_err(failed)?;
    state.rendered(req.path()).await;
    let story = story.ok_or_else(|| ErrorNotFound("no such story"))?;
    Ok(story.text)
}

async fn sign(req: HttpRequest, db: Db, state: Data<State>) -> Page {
    let sign = sign::Entity::find_by_id(1)
        .one(&**db)
        .await
        .map_err(failed)?;
    state.rendered(req.path()).await;
    Ok(sign.map_or_else(String::new, |sign| sign.text))
}

async fn admin(req: HttpRequest, state: Data<State>) -> Page {
    state.rendered(req.path()).await;
    Ok("admin".to_owned())
}

async fn notes(db: &Db, owner: &str, id: i32) -> Result<String, DbErr> {
    let notes = note::Entity::find()
        .filter(note::Column::Owner.eq(owner))
        .filter(note::Column::OwnerId.eq(id))
        .order_by_asc(note::Column::Id);
    let notes = notes.all(&***db).await?;
    Ok(names(notes.iter().map(|note| &note.text)))
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn failed(err: DbErr) -> Error {
    ErrorInternalServerError(err)
}
