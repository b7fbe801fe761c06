//! The writes of the site, as the address of a request tells them.

use std::process;
use std::time::Duration;

use actix_web::error::{ErrorBadRequest, ErrorInternalServerError};
use actix_web::web::{Data, Path};
use actix_web::{Error, HttpResponse};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, Set, TransactionTrait,
};
use tokio::time::sleep;

use super::State;
use super::entity::{item, notice, shelf};

/// What is written: `/-/write/{what}/{how}/{mark}/{rev}/{name}/{shelf}`.
pub(super) type Words = Path<(String, String, i64, i64, i64, i64)>;

/// Something to be written.
#[derive(Debug)]
pub(super) struct Write {
    what: String,
    mark: i64,
    rev: i64,
    name: i64,
    shelf: i64,
}

/// Answers 200 if it is written, 404 if there is no such row, 409 if it was rolled
/// back or is in conflict: then nothing is written.
pub(super) async fn write(state: Data<State>, words: Words) -> Result<HttpResponse, Error> {
    let (what, how, mark, rev, name, shelf) = words.into_inner();
    let write = Write {
        what,
        mark,
        rev,
        name,
        shelf,
    };
    let before = state.scheme.paths_of(&state.db, &write).await;
    let is_written = match how.as_str() {
        "auto" => write.statement(&state.db).await,
        "commit" | "rollback" | "die" => write.transaction(&state, &how).await,
        _ => return Err(ErrorBadRequest(how)),
    };
    match is_written {
        Ok(true) => {
            state.scheme.written(&state.db, &write, before).await;
            Ok(HttpResponse::Ok().finish())
        }
        Ok(false) => Ok(HttpResponse::NotFound().finish()),
        Err(Failure::Nothing(err)) => Ok(HttpResponse::Conflict().body(err)),
        Err(Failure::Unknown(err)) => Err(ErrorInternalServerError(err)),
    }
}

/// A write that failed.
enum Failure {
    /// Nothing is written.
    Nothing(String),
    /// Nobody knows.
    Unknown(DbErr),
}

impl From<DbErr> for Failure {
    fn from(err: DbErr) -> Self {
        match err {
            DbErr::Exec(_) | DbErr::Query(_) | DbErr::RecordNotUpdated => {
                Self::Nothing(err.to_string())
            }
            _ => Self::Unknown(err),
        }
    }
}

impl Write {
    async fn transaction(&self, state: &State, how: &str) -> Result<bool, Failure> {
        let txn = state.db.begin().await?;
        let is_written = self.statement(&txn).await?;
        // Whoever dies leaves time to render what was there before.
        let longest = if how == "die" { 300_000 } else { 8_000 };
        sleep(Duration::from_micros(fastrand::u64(..longest))).await;
        if how == "rollback" {
            txn.rollback().await?;
            return Err(Failure::Nothing("rolled back".to_owned()));
        }
        txn.commit().await.map_err(Failure::Unknown)?;
        if how == "die" {
            // As `kill -9` would: nothing runs any more.
            process::abort();
        }
        Ok(is_written)
    }

    /// Whether there was such a row.
    async fn statement<C: ConnectionTrait>(&self, db: &C) -> Result<bool, Failure> {
        match self.what.as_str() {
            "insert" => {
                let item = item::ActiveModel {
                    mark: Set(self.mark),
                    rev: Set(self.rev),
                    slug: Set(self.slug()),
                    shelf_mark: Set(self.shelf),
                };
                item.insert(db).await?;
                Ok(true)
            }
            "delete" => {
                let item = item::ActiveModel {
                    mark: Set(self.mark),
                    ..Default::default()
                };
                Ok(item.delete(db).await?.rows_affected > 0)
            }
            "shelf" => {
                let Some(found) = shelf::Entity::find_by_id(self.mark).one(db).await? else {
                    return Ok(false);
                };
                let mut model = found.into_active_model();
                model.rev = Set(self.rev);
                was_found(model.update(db).await)
            }
            "notice" => {
                let notice = notice::ActiveModel {
                    mark: Set(self.mark),
                    rev: Set(self.rev),
                };
                was_found(notice.update(db).await)
            }
            _ => self.update_item(db).await,
        }
    }

    async fn update_item<C: ConnectionTrait>(&self, db: &C) -> Result<bool, Failure> {
        let mut item = if fastrand::u8(..5) == 0 {
            // Nobody says what it was.
            item::ActiveModel {
                mark: Set(self.mark),
                ..Default::default()
            }
        } else {
            let Some(item) = item::Entity::find_by_id(self.mark).one(db).await? else {
                return Ok(false);
            };
            item.into_active_model()
        };
        item.rev = Set(self.rev);
        match self.what.as_str() {
            "rename" => item.slug = Set(self.slug()),
            "move" => item.shelf_mark = Set(self.shelf),
            _ => {}
        }
        was_found(item.update(db).await)
    }

    fn slug(&self) -> String {
        format!("item-{}", self.name)
    }

    /// The item that it is about, if it is.
    pub(super) fn item(&self) -> Option<i64> {
        let is_item = ["rev", "rename", "move", "insert", "delete"].contains(&self.what.as_str());
        is_item.then_some(self.mark)
    }

    /// The shelf that it is about.
    pub(super) fn shelf(&self) -> Option<i64> {
        (self.what == "shelf").then_some(self.mark)
    }

    /// The notice that it is about.
    pub(super) fn notice(&self) -> Option<i64> {
        (self.what == "notice").then_some(self.mark)
    }
}

/// Whether there was a row to update.
fn was_found<M>(updated: Result<M, DbErr>) -> Result<bool, Failure> {
    match updated {
        Ok(_) => Ok(true),
        Err(DbErr::RecordNotUpdated) => Ok(false),
        Err(err) => Err(err.into()),
    }
}
