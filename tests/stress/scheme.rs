//! The ways to invalidate that are put to the test: dumper's, and two that are
//! known to be wrong, by which the checker is checked.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};
use bytes::Bytes;
use dumper::{DependentPaths, Dumped};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, Iterable, PrimaryKeyToColumn, QueryFilter,
};

/// Who drops which page when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Dumper,
    /// Drops the pages of a row as it is when it has been saved, and as it was
    /// when it is about to be deleted, at that moment.
    Naive,
    /// Drops the pages of a row as it was and as it is when the request ends, but
    /// stores what was rendered meanwhile.
    Unleased,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dumper => "dumper",
            Self::Naive => "naive",
            Self::Unleased => "unleased",
        })
    }
}

impl FromStr for Scheme {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let schemes = [Self::Dumper, Self::Naive, Self::Unleased];
        let scheme = schemes
            .into_iter()
            .find(|scheme| scheme.to_string() == name);
        scheme.ok_or_else(|| format!("{name} is none of dumper, naive and unleased"))
    }
}

/// The scheme under test, and the pages that it keeps if it is not dumper's.
static CURRENT: Mutex<Option<(Scheme, HashMap<String, Bytes>)>> = Mutex::new(None);

tokio::task_local! {
    /// What the request has written.
    static WRITTEN: RefCell<Vec<String>>;
}

/// Puts a scheme to the test, with an empty cache.
pub(crate) fn install(scheme: Scheme) {
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some((scheme, HashMap::new()));
}

fn current() -> Scheme {
    with(|scheme, _| scheme)
}

fn with<T>(then: impl FnOnce(Scheme, &mut HashMap<String, Bytes>) -> T) -> T {
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    let (scheme, pages) = current.get_or_insert((Scheme::Dumper, HashMap::new()));
    then(*scheme, pages)
}

fn drop_pages(paths: &[String]) {
    with(|_, pages| {
        for path in paths {
            pages.remove(path);
        }
    });
}

/// Runs a job.
pub(crate) async fn job<T, E>(job: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    if current() == Scheme::Dumper {
        return dumper::try_scope(job).await;
    }
    span(job).await
}

/// Runs a request or a job, and drops what it has written.
async fn span<F: Future>(future: F) -> F::Output {
    WRITTEN
        .scope(RefCell::default(), async {
            let output = future.await;
            WRITTEN.with(|written| drop_pages(&written.take()));
            output
        })
        .await
}

/// The middleware of the two wrong schemes.
pub(crate) async fn middleware(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_read = req.method() == Method::GET;
    if is_read && req.headers().contains_key(header::AUTHORIZATION) {
        return Ok(next.call(req).await?.map_into_boxed_body());
    }
    if !is_read {
        return Ok(span(next.call(req)).await?.map_into_boxed_body());
    }
    let path = req.path().to_owned();
    if let Some(page) = with(|_, pages| pages.get(&path).cloned()) {
        let hit = HttpResponse::Ok()
            .insert_header(("Cache-Status", "plain; hit"))
            .body(page);
        return Ok(req.into_response(hit));
    }
    let res = next.call(req).await?;
    if !res.status().is_success() {
        return Ok(res.map_into_boxed_body());
    }
    let (req, res) = res.into_parts();
    let (res, body) = res.into_parts();
    let body = to_bytes(body)
        .await
        .map_err(|err| ErrorInternalServerError(err.into()))?;
    with(|_, pages| pages.insert(path, body.clone()));
    Ok(ServiceResponse::new(req, res.set_body(body)).map_into_boxed_body())
}

/// What the hooks of an entity call before an update.
pub(crate) async fn about_to_update<E: Dumped, C: ConnectionTrait>(model: &E::ActiveModel, db: &C) {
    if current() == Scheme::Unleased {
        wrote(&old_paths::<E, C>(model, db).await);
    }
}

/// What they call after an insert or an update.
pub(crate) async fn saved<E: Dumped, C: ConnectionTrait>(model: &E::Model, db: &C) {
    match current() {
        Scheme::Dumper => {}
        Scheme::Naive => drop_pages(&model.dependent_paths(db).await.unwrap_or_default()),
        Scheme::Unleased => wrote(&model.dependent_paths(db).await.unwrap_or_default()),
    }
}

/// What they call before a delete.
pub(crate) async fn about_to_delete<E: Dumped, C: ConnectionTrait>(model: &E::ActiveModel, db: &C) {
    match current() {
        Scheme::Dumper => {}
        Scheme::Naive => drop_pages(&old_paths::<E, C>(model, db).await),
        Scheme::Unleased => wrote(&old_paths::<E, C>(model, db).await),
    }
}

/// The pages of a row as it is in the database.
async fn old_paths<E: Dumped, C: ConnectionTrait>(model: &E::ActiveModel, db: &C) -> Vec<String> {
    let mut query = E::find();
    for key in E::PrimaryKey::iter() {
        let column = key.into_column();
        let Some(value) = model.get(column).into_value() else {
            return Vec::new();
        };
        query = query.filter(column.eq(value));
    }
    match query.one(db).await {
        Ok(Some(row)) => row.dependent_paths(db).await.unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Outside of any span there is no end to wait for.
fn wrote(paths: &[String]) {
    if WRITTEN
        .try_with(|written| written.borrow_mut().extend(paths.iter().cloned()))
        .is_err()
    {
        drop_pages(paths);
    }
}
