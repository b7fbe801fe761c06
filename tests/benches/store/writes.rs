//! What is written: pages that were not stored, and what drops them.

use std::time::{Duration, Instant};

use dumper::Dumped;
use dumper_tests::redis::RedisServer;
use sea_orm::entity::prelude::*;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, IntoActiveModel, Schema, Set};

use crate::bare::Bare;
use crate::ratio::{Outcome, Pairs, median};
use crate::site::{Settings, Site, key, noise, page};

/// Rounds, and how often each is done in one.
const ROUNDS: usize = 100;
const WRITES: usize = 10;

const SETTINGS: Settings = Settings {
    near: true,
    compress: true,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
#[sea_orm(table_name = "flavor")]
#[dumper(paths = ["/flavors/", "/flavors/{slug}/"])]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    id: i32,
    slug: String,
    scoops: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

pub(crate) async fn measure(server: &RedisServer, bare: &Bare) {
    let [misses, drops] = misses_and_drops(server, bare).await;
    print("miss beside SET", misses);
    print("drop beside UNLINK", drops);
    print(
        "save beside no store",
        saves(server).await.expect("the database takes it"),
    );
}

/// Pages that are looked up, leased and stored, and dropped by their path.
async fn misses_and_drops(server: &RedisServer, bare: &Bare) -> [Outcome; 2] {
    let site = Site::open(server, SETTINGS).await;
    let path = "/flavors/vanilla/";
    let (key, body) = (key(path), noise());
    let mut pairs: [Pairs; 2] = Default::default();
    for _ in 0..ROUNDS {
        let mut times: [Vec<Duration>; 4] = Default::default();
        for _ in 0..WRITES {
            let mut started = Instant::now();
            let mut lap = |times: &mut Vec<Duration>| {
                times.push(started.elapsed());
                started = Instant::now();
            };
            let [set, unlink, miss, dropped] = &mut times;
            bare.set("bare.written", &body).await;
            lap(set);
            bare.unlink("bare.written").await;
            lap(unlink);
            let lease = site.miss(&key, None).await;
            let filled = lease.fill(page(&body)).await;
            lap(miss);
            filled.expect("nobody writes meanwhile");
            site.cache.invalidate_paths([path]).await;
            lap(dropped);
        }
        let [set, unlink, miss, dropped] = times.each_mut().map(|times| median(times));
        let [misses, drops] = &mut pairs;
        misses.add(set, miss);
        drops.add(unlink, dropped);
    }
    pairs.map(Pairs::outcome)
}

/// Saves in a process whose pages are in its memory, and in one that shares them.
async fn saves(server: &RedisServer) -> Result<Outcome, DbErr> {
    let folder = tempfile::tempdir().expect("there is room for a database");
    let path = folder.path().join("bench.sqlite");
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", path.display()));
    options.max_connections(1).map_sqlx_sqlite_opts(|options| {
        options
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "NORMAL")
    });
    let db = Database::connect(options).await?;
    let table = Schema::new(db.get_database_backend()).create_table_from_entity(Entity);
    db.execute(&table).await?;
    let flavor = ActiveModel {
        slug: Set("vanilla".to_owned()),
        scoops: Set(0),
        ..Default::default()
    };
    let mut flavor = flavor.insert(&db).await?;
    let mut pairs = Pairs::default();
    for _ in 0..ROUNDS {
        let alone = save(&mut flavor, &db).await?;
        // Hooks tell every store that a cache of the process has.
        let site = Site::open(server, SETTINGS).await;
        site.cache.delivered().await;
        pairs.add(alone, save(&mut flavor, &db).await?);
    }
    db.close().await?;
    Ok(pairs.outcome())
}

/// Saves a row some times, each in a scope as a request has, and returns the median.
async fn save(flavor: &mut Model, db: &DatabaseConnection) -> Result<Duration, DbErr> {
    let mut times = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        let mut changed = flavor.clone().into_active_model();
        changed.scoops = Set(flavor.scoops + 1);
        let started = Instant::now();
        *flavor = dumper::scope(changed.update(db)).await?;
        times.push(started.elapsed());
    }
    Ok(median(&mut times))
}

fn print(name: &str, outcome: Outcome) {
    let [plain, ours] = [outcome.plain, outcome.other].map(|time| time.as_secs_f64() * 1e6);
    let Outcome {
        ratio,
        spread: [low, high],
        ..
    } = outcome;
    println!("{name:<22} {plain:>9.1} {ours:>9.1} {ratio:>7.3}   {low:.3} to {high:.3}");
}
