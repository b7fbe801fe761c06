//! Shelves with what stands on them, in the dense format, and with all that a
//! foreign key can do.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "entities as a user would write them"
)]

use actix_web::error::{ErrorInternalServerError, ErrorNotFound};
use actix_web::web::{self, Data, Path};
use actix_web::{Error, HttpRequest};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, ModelTrait, QueryFilter,
    QueryOrder, Set,
};

use crate::site::database::create_table;
use crate::site::{Site, State};

pub(super) mod shelf {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "shelf")]
    #[dumper(paths = "/shelves/{slug}/", related = [super::jar::Entity, super::spoon::Entity])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub slug: String,
        #[sea_orm(unique)]
        pub code: i32,
        #[sea_orm(has_many)]
        pub jars: HasMany<super::jar::Entity>,
        #[sea_orm(has_many)]
        pub spoons: HasMany<super::spoon::Entity>,
        #[sea_orm(has_one)]
        pub label: HasOne<super::label::Entity>,
    }
}

/// May stand nowhere.
pub(super) mod jar {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "jar")]
    #[dumper(paths = "/jars/{slug}/", related = [super::shelf::Entity])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub slug: String,
        pub shelf_id: Option<i32>,
        #[sea_orm(belongs_to, from = "shelf_id", to = "id", on_delete = "SetNull")]
        pub shelf: HasOne<super::shelf::Entity>,
    }
}

/// Goes with its shelf.
pub(super) mod spoon {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "spoon")]
    #[dumper(paths = "/spoons/{slug}/", related = [super::shelf::Entity])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub slug: String,
        pub shelf_id: i32,
        #[sea_orm(belongs_to, from = "shelf_id", to = "id", on_delete = "Cascade")]
        pub shelf: HasOne<super::shelf::Entity>,
    }
}

/// Bears the code of its shelf, and has a page that its key alone tells.
pub(super) mod label {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "label")]
    #[dumper(paths = "/labels/{id}/")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub text: String,
        #[sea_orm(unique)]
        pub code: Option<i32>,
        #[sea_orm(
            belongs_to,
            from = "code",
            to = "code",
            on_update = "Cascade",
            on_delete = "Cascade"
        )]
        pub shelf: HasOne<super::shelf::Entity>,
    }
}

/// Shelf `top` (1, code 10) with jar `jam` (1), spoon `big` (1) and label (1);
/// shelf `low` (2, code 20) with jar `tea` (2), spoon `small` (2) and label (2).
pub(super) async fn site() -> Site {
    let setup = Site::setup().observed().routes(|routes| {
        routes
            .route("/shelves/{slug}/", web::get().to(shelf))
            .route("/jars/{slug}/", web::get().to(jar))
            .route("/spoons/{slug}/", web::get().to(spoon))
            .route("/labels/{id}/", web::get().to(label));
    });
    let site = setup.start().await;
    fill(&site.db).await.unwrap();
    site
}

async fn fill(db: &DatabaseConnection) -> Result<(), DbErr> {
    create_table(db, shelf::Entity).await;
    create_table(db, jar::Entity).await;
    create_table(db, spoon::Entity).await;
    create_table(db, label::Entity).await;
    dumper::scope(async {
        for (id, slug, jar, spoon) in [(1, "top", "jam", "big"), (2, "low", "tea", "small")] {
            let shelf = shelf::ActiveModel {
                slug: Set(slug.to_owned()),
                code: Set(id * 10),
                ..Default::default()
            };
            shelf.insert(db).await?;
            let jar = jar::ActiveModel {
                slug: Set(jar.to_owned()),
                shelf_id: Set(Some(id)),
                ..Default::default()
            };
            jar.insert(db).await?;
            let spoon = spoon::ActiveModel {
                slug: Set(spoon.to_owned()),
                shelf_id: Set(id),
                ..Default::default()
            };
            spoon.insert(db).await?;
            let label = label::ActiveModel {
                text: Set(format!("label {id}")),
                code: Set(Some(id * 10)),
                ..Default::default()
            };
            label.insert(db).await?;
        }
        Ok(())
    })
    .await
}

type Db = Data<DatabaseConnection>;
type Page = Result<String, Error>;

async fn shelf(db: Db, slug: Path<String>) -> Page {
    let read = async {
        let query = shelf::Entity::find().filter(shelf::Column::Slug.eq(slug.as_str()));
        let Some(shelf) = query.one(&**db).await? else {
            return Ok(None);
        };
        let jars = shelf
            .find_related(jar::Entity)
            .order_by_asc(jar::Column::Id);
        let jars: Vec<String> = names(jars.all(&**db).await?, |jar| jar.slug);
        let spoons = shelf
            .find_related(spoon::Entity)
            .order_by_asc(spoon::Column::Id);
        let spoons: Vec<String> = names(spoons.all(&**db).await?, |spoon| spoon.slug);
        Ok(Some(format!("{}: {jars:?}, {spoons:?}", shelf.slug)))
    };
    page(read.await)
}

async fn jar(db: Db, slug: Path<String>) -> Page {
    let read = async {
        let query = jar::Entity::find().filter(jar::Column::Slug.eq(slug.as_str()));
        let Some(jar) = query.one(&**db).await? else {
            return Ok(None);
        };
        let shelf = jar.find_related(shelf::Entity).one(&**db).await?;
        let shelf = shelf.map_or("nowhere".to_owned(), |shelf| shelf.slug);
        Ok(Some(format!("{} on {shelf}", jar.slug)))
    };
    page(read.await)
}

async fn spoon(db: Db, slug: Path<String>) -> Page {
    let query = spoon::Entity::find().filter(spoon::Column::Slug.eq(slug.as_str()));
    let spoon = query.one(&**db).await;
    page(spoon.map(|spoon| spoon.map(|spoon| format!("{} on {}", spoon.slug, spoon.shelf_id))))
}

async fn label(req: HttpRequest, db: Db, state: Data<State>, id: Path<i32>) -> Page {
    let label = label::Entity::find_by_id(*id).one(&**db).await;
    state.rendered(req.path()).await;
    page(label.map(|label| label.map(|label| format!("{}: {:?}", label.text, label.code))))
}

fn names<T>(rows: Vec<T>, name: impl Fn(T) -> String) -> Vec<String> {
    rows.into_iter().map(name).collect()
}

fn page(text: Result<Option<String>, DbErr>) -> Page {
    let text = text.map_err(ErrorInternalServerError)?;
    text.ok_or_else(|| ErrorNotFound("it is not there"))
}
