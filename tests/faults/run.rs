//! One scheme in one row, from empty to quiet.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dumper_tests::http::{Answer, Connection};
use dumper_tests::redis::{Cluster, RedisServer, Replicas};
use dumper_tests::{Database, Kind, Proxy};
use fastrand::Rng;
use futures::future::join_all;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use crate::clients::{DELIVERED, FENCE_IS_OVER, PATIENCE, Site};
use crate::counts::count;
use crate::fault::{self, Fault};
use crate::page::Variant;
use crate::serve;
use crate::settings::Settings;
use crate::world::{Process, Recovery, Shared, World, addr};

const READERS: usize = 8;
const WRITERS: usize = 5;

/// How a row is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) database: Kind,
    pub(crate) is_dumper: bool,
    pub(crate) seconds: u64,
    pub(crate) processes: usize,
    pub(crate) seed: u64,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) requests: u64,
    pub(crate) hits: u64,
    pub(crate) stale: u64,
    pub(crate) stale_for_ever: u64,
    pub(crate) failed: u64,
    pub(crate) corrupt: u64,
    pub(crate) uncached: u64,
    pub(crate) uncached_stale: u64,
    pub(crate) writes: u64,
    /// How many pages come from the cache when all is quiet, and how many there are.
    pub(crate) warm: (u64, u64),
    /// How many times something failed.
    pub(crate) happened: u64,
    /// Until there were hits again, at the most.
    pub(crate) recovery: Option<Duration>,
    pub(crate) slowest_delivery: Duration,
    /// How many lines the processes wrote to their logs.
    pub(crate) log_lines: usize,
    /// How many answers had which `Cache-Status`, and how long they took.
    pub(crate) statuses: Vec<(String, u32, Duration)>,
    pub(crate) evidence: Vec<String>,
    pub(crate) log: String,
}

impl Run {
    /// Runs a row.
    pub(crate) async fn row(&self, fault: &Fault) -> io::Result<Outcome> {
        let database = Database::create(self.database)?;
        serve::fill(database.url())
            .await
            .map_err(io::Error::other)?;
        let shared = match fault.shared {
            fault::Kind::One => Shared::One(RedisServer::start(fault.options)?),
            fault::Kind::Pair => Shared::Pair(Replicas::start(fault.options)?),
            fault::Kind::Cluster => Shared::Cluster(Cluster::start(fault.options)?),
        };
        let proxies = self.proxies(&shared)?;
        let processes = (0..self.processes).map(|number| {
            let redis = match &shared {
                Shared::Cluster(cluster) => cluster.urls(),
                _ => vec![format!(
                    "redis://{}{}",
                    fault.credential,
                    proxies[number].addr()
                )],
            };
            Process::start(number, self.settings(fault, number, database.url(), redis))
        });
        let processes: Arc<[Process]> = processes.collect::<io::Result<_>>()?;
        let recovery = Arc::new(Recovery::new(self.processes));
        let world = World {
            shared,
            proxies,
            processes: Arc::clone(&processes),
            recovery: Arc::clone(&recovery),
            until: Instant::now() + Duration::from_secs(self.seconds),
        };
        let site = Site::new(processes, recovery, READERS * self.processes, fault);
        let (happened, world) = self.load(fault, &site, world).await?;
        self.settle(fault, &site).await;
        let (stale_for_ever, warm) = compare_all(&site).await?;
        drop(world);
        Ok(outcome(&site, happened, stale_for_ever, warm))
    }

    fn proxies(&self, shared: &Shared) -> io::Result<Vec<Proxy>> {
        if let Shared::Cluster(_) = shared {
            return Ok(Vec::new());
        }
        let target = addr(shared.primary()?);
        (0..self.processes).map(|_| Proxy::start(target)).collect()
    }

    fn settings(
        &self,
        fault: &Fault,
        number: usize,
        database: &str,
        redis: Vec<String>,
    ) -> Settings {
        let release = if fault.two_releases && self.is_dumper && number > 0 {
            "new"
        } else {
            "old"
        };
        Settings {
            is_dumper: self.is_dumper,
            database: database.to_owned(),
            redis,
            // The last asks Redis for each page.
            near: number + 1 < self.processes,
            release: release.to_owned(),
        }
    }

    /// Puts the site under load while things fail, and returns how many times they
    /// did.
    async fn load(&self, fault: &Fault, site: &Site, mut world: World) -> io::Result<(u64, World)> {
        let mut seeds = Rng::with_seed(self.seed);
        let readers = (0..READERS * self.processes).map(|number| site.read(number, seeds.fork()));
        let readers: Vec<_> = readers.collect();
        let writers: Vec<_> = (0..WRITERS).map(|_| site.write(seeds.fork())).collect();
        let deliveries = site.processes.iter().map(|process| site.deliver(process));
        let killer = async {
            if fault.kills_writers {
                site.kill(seeds.fork()).await;
            }
        };
        let (drive, until) = (fault.drive, world.until);
        let drive = async {
            let driven = spawn_blocking(move || drive(&mut world).map(|times| (times, world)));
            let driven = driven.await.map_err(io::Error::other);
            sleep(until.saturating_duration_since(Instant::now())).await;
            site.stop.set(true);
            driven?
        };
        let (_, _, _, (), (), driven) = tokio::join!(
            join_all(readers),
            join_all(writers),
            join_all(deliveries),
            killer,
            site.expire(),
            drive
        );
        let (happened, world) = driven?;
        Ok((happened + site.counts.kills.get(), world))
    }

