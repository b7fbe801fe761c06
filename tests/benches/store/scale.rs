//! A tag of very many pages, that is dropped at one stroke.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use dumper_tests::redis::RedisServer;
use tokio::task::spawn_local;

use crate::ratio::Pairs;
use crate::site::{Settings, Site, key, page};

/// How many pages there are, and how many of them bear which tag: those that come
/// first.
const PAGES: usize = 1_000_000;
const MANY: usize = 100_000;
const FEW: usize = 1_000;

const LENGTH: usize = 200;

/// How many are stored at the same time, and looked up afterwards.
const TASKS: usize = 256;
const SAMPLES: usize = 1_000;

/// How often the tags are dropped, by turns.
const ROUNDS: usize = 200;

pub(crate) async fn measure(server: &RedisServer) {
    let settings = Settings {
        near: false,
        compress: true,
    };
    let site = Rc::new(Site::open(server, settings).await);
    let empty = used(server);
    let started = Instant::now();
    fill(&site).await;
    let bytes = (used(server) - empty) / PAGES as u64;
    println!(
        "{PAGES} pages of {LENGTH} bytes were stored in {:.0?}.",
        started.elapsed()
    );
    println!("They take {bytes} bytes each.");

    sample(&site, 0..PAGES, true).await;
    let few = commands(server, drop_tag(&site, "few")).await;
    let many = commands(server, drop_tag(&site, "many")).await;
    println!("To drop {MANY} of them sends: {many:?}.");
    assert_eq!(
        few, many,
        "what is sent has nothing to do with the number of pages"
    );
    let round_trips: u64 = ["eval", "evalsha", "unlink"]
        .iter()
        .filter_map(|name| many.get(*name))
        .sum();
    assert_eq!(round_trips, 1, "it is one round trip");
    sample(&site, 0..MANY + FEW, false).await;
    sample(&site, MANY + FEW..PAGES, true).await;
    println!("Of {SAMPLES} that bear the tag all are misses, of {SAMPLES} others all are hits.");

    let mut pairs = Pairs::default();
    for _ in 0..ROUNDS {
        let few = drop_tag(&site, "few").await;
        pairs.add(few, drop_tag(&site, "many").await);
    }
    let outcome = pairs.outcome();
    println!(
        "To drop {FEW} takes {:.0?}, and to drop {MANY} takes {:.0?}: {:.3} times as long.",
        outcome.plain, outcome.other, outcome.ratio
    );
}

/// Stores all pages.
async fn fill(site: &Rc<Site>) {
    let body = Bytes::from_static(&[b'.'; LENGTH]);
    let tasks = (0..TASKS).map(|task| {
        let (site, body) = (Rc::clone(site), body.clone());
        spawn_local(async move {
            for number in (task..PAGES).step_by(TASKS) {
                let mut lease = site.miss(&key(&path(number)), None).await;
                lease.tag(tag(number).map(Into::into));
                let filled = lease.fill(page(&body)).await;
                filled.expect("nobody writes meanwhile");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("the task does not panic");
    }
}

/// Looks some pages up, to see that they are stored or are not.
async fn sample(site: &Site, pages: std::ops::Range<usize>, are_stored: bool) {
    for _ in 0..SAMPLES {
        let number = fastrand::usize(pages.clone());
        let found = site.cache.stored(&key(&path(number)), &|_| None).await;
        assert_eq!(found.is_some(), are_stored, "{}", path(number));
    }
}

async fn drop_tag(site: &Site, tag: &str) -> Duration {
    let started = Instant::now();
    site.cache.invalidate_tag(tag).await;
    started.elapsed()
}

/// The commands that Redis does meanwhile, those of scripts included.
async fn commands(
    server: &RedisServer,
    sending: impl Future<Output = Duration>,
) -> BTreeMap<String, u64> {
    let () = server
        .command(&["CONFIG", "RESETSTAT"])
        .expect("the server answers");
    sending.await;
    let told: String = server
        .command(&["INFO", "commandstats"])
        .expect("the server answers");
    let commands = told.lines().filter_map(|line| {
        let (name, counts) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        let (calls, _) = counts.split_once(',')?;
        Some((name.to_owned(), calls.parse().ok()?))
    });
    // Those of the connections that ask for this.
    let ours = |name: &str| !name.starts_with("config") && !name.starts_with("client");
    commands.filter(|(name, _)| ours(name)).collect()
}

fn used(server: &RedisServer) -> u64 {
    let used = server
        .info("memory", "used_memory")
        .expect("the server answers");
    used.parse().expect("it is a number")
}

fn path(number: usize) -> String {
    format!("/flavors/{number}/")
}

fn tag(number: usize) -> Option<&'static str> {
    if number < MANY {
        Some("many")
    } else if number < MANY + FEW {
        Some("few")
    } else {
        None
    }
}
