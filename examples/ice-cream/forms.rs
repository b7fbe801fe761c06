//! The forms: what changes the database.
//!
//! Nothing here speaks of the cache. The hooks of the entities drop the pages
//! that a write makes stale, as long as writes go through the hooks: `insert`,
//! `update`, `save` and `delete` of an active model, and `delete` of a model, do;
//! `Entity::insert`, `insert_many`, `update_many` and `delete_many` do not, nor do
//! cascades in the database.
//!
//! A hook cannot see that a write fails. Its pages are then not stored for ten
//! seconds, since for all it knows the write may still be on its way. So a slug
//! that is taken is looked for first, and left to the database only in a race.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Form, Path},
};
use askama::filters::urlencode_strict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseConnection, EntityTrait, IntoActiveModel, ModelTrait,
    QueryFilter, Set, SqlErr, TransactionTrait,
};

use crate::{
    entity::{flavor, flavor_size, size},
    error::Error,
    input::{Action, FlavorForm, OfferForm, SizeForm},
    picture,
};

/// Adds a flavor.
pub(crate) async fn create_flavor(
    db: Data<DatabaseConnection>,
    form: Form<FlavorForm>,
) -> Result<HttpResponse, Error> {
    let db = db.get_ref();
    let form = form.into_inner();
    if flavor::Model::is_taken(&form.slug.0, None, db).await? {
        return Err(Error::taken(&form.slug.0));
    }
    let flavor = flavor::ActiveModel {
        picture: Set(picture::draw(&form.name.0)?),
        slug: Set(form.slug.0.clone()),
        name: Set(form.name.0),
        description: Set(form.description.0),
        ..Default::default()
    };
    let flavor = flavor
        .insert(db)
        .await
        .map_err(|err| Error::saving(err, &form.slug.0))?;
    Ok(see("flavors", &flavor.slug))
}

/// Changes a flavor.
pub(crate) async fn edit_flavor(
    db: Data<DatabaseConnection>,
    slug: Path<String>,
    form: Form<FlavorForm>,
) -> Result<HttpResponse, Error> {
    let db = db.get_ref();
    let form = form.into_inner();
    let flavor = flavor::Model::by_slug(&slug, db)
        .await?
        .ok_or(Error::NotFound)?;
    if flavor::Model::is_taken(&form.slug.0, Some(flavor.id), db).await? {
        return Err(Error::taken(&form.slug.0));
    }
    let mut flavor = flavor.into_active_model();
    flavor.picture = Set(picture::draw(&form.name.0)?);
    flavor.slug = Set(form.slug.0.clone());
    flavor.name = Set(form.name.0);
    flavor.description = Set(form.description.0);
    let flavor = flavor
        .update(db)
        .await
        .map_err(|err| Error::saving(err, &form.slug.0))?;
    Ok(see("flavors", &flavor.slug))
}

/// Deletes a flavor with its offers.
pub(crate) async fn delete_flavor(
    db: Data<DatabaseConnection>,
    slug: Path<String>,
) -> Result<HttpResponse, Error> {
    let txn = db.begin().await?;
    let flavor = flavor::Model::by_slug(&slug, &txn)
        .await?
        .ok_or(Error::NotFound)?;
    let offers = flavor_size::Entity::find()
        .filter(flavor_size::Column::FlavorId.eq(flavor.id))
        .all(&txn)
        .await?;
    // One by one, since a `delete_many` would leave the pages of the sizes as
    // they are.
    for offer in offers {
        offer.delete(&txn).await?;
    }
    flavor.delete(&txn).await?;
    txn.commit().await?;
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/flavors/"))
        .finish())
}

/// Offers a flavor in a size, or no longer.
pub(crate) async fn change_offer(
    db: Data<DatabaseConnection>,
    slug: Path<String>,
    form: Form<OfferForm>,
) -> Result<HttpResponse, Error> {
    let db = db.get_ref();
    let flavor = flavor::Model::by_slug(&slug, db)
        .await?
        .ok_or(Error::NotFound)?;
    let size = size::Model::by_slug(&form.size, db)
        .await?
        .ok_or_else(|| Error::Rejected(format!("there is no size “{}”", form.size)))?;
    let offer = flavor_size::Entity::find_by_id((flavor.id, size.id))
        .one(db)
        .await?;
    match (form.action, offer) {
        (Action::Add, None) => add_offer(&flavor, &size, db).await?,
        (Action::Remove, Some(offer)) => {
            offer.delete(db).await?;
        }
        (Action::Add, Some(_)) | (Action::Remove, None) => {}
    }
    Ok(see("flavors", &flavor.slug))
}

async fn add_offer(
    flavor: &flavor::Model,
    size: &size::Model,
    db: &DatabaseConnection,
) -> Result<(), Error> {
    let offer = flavor_size::ActiveModel {
        flavor_id: Set(flavor.id),
        size_id: Set(size.id),
    };
    match offer.insert(db).await {
        Ok(_) => Ok(()),
        Err(err) => match err.sql_err() {
            // Somebody else was faster.
            Some(SqlErr::UniqueConstraintViolation(_)) => Ok(()),
            _ => Err(err.into()),
        },
    }
}

/// Changes a size.
pub(crate) async fn edit_size(
    db: Data<DatabaseConnection>,
    slug: Path<String>,
    form: Form<SizeForm>,
) -> Result<HttpResponse, Error> {
    let db = db.get_ref();
    let form = form.into_inner();
    let size = size::Model::by_slug(&slug, db)
        .await?
        .ok_or(Error::NotFound)?;
    if size::Model::is_taken(&form.slug.0, Some(size.id), db).await? {
        return Err(Error::taken(&form.slug.0));
    }
    let mut size = size.into_active_model();
    size.slug = Set(form.slug.0.clone());
    size.name = Set(form.name.0);
    let size = size
        .update(db)
        .await
        .map_err(|err| Error::saving(err, &form.slug.0))?;
    Ok(see("sizes", &size.slug))
}

/// Sends the browser on to the page of a row.
fn see(folder: &str, slug: &str) -> HttpResponse {
    let Ok(slug) = urlencode_strict(slug);
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("/{folder}/{slug}/")))
        .finish()
}
