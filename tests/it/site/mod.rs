//! A small site on a real server and a real database, for tests to try.

pub(crate) mod database;
pub(crate) mod entity;
mod pages;

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer};
use dumper::{Cache, CacheBuilder};
use dumper_actix::Dumper;
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use sea_orm::{DatabaseConnection, DbErr};
use tokio::sync::{Notify, OnceCell};

use crate::http::{self, Answer};

/// The database, of all sites that a test starts.
static DB: OnceCell<DatabaseConnection> = OnceCell::const_new();

/// What a test has a request do.
type Action = Box<
    dyn FnOnce(DatabaseConnection) -> LocalBoxFuture<'static, Result<StatusCode, DbErr>> + Send,
>;
type Configure = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// How a site is set up.
pub(crate) struct Setup {
    cache: CacheBuilder,
    dumper: Box<dyn FnOnce(Dumper) -> Dumper>,
    configure: Configure,
    observed: bool,
}

/// A running site.
pub(crate) struct Site {
    pub(crate) db: DatabaseConnection,
    pub(crate) cache: Cache,
    pub(crate) addr: SocketAddr,
    state: Arc<State>,
}

/// What the handlers and the test share.
#[derive(Default)]
pub(crate) struct State {
    renders: Mutex<HashMap<String, usize>>,
    holds: Mutex<HashMap<String, Arc<Hold>>>,
    actions: Mutex<HashMap<usize, Action>>,
}

/// A render that stands still once it has read its data.
#[derive(Default)]
pub(crate) struct Hold {
    reached: Notify,
    released: Notify,
}

impl Hold {
    /// Waits until the render stands still.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets it go on.
    pub(crate) fn release(&self) {
        self.released.notify_one();
    }
}

impl State {
    /// Counts a render, and holds it if the test wants so. To be called when the
    /// data has been read.
    pub(crate) async fn rendered(&self, path: &str) {
        *self
            .renders
            .lock()
            .unwrap()
            .entry(path.to_owned())
            .or_default() += 1;
        let hold = self.holds.lock().unwrap().remove(path);
        if let Some(hold) = hold {
            hold.reached.notify_one();
            hold.released.notified().await;
        }
    }
}

impl Setup {
    /// Sets up the cache of the site.
    pub(crate) fn cache(mut self, set: impl FnOnce(CacheBuilder) -> CacheBuilder) -> Self {
        self.cache = set(self.cache);
        self
    }

    /// Sets up the middleware.
    pub(crate) fn dumper(mut self, set: impl FnOnce(Dumper) -> Dumper + 'static) -> Self {
        self.dumper = Box::new(set);
        self
    }

    /// Adds routes; they come before those of the site.
    pub(crate) fn routes(
        mut self,
        add: impl Fn(&mut ServiceConfig) + Send + Sync + 'static,
    ) -> Self {
        self.configure = Arc::new(add);
        self
    }

    /// Lets dumper see writes without hooks.
    pub(crate) fn observed(mut self) -> Self {
        self.observed = true;
        self
    }

    pub(crate) async fn start(self) -> Site {
        let mut db = DB.get_or_init(database::create).await.clone();
        if self.observed {
            dumper::observe(&mut db);
        }
        let state = Arc::new(State::default());
        let cache = self.cache.build();
        let dumper = (self.dumper)(Dumper::new(cache.clone()));
        let (configure, app_db, app_state) = (self.configure, db.clone(), Arc::clone(&state));
        let server = HttpServer::new(move || {
            let configure = Arc::clone(&configure);
            App::new()
                .app_data(web::Data::new(app_db.clone()))
                .app_data(web::Data::from(Arc::clone(&app_state)))
                .wrap(dumper.clone())
                .configure(move |routes| configure(routes))
                .configure(pages::routes)
                .route("/act/{number}", web::post().to(act))
        })
        .workers(2)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
        let addr = server.addrs()[0];
        actix_web::rt::spawn(server.run());
        Site {
            db,
            cache,
            addr,
            state,
        }
    }
}