    /// Waits until nothing is on its way any more.
    async fn settle(&self, fault: &Fault, site: &Site) {
        for process in site.processes.iter().filter(|_| fault.has_hits) {
            let mut connection = Connection::to(process.addr());
            let delivered = timeout(PATIENCE, connection.request(DELIVERED)).await;
            if !matches!(&delivered, Ok(Ok(answer)) if answer.status < 300) {
                count(&site.counts.failed);
                site.counts.tell(|| {
                    let number = process.number;
                    format!("process {number} has not delivered all: {delivered:?}")
                });
            }
        }
        if self.is_dumper {
            sleep(FENCE_IS_OVER).await;
        }
    }
}

/// Compares each page of each process, when nothing is written any more, with what
/// it should be. Returns how many differ; and how many came from the cache, of how
/// many that there are.
async fn compare_all(site: &Site) -> io::Result<(u64, (u64, u64))> {
    let variants = Variant::all(&site.history);
    let parts: Vec<_> = site
        .processes
        .iter()
        .flat_map(|process| {
            variants
                .chunks(16)
                .map(move |part| compare(site, process, part))
        })
        .collect();
    let mut all = (0, (0, 0));
    for part in join_all(parts).await {
        let (wrong, (hits, pages)) = part?;
        all = (all.0 + wrong, (all.1.0 + hits, all.1.1 + pages));
    }
    Ok(all)
}

async fn compare(
    site: &Site,
    process: &Process,
    variants: &[Variant],
) -> io::Result<(u64, (u64, u64))> {
    let mut connection = Connection::to(process.addr());
    let (mut wrong, mut hits, mut pages) = (0, 0, 0);
    for variant in variants {
        let truth = connection.request(&variant.request(true)).await?;
        let first = connection.request(&variant.request(false)).await?;
        let second = connection.request(&variant.request(false)).await?;
        let differs =
            |answer: &Answer| (answer.status, &answer.text) != (truth.status, &truth.text);
        if truth.status == 200 {
            pages += 1;
            hits += u64::from(second.is_hit());
        }
        if let Some(answer) = [&first, &second].into_iter().find(|answer| differs(answer)) {
            wrong += 1;
            site.counts.tell(|| {
                let rows = |answer: &Answer| answer.text.lines().nth(1).map(str::to_owned);
                format!(
                    "process {}: {} is stale for ever ({})\n    shown: {:?}\n    truth: {:?}",
                    process.number,
                    variant.title(process.release()),
                    answer.cache_status,
                    rows(answer),
                    rows(&truth)
                )
            });
        }
    }
    Ok((wrong, (hits, pages)))
}

fn outcome(site: &Site, happened: u64, stale_for_ever: u64, warm: (u64, u64)) -> Outcome {
    let counts = &site.counts;
    let logs = site.processes.iter().map(|process| {
        let log = process.log();
        (process.number, log)
    });
    let logs: Vec<(usize, String)> = logs.collect();
    let log_lines = logs.iter().map(|(_, log)| log.lines().count()).sum();
    let log = logs.into_iter().fold(String::new(), |all, (number, log)| {
        let lines = log
            .lines()
            .map(|line| format!("process {number}: {line}\n"));
        all + &lines.collect::<String>()
    });
    Outcome {
        requests: counts.requests.get(),
        hits: counts.hits.get(),
        stale: counts.stale.get(),
        stale_for_ever,
        failed: counts.failed.get(),
        corrupt: counts.corrupt.get(),
        uncached: counts.uncached.get(),
        uncached_stale: counts.uncached_stale.get(),
        writes: site.history.writes(),
        warm,
        happened,
        recovery: site.recovery.longest(),
        slowest_delivery: counts.slowest_delivery.get(),
        log_lines,
        statuses: counts.statuses(),
        evidence: counts.evidence(),
        log,
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recovery = match self.recovery {
            None => "null".to_owned(),
            Some(Duration::MAX) => "\"never\"".to_owned(),
            Some(longest) => longest.as_millis().to_string(),
        };
        write!(
            f,
            "\"requests\":{},\"hits\":{},\"stale\":{},\"stale_for_ever\":{},\"failed\":{},\
             \"corrupt\":{},\"uncached\":{},\"uncached_stale\":{},\"writes\":{},\
             \"warm\":[{},{}],\"happened\":{},\"recovery_ms\":{recovery},\
             \"slowest_delivery_ms\":{},\"log_lines\":{}",
            self.requests,
            self.hits,
            self.stale,
            self.stale_for_ever,
            self.failed,
            self.corrupt,
            self.uncached,
            self.uncached_stale,
            self.writes,
            self.warm.0,
            self.warm.1,
            self.happened,
            self.slowest_delivery.as_millis(),
            self.log_lines,
        )?;
        let statuses = self.statuses.iter();
        let statuses = statuses.map(|(status, count, _)| format!("\"{status}\":{count}"));
        let statuses: Vec<String> = statuses.collect();
        write!(f, ",\"statuses\":{{{}}}", statuses.join(","))
    }
}
