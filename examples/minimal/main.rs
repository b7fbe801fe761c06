//! The smallest site that caches its pages: one entity, one page, one form.
//!
//! The lines marked `dumper` are all it takes.
//!
//! ```text
//! cargo run --example minimal
//! curl -i http://127.0.0.1:8080/notes/1/                        # cache-status: dumper; fwd=miss; stored
//! curl -i http://127.0.0.1:8080/notes/1/                        # cache-status: dumper; hit
//! curl -i http://127.0.0.1:8080/notes/1/ -d 'text=Buy vanilla.'
//! curl -i http://127.0.0.1:8080/notes/1/                        # a miss, and the new text
//! ```

use std::error::Error;

use actix_web::{
    App, HttpResponse, HttpServer, Result, dev::Service, error, get, http::header, post, rt, web,
};
use dumper_actix::Dumper; // dumper
use sea_orm::{
    ActiveModelTrait, ConnectOptions, Database, DatabaseConnection, DbErr, EntityTrait,
    IntoActiveModel, Set,
};

#[allow(unreachable_pub, reason = "SeaORM wants its models public")]
mod note {
    use dumper::Dumped; // dumper
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)] // dumper: `Dumped`
    #[sea_orm(table_name = "note")]
    #[dumper(paths = "/notes/{id}/")] // dumper: the pages that show a row
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(column_type = "Text")]
        pub text: String,
    }
    // dumper: no `impl ActiveModelBehavior`, the derive writes it.
}

#[get("/notes/{id}/")]
async fn show(db: web::Data<DatabaseConnection>, id: web::Path<i32>) -> Result<String> {
    Ok(find(*id, &db).await?.text)
}

#[derive(serde::Deserialize)]
struct Edit {
    text: String,
}

#[post("/notes/{id}/")]
async fn edit(
    db: web::Data<DatabaseConnection>,
    id: web::Path<i32>,
    form: web::Form<Edit>,
) -> Result<HttpResponse> {
    let mut note = find(*id, &db).await?.into_active_model();
    note.text = Set(form.into_inner().text);
    note.update(db.get_ref())
        .await
        .map_err(|err| failed(&err))?;
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("/notes/{id}/")))
        .finish())
}

async fn find(id: i32, db: &DatabaseConnection) -> Result<note::Model> {
    let found = note::Entity::find_by_id(id).one(db).await;
    found
        .map_err(|err| failed(&err))?
        .ok_or_else(|| error::ErrorNotFound("There is no such note."))
}

fn failed(err: &DbErr) -> actix_web::Error {
    log::error!("database: {err}");
    error::ErrorInternalServerError("The database failed.")
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init_from_env(env_logger::Env::default().default_filter_or("info,dumper=debug"));

    let mut options = ConnectOptions::new("sqlite::memory:");
    // One connection, which stays: another one would see another database.
    options
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false);
    let db = Database::connect(options).await?;
    db.get_schema_builder()
        .register(note::Entity)
        .apply(&db)
        .await?;
    let first = note::ActiveModel {
        text: Set("Buy strawberries.".to_owned()),
        ..Default::default()
    };
    first.insert(&db).await?;

    HttpServer::new(move || {
        App::new()
            .wrap(Dumper::default()) // dumper
            .wrap_fn(|req, service| {
                // Otherwise a visitor who hangs up during a query closes the
                // connection to the database, and that is its end in memory.
                let response = rt::spawn(service.call(req));
                async { response.await.map_err(error::ErrorInternalServerError)? }
            })
            .app_data(web::Data::new(db.clone()))
            .service(show)
            .service(edit)
    })
    .tcp_nodelay(true)
    .bind(("127.0.0.1", 8080))?
    .run()
    .await?;
    Ok(())
}