impl Site {
    pub(crate) fn setup() -> Setup {
        Setup {
            cache: Cache::builder(),
            dumper: Box::new(|dumper| dumper),
            configure: Arc::new(|_| {}),
            observed: false,
        }
    }

    pub(crate) async fn start() -> Self {
        Self::setup().start().await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[]).await
    }

    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        http::request(self.addr, method, path, headers, b"").await
    }

    /// What the page is now: a request that bypasses the cache.
    pub(crate) async fn truth(&self, path: &str) -> Answer {
        self.request("GET", path, &[("Authorization", "Bearer truth")])
            .await
    }

    /// Asks for pages until they are in the cache.
    pub(crate) async fn visit(&self, paths: &[&str]) {
        for path in paths {
            self.get(path).await;
            let again = self.get(path).await;
            assert!(again.is_hit(), "{path} is not stored: {again:?}");
        }
    }

    /// Asserts that each page is answered as it is now.
    pub(crate) async fn assert_true(&self, paths: &[&str]) {
        for path in paths {
            let truth = self.truth(path).await;
            let answer = self.get(path).await;
            assert_eq!(
                (answer.status, answer.text()),
                (truth.status, truth.text()),
                "{path} is stale ({})",
                answer.cache()
            );
        }
    }

    /// Has a request do something, and returns its answer: 200, 500 if it is an
    /// error.
    pub(crate) async fn act<T, F>(&self, action: T) -> Answer
    where
        T: FnOnce(DatabaseConnection) -> F + Send + 'static,
        F: Future<Output = Result<(), DbErr>> + 'static,
    {
        let target = self.prepare(|db| async move { action(db).await.map(|()| StatusCode::OK) });
        http::request(self.addr, "POST", &target, &[], b"").await
    }

    /// Lets some time pass, in steps, until a page is stored again: until the
    /// deadline of a fence on it.
    pub(crate) async fn until_stored(&self, path: &str) {
        self.until(async || self.get(path).await.is_hit()).await;
    }

    /// Lets some time pass, in steps, until something is so.
    pub(crate) async fn until(&self, is_so: impl AsyncFn() -> bool) {
        for _ in 0..1_000 {
            if is_so().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it is never so");
    }

    /// Makes a target of which a `POST` does something.
    pub(crate) fn prepare<T, F>(&self, action: T) -> String
    where
        T: FnOnce(DatabaseConnection) -> F + Send + 'static,
        F: Future<Output = Result<StatusCode, DbErr>> + 'static,
    {
        let mut actions = self.state.actions.lock().unwrap();
        let number = self.state.renders.lock().unwrap().len() * 1_000 + actions.len();
        actions.insert(number, Box::new(move |db| action(db).boxed_local()));
        format!("/act/{number}")
    }

    /// Holds the next render of a path once it has read its data.
    pub(crate) fn hold(&self, path: &str) -> Arc<Hold> {
        let hold = Arc::new(Hold::default());
        self.state
            .holds
            .lock()
            .unwrap()
            .insert(path.to_owned(), Arc::clone(&hold));
        hold
    }

    /// How often a path was rendered.
    pub(crate) fn renders(&self, path: &str) -> usize {
        self.state
            .renders
            .lock()
            .unwrap()
            .get(path)
            .copied()
            .unwrap_or(0)
    }
}

async fn act(
    number: web::Path<usize>,
    db: web::Data<DatabaseConnection>,
    state: web::Data<State>,
) -> HttpResponse {
    let action = state
        .actions
        .lock()
        .unwrap()
        .remove(&number)
        .expect("an action is done once");
    match action(DatabaseConnection::clone(&db)).await {
        Ok(status) => HttpResponse::new(status),
        Err(err) => HttpResponse::InternalServerError().body(err.to_string()),
    }
}
