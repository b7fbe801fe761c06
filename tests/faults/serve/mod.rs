//! A process of the site: a real server, over the database and the Redis that it
//! shares with the others.

mod entity;
mod log;
mod pages;
mod scheme;
mod writes;

use std::io::{self, Read};
use std::process;
use std::thread;
use std::time::Duration;

use actix_web::middleware::{Condition, from_fn};
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_redis::Redis;
use sea_orm::sqlx::Executor;
use sea_orm::{
    ActiveModelTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr,
    EntityTrait, Schema, Set,
};

use self::scheme::{Naive, Scheme};
use crate::settings::{FENCE_DEADLINE, Settings};
use crate::world::{ITEMS, NOTICES, SHELVES};

/// What handlers share.
#[derive(Debug)]
pub(crate) struct State {
    db: DatabaseConnection,
    scheme: Scheme,
    release: String,
}

/// Serves until standard input ends, which it does with whoever started this
/// process. Tells its address in a line.
pub(crate) async fn serve(settings: Settings) -> io::Result<()> {
    log::Lines::install();
    thread::spawn(|| {
        // It ends with an error as well.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(0);
    });
    let db = connect(&settings.database)
        .await
        .map_err(io::Error::other)?;
    let cache = cache(&settings).await?;
    let is_dumper = settings.is_dumper;
    let scheme = if is_dumper {
        Scheme::Dumper(cache.clone())
    } else {
        Scheme::Naive(Naive::new(settings.redis.clone()))
    };
    let state = Data::new(State {
        db,
        scheme,
        release: settings.release,
    });
    let server = HttpServer::new(move || {
        let dumper = Dumper::new(cache.clone()).ignore("^/-/");
        let dumper = dumper.expect("the pattern is one");
        App::new()
            .app_data(state.clone())
            .route(
                "/-/write/{what}/{how}/{mark}/{rev}/{name}/{shelf}",
                web::post().to(writes::write),
            )
            .route("/-/delivered", web::get().to(tell_delivered))
            .configure(pages::routes)
            .wrap(Condition::new(is_dumper, dumper))
            .wrap(Condition::new(!is_dumper, from_fn(scheme::naive)))
    })
    .workers(1)
    // Nobody is to close a connection but a fault.
    .keep_alive(Duration::from_mins(2))
    .tcp_nodelay(true)
    .disable_signals()
    .bind(("127.0.0.1", 0))?;
    tell_address(&server.addrs());
    server.run().await
}

#[expect(clippy::print_stdout, reason = "whoever started the process reads it")]
fn tell_address(addrs: &[std::net::SocketAddr]) {
    for addr in addrs {
        println!("{addr}");
    }
}

async fn tell_delivered(state: Data<State>) -> HttpResponse {
    state.scheme.delivered().await;
    HttpResponse::NoContent().finish()
}

/// The cache, with what is shared in Redis if it is dumper that is put to the test.
async fn cache(settings: &Settings) -> io::Result<Cache> {
    let builder = Cache::builder().fence_deadline(FENCE_DEADLINE);
    if !settings.is_dumper {
        return Ok(builder.build());
    }
    let (first, others) = settings
        .redis
        .split_first()
        .ok_or(io::ErrorKind::NotFound)?;
    let mut redis = Redis::builder(first).release(&settings.release);
    if !others.is_empty() {
        redis = redis.cluster(others);
    }
    let redis = redis.connect().await.map_err(io::Error::other)?;
    Ok(builder.store(redis).near(settings.near).build())
}

/// Opens a pool in which no connection has a transaction open that nobody knows
/// of: where a `BEGIN` is cancelled, `SQLx` leaves one.
async fn connect(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(12)
        .sqlx_logging(false)
        .test_before_acquire(false)
        .map_sqlx_postgres_before_acquire(|connection, _| {
            Box::pin(async { connection.execute("ROLLBACK").await.map(|_| true) })
        })
        .map_sqlx_sqlite_opts(|options| {
            options
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "OFF")
                .busy_timeout(Duration::from_secs(5))
        });
    Database::connect(options).await
}

/// Makes the tables, and the first rows.
pub(crate) async fn fill(url: &str) -> Result<(), DbErr> {
    let db = connect(url).await?;
    create_table(&db, entity::shelf::Entity).await?;
    create_table(&db, entity::item::Entity).await?;
    create_table(&db, entity::notice::Entity).await?;
    for mark in 0..SHELVES.cast_signed() {
        let shelf = entity::shelf::ActiveModel {
            mark: Set(mark),
            rev: Set(0),
        };
        shelf.insert(&db).await?;
    }
    for mark in 0..NOTICES.cast_signed() {
        let notice = entity::notice::ActiveModel {
            mark: Set(mark),
            rev: Set(0),
        };
        notice.insert(&db).await?;
    }
    for mark in 0..ITEMS.cast_signed() {
        let item = entity::item::ActiveModel {
            mark: Set(mark),
            rev: Set(0),
            slug: Set(format!("item-{mark}")),
            shelf_mark: Set(mark % SHELVES.cast_signed()),
        };
        item.insert(&db).await?;
    }
    db.close().await
}

async fn create_table(db: &DatabaseConnection, entity: impl EntityTrait) -> Result<(), DbErr> {
    let table = Schema::new(db.get_database_backend()).create_table_from_entity(entity);
    db.execute(&table).await.map(|_| ())
}
