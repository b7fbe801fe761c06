//! The ways to share pages that are put to the test: dumper's, and one that is
//! known to be wrong, by which the checker is checked.

use std::time::Duration;

use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse};
use dumper::Cache;
use redis::aio::MultiplexedConnection;
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, FromRedisValue, RedisResult};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::State;
use super::entity::item;
use super::pages::{language, tag};
use super::writes::Write;

/// How long the naive scheme waits for Redis.
const PATIENCE: Duration = Duration::from_millis(200);

/// Who drops which page when.
#[derive(Debug)]
pub(super) enum Scheme {
    Dumper(Cache),
    Naive(Naive),
}

/// Drops the key of a path when its row has been saved, and sets it when it has
/// been rendered.
#[derive(Debug)]
pub(super) struct Naive {
    urls: Vec<String>,
    connection: Mutex<Option<Connection>>,
}

#[derive(Clone)]
enum Connection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Scheme {
    /// The paths of what is about to be written, as it is before, if the scheme
    /// does not find them itself.
    pub(super) async fn paths_of(&self, db: &DatabaseConnection, write: &Write) -> Vec<String> {
        match self {
            Self::Dumper(_) => Vec::new(),
            Self::Naive(_) => naive_paths(db, write).await,
        }
    }

    /// Does what is not done by hooks when something has been written.
    pub(super) async fn written(
        &self,
        db: &DatabaseConnection,
        write: &Write,
        mut before: Vec<String>,
    ) {
        match (self, write.notice()) {
            (Self::Dumper(cache), Some(0)) => cache.invalidate_all().await,
            (Self::Dumper(cache), Some(mark)) => cache.invalidate_tag(&tag(mark)).await,
            (Self::Dumper(_), None) => {}
            (Self::Naive(naive), _) => {
                before.extend(naive_paths(db, write).await);
                for path in before {
                    // Whoever does not look whether it succeeds is wrong.
                    let _: Option<()> = naive.ask(redis::cmd("DEL").arg(key(&path))).await;
                }
            }
        }
    }

    /// Returns when all that was invalidated so far has reached Redis.
    pub(super) async fn delivered(&self) {
        if let Self::Dumper(cache) = self {
            cache.delivered().await;
        }
    }
}

impl Naive {
    pub(super) fn new(urls: Vec<String>) -> Self {
        Self {
            urls,
            connection: Mutex::new(None),
        }
    }

    /// Asks Redis; after an error over a new connection the next time.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        let mut connection = self.connection().await?;
        let answer = timeout(PATIENCE, async {
            match &mut connection {
                Connection::One(connection) => command.query_async(connection).await,
                Connection::Cluster(connection) => command.query_async(connection).await,
            }
        });
        match answer.await {
            Ok(Ok(answer)) => Some(answer),
            _ => {
                *self.connection.lock().await = None;
                None
            }
        }
    }

    /// The connection, which one request opens for all.
    async fn connection(&self) -> Option<Connection> {
        let mut connection = self.connection.lock().await;
        if connection.is_none() {
            let opened = timeout(5 * PATIENCE, self.connect()).await;
            *connection = opened.ok().and_then(Result::ok);
        }
        connection.clone()
    }

    async fn connect(&self) -> RedisResult<Connection> {
        match self.urls.as_slice() {
            [url] => {
                let client = redis::Client::open(url.as_str())?;
                let connection = client.get_multiplexed_async_connection().await?;
                Ok(Connection::One(connection))
            }
            urls => {
                let client = redis::cluster::ClusterClient::new(urls.to_vec())?;
                Ok(Connection::Cluster(client.get_async_connection().await?))
            }
        }
    }
}

/// The paths of a row and of its shelf, as they are now.
async fn naive_paths(db: &DatabaseConnection, write: &Write) -> Vec<String> {
    if let Some(mark) = write.notice() {
        return vec![format!("/notices/{mark}/")];
    }
    let items = item::Entity::find();
    let items = match (write.item(), write.shelf()) {
        (Some(mark), _) => items.filter(item::Column::Mark.eq(mark)),
        (_, mark) => items.filter(item::Column::ShelfMark.eq(mark)),
    };
    // A save would have failed as well.
    let items = items.all(db).await.unwrap_or_default();
    let mut paths: Vec<String> = write
        .shelf()
        .map(|mark| format!("/shelves/{mark}/"))
        .into_iter()
        .collect();
    for item in items {
        paths.push(format!("/items/{}/", item.slug));
        paths.push(format!("/items/by-mark/{}/", item.mark));
        paths.push(format!("/shelves/{}/", item.shelf_mark));
    }
    paths
}

/// The middleware of the naive scheme.
pub(super) async fn naive(
    state: Data<State>,
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let bypasses = req.method() != Method::GET
        || req.headers().contains_key(header::AUTHORIZATION)
        || req.path().starts_with("/-/");
    let Scheme::Naive(naive) = &state.scheme else {
        return Ok(next.call(req).await?.map_into_boxed_body());
    };
    if bypasses {
        return Ok(next.call(req).await?.map_into_boxed_body());
    }
    let key = key(req.path());
    let variant = format!("{} {}", req.query_string(), language(req.request()));
    let page: Option<Option<String>> = naive.ask(redis::cmd("HGET").arg(&key).arg(&variant)).await;
    if let Some(page) = page.flatten() {
        let hit = HttpResponse::Ok()
            .insert_header(("Cache-Status", "naive; hit"))
            .body(page);
        return Ok(req.into_response(hit));
    }
    let (req, res) = next.call(req).await?.map_into_boxed_body().into_parts();
    if !res.status().is_success() {
        return Ok(ServiceResponse::new(req, res));
    }
    let (res, body) = res.into_parts();
    let body = to_bytes(body).await.map_err(ErrorInternalServerError)?;
    let set = redis::cmd("HSET")
        .arg(&key)
        .arg(&variant)
        .arg(&body[..])
        .take();
    // The page is shown in any case.
    let _: Option<()> = naive.ask(&set).await;
    Ok(ServiceResponse::new(
        req,
        res.set_body(body).map_into_boxed_body(),
    ))
}

fn key(path: &str) -> String {
    format!("naive.{path}")
}
