//! The site: a real server and a real database.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{self, Arc, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::middleware::{Condition, from_fn};
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::{Database, Kind};
use sea_orm::sqlx::Executor;
use sea_orm::{
    ActiveModelTrait, ConnectOptions, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait,
    Schema, Set,
};
use tokio::sync::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::time::timeout;

use crate::entity::{flavor, flavor_size, note, size, sundae, topping, vendor};
use crate::history::{History, Table, Writes};
use crate::page::slug;
use crate::scheme::{self, Scheme};
use crate::{pages, spans};
use dumper_tests::row::Change;

/// How long nothing is stored of what a write touches whose end was not seen:
/// longer than any statement here takes.
const FENCE_DEADLINE: Duration = Duration::from_secs(1);

/// When the history counts on the end of such a write.
pub(crate) const CERTAINLY_ENDED: Duration = Duration::from_secs(2);

/// How long it is calm, and then how long it storms: that writers give up, hang up
/// and panic. What they leave behind keeps pages from being stored for a while, so
/// that nothing would be, were it always so.
const CALM: Duration = Duration::from_secs(6);
const STORM: Duration = Duration::from_secs(1);

/// Nothing takes longer, unless it never comes to its end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Of how many stale answers there is evidence.
const TOLD: u64 = 6;

/// A running site.
pub(crate) struct Site {
    pub(crate) addr: SocketAddr,
    pub(crate) state: Data<State>,
    server: ServerHandle,
    /// Dumper's, or nobody's.
    _cache: Cache,
    _database: Database,
}

/// What handlers and clients share.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) db: DatabaseConnection,
    pub(crate) history: Arc<History>,
    pub(crate) seed: u64,
    pub(crate) counts: Counts,
    pub(crate) started: Instant,
    /// Sundaes are saved one at a time, lest one that is replaced or deleted take
    /// toppings along that the history does not know of.
    pub(crate) sundaes: Mutex<()>,
    turns: Option<RwLock<()>>,
    told: AtomicU64,
    evidence: sync::Mutex<Vec<String>>,
}

/// What happened.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) answers: AtomicU64,
    pub(crate) hits: AtomicU64,
    pub(crate) stale: AtomicU64,
    pub(crate) uncached: AtomicU64,
    pub(crate) uncached_stale: AtomicU64,
    pub(crate) renders: AtomicU64,
    pub(crate) hang_ups: AtomicU64,
    pub(crate) panics: AtomicU64,
    pub(crate) failed_statements: AtomicU64,
    pub(crate) rollbacks: AtomicU64,
    pub(crate) refused: AtomicU64,
}

/// Counts one more.
pub(crate) fn count(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed) + 1
}

impl State {
    /// Tells of what is wrong, the first few times.
    pub(crate) fn tell(&self, evidence: impl FnOnce() -> String) {
        if count(&self.told) <= TOLD {
            self.evidence
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(evidence());
        }
    }

    /// What is wrong.
    pub(crate) fn evidence(&self) -> Vec<String> {
        let mut evidence = self.evidence.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *evidence)
    }

    /// Whether writers give up, hang up and panic now.
    pub(crate) fn is_stormy(&self) -> bool {
        let whole = (CALM + STORM).as_millis();
        self.started.elapsed().as_millis() % whole < STORM.as_millis()
    }

    /// `SQLite` has one writer, and fails whoever has read before he writes if
    /// another one came between: so transactions there take turns, as on a site
    /// that knows that.
    pub(crate) async fn turn(&self, alone: bool) -> Option<Turn<'_>> {
        let turns = self.turns.as_ref()?;
        Some(if alone {
            Turn::Alone(turns.write().await)
        } else {
            Turn::Shared(turns.read().await)
        })
    }
}

