//! The pages with the forms.
//!
//! They lie under `/admin/`, which [`Dumper`](dumper_actix::Dumper) leaves alone
//! by default, since admin pages tend to be personal. Here they are not: nobody
//! logs in, so there is no session that a foreign site could abuse, and no CSRF
//! token that a cached form could hand to the wrong visitor. A form without a
//! token could stand on a cached page as well. Once there is a login, forms need
//! tokens, and a page with a token is one that must not be cached.

use actix_web::web::{Data, Html, Path};
use askama::Template;
use sea_orm::{DatabaseConnection, ModelTrait};

use crate::{
    entity::{flavor, size},
    error::Error,
    pages::{Entry, all_flavors, all_sizes},
};

/// Lists everything, with a form for a new flavor.
pub(crate) async fn overview(db: Data<DatabaseConnection>) -> Result<Html, Error> {
    let db = db.get_ref();
    let page = Overview {
        flavors: all_flavors(db).await?,
        sizes: all_sizes(db).await?,
    };
    Ok(Html::new(page.render()?))
}

/// Shows the forms that change a flavor.
pub(crate) async fn flavor(
    db: Data<DatabaseConnection>,
    slug: Path<String>,
) -> Result<Html, Error> {
    let db = db.get_ref();
    let flavor = flavor::Model::by_slug(&slug, db)
        .await?
        .ok_or(Error::NotFound)?;
    let offered = flavor.find_related(size::Entity).all(db).await?;
    let sizes = all_sizes(db)
        .await?
        .into_iter()
        .map(|size| {
            let offered = offered.iter().any(|offer| offer.slug == size.slug);
            (size, offered)
        })
        .collect();
    Ok(Html::new(EditFlavor { flavor, sizes }.render()?))
}

/// Shows the form that changes a size.
pub(crate) async fn size(db: Data<DatabaseConnection>, slug: Path<String>) -> Result<Html, Error> {
    let size = size::Model::by_slug(&slug, db.get_ref())
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Html::new(EditSize { size }.render()?))
}

#[derive(Template)]
#[template(path = "admin/overview.html")]
struct Overview {
    flavors: Vec<Entry>,
    sizes: Vec<Entry>,
}

#[derive(Template)]
#[template(path = "admin/flavor.html")]
struct EditFlavor {
    flavor: flavor::Model,
    /// Every size, and whether the flavor is offered in it.
    sizes: Vec<(Entry, bool)>,
}

#[derive(Template)]
#[template(path = "admin/size.html")]
struct EditSize {
    size: size::Model,
}
