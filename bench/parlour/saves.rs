//! Saves beside the requests.

use std::io;
use std::process;
use std::time::Duration;

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, rt};
use dumper_bench::SAVED_EXCEPT;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseConnection, EntityTrait, IntoActiveModel, QueryFilter,
    Set,
};

use crate::entity::flavor;
use crate::error::Error;

/// Saves a hundred flavors a second for as long as one says, each in a job of its own.
pub(crate) async fn begin(
    db: Data<DatabaseConnection>,
    seconds: Path<usize>,
) -> Result<HttpResponse, Error> {
    let flavors = flavor::Entity::find()
        .filter(flavor::Column::Slug.ne(SAVED_EXCEPT))
        .all(db.get_ref())
        .await?;
    rt::spawn(async move {
        let mut ticks = rt::time::interval(Duration::from_millis(10));
        for flavor in flavors.into_iter().cycle().take(*seconds * 100) {
            ticks.tick().await;
            rt::spawn(dumper::scope(save(flavor, db.clone())));
        }
    });
    Ok(HttpResponse::Accepted().finish())
}

/// Changes what stands on the page of a flavor, and with that its own row alone.
async fn save(flavor: flavor::Model, db: Data<DatabaseConnection>) {
    let description = format!("{} Freshly made.", flavor.description);
    let mut flavor = flavor.into_active_model();
    flavor.description = Set(description);
    if let Err(err) = flavor.update(db.get_ref()).await {
        // What cannot be measured ends.
        crate::complain(&io::Error::other(err));
        process::exit(1);
    }
}