/// A turn to write, until it is dropped.
#[expect(dead_code, reason = "they are held, not looked at")]
pub(crate) enum Turn<'a> {
    Alone(RwLockWriteGuard<'a, ()>),
    Shared(RwLockReadGuard<'a, ()>),
}

impl Site {
    /// Starts a site with an empty cache and a few rows.
    pub(crate) async fn start(
        kind: Kind,
        scheme: Scheme,
        readers: usize,
        seed: u64,
    ) -> io::Result<Self> {
        let database = Database::create(kind)?;
        let db = connect(kind, database.url())
            .await
            .map_err(io::Error::other)?;
        let history = History::new(readers, CERTAINLY_ENDED);
        fill(&db, &history).await.map_err(io::Error::other)?;
        scheme::install(scheme);
        let state = Data::new(State {
            db,
            history,
            seed,
            counts: Counts::default(),
            started: Instant::now(),
            sundaes: Mutex::default(),
            turns: (kind == Kind::Sqlite).then(RwLock::default),
            told: AtomicU64::new(0),
            evidence: sync::Mutex::default(),
        });
        let cache = Cache::builder().fence_deadline(FENCE_DEADLINE).build();
        let (app_state, app_cache) = (state.clone(), cache.clone());
        let server = HttpServer::new(move || {
            let is_dumper = scheme == Scheme::Dumper;
            App::new()
                .app_data(app_state.clone())
                .route("/write/{number}", web::post().to(spans::write))
                .configure(pages::routes)
                .wrap(Condition::new(is_dumper, Dumper::new(app_cache.clone())))
                .wrap(Condition::new(!is_dumper, from_fn(scheme::middleware)))
        })
        .workers(2)
        // Whoever closes the connection has gone.
        .h1_allow_half_closed(false)
        .tcp_nodelay(true)
        .disable_signals()
        .bind(("127.0.0.1", 0))?;
        let addr = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Ok(Self {
            addr,
            state,
            server: handle,
            _cache: cache,
            _database: database,
        })
    }

    pub(crate) async fn stop(self) -> io::Result<()> {
        let late = |what: &str| io::Error::new(io::ErrorKind::TimedOut, what.to_owned());
        let stop = timeout(PATIENCE, self.server.stop(false));
        stop.await.map_err(|_| late("the server does not stop"))?;
        let close = timeout(PATIENCE, self.state.db.clone().close());
        let closed = close.await.map_err(|_| late("the pool does not close"))?;
        closed.map_err(io::Error::other)
    }
}

/// Opens a pool in which no connection has a transaction open that nobody knows
/// of: where a `BEGIN` is cancelled, `SQLx` leaves one, and whatever is written on
/// it later is lost.
async fn connect(kind: Kind, url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(if kind == Kind::Sqlite { 12 } else { 24 })
        .sqlx_logging(false)
        .test_before_acquire(false)
        .map_sqlx_postgres_before_acquire(|connection, _| {
            Box::pin(async { connection.execute("ROLLBACK").await.map(|_| true) })
        })
        .map_sqlx_mysql_before_acquire(|connection, _| {
            Box::pin(async { connection.execute("ROLLBACK").await.map(|_| true) })
        })
        .map_sqlx_sqlite_opts(|options| {
            options
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "OFF")
        });
    sea_orm::Database::connect(options).await
}

/// Makes the tables, and rows that are done before anybody asks.
async fn fill(db: &DatabaseConnection, history: &Arc<History>) -> Result<(), DbErr> {
    create_table(db, vendor::Entity).await?;
    create_table(db, flavor::Entity).await?;
    create_table(db, size::Entity).await?;
    create_table(db, flavor_size::Entity).await?;
    create_table(db, note::Entity).await?;
    create_table(db, sundae::Entity).await?;
    create_table(db, topping::Entity).await?;
    let mut writes = Writes::transaction(history);
    let mut row = |table, name, parent| {
        let mark = writes.number();
        let change = Change {
            exists: Some(true),
            name,
            parent,
            rev: Some(mark),
        };
        writes.start(table, mark, mark, change);
        mark
    };
    let mut vendors = Vec::new();
    for name in 0..6 {
        let mark = row(Table::Vendor, Some(name), None);
        let vendor = vendor::ActiveModel {
            mark: Set(mark.cast_signed()),
            rev: Set(mark.cast_signed()),
            slug: Set(slug(Table::Vendor, name)),
            ..Default::default()
        };
        vendors.push(vendor.insert(db).await?);
    }
    for name in 0..24 {
        let vendor = &vendors[usize::try_from(name % 6).unwrap_or_default()];
        let mark = row(Table::Flavor, Some(name), Some(vendor.mark.cast_unsigned()));
        let flavor = flavor::ActiveModel {
            mark: Set(mark.cast_signed()),
            rev: Set(mark.cast_signed()),
            slug: Set(slug(Table::Flavor, name)),
            vendor_id: Set(vendor.id),
            ..Default::default()
        };
        flavor.insert(db).await?;
    }
    for name in 0..6 {
        let mark = row(Table::Size, Some(name), None);
        let size = size::ActiveModel {
            mark: Set(mark.cast_signed()),
            rev: Set(mark.cast_signed()),
            slug: Set(slug(Table::Size, name)),
            ..Default::default()
        };
        size.insert(db).await?;
    }
    writes.done();
    Ok(())
}

async fn create_table(db: &DatabaseConnection, entity: impl EntityTrait) -> Result<(), DbErr> {
    let table = Schema::new(db.get_database_backend()).create_table_from_entity(entity);
    db.execute(&table).await.map(|_| ())
}
