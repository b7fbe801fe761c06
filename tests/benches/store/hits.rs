//! A hit beside a bare `GET`.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use dumper_tests::redis::RedisServer;
use tokio::task::spawn_local;

use crate::bare::Bare;
use crate::ratio::{Outcome, Pairs};
use crate::site::{LENGTH, Settings, Site, html, key, noise};

/// Rounds that are measured, and rounds before them that are not.
const ROUNDS: usize = 150;
const WARM_UP: usize = 10;

/// How often somebody asks in a round, one time after the other.
const SERIALLY: u32 = 100;

/// How many ask at the same time, and how often each.
const TASKS: u32 = 64;
const EACH: u32 = 16;

/// What hits are measured, beside a `GET` of how many bytes.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    settings: Settings,
    body: fn() -> Bytes,
    variants: u8,
    tags: &'static [&'static str],
    bare: usize,
    pub(crate) promise: Option<Promise>,
}

/// What is promised of them.
#[derive(Clone, Copy)]
pub(crate) struct Promise {
    /// How long one may take, as a multiple of what the `GET` takes.
    pub(crate) serially: f64,
    /// How many there are in the time of one `GET`, 64 at once.
    pub(crate) at_once: f64,
}

const FAR: Settings = Settings {
    near: false,
    compress: true,
};

const CASE: Case = Case {
    name: "",
    settings: FAR,
    body: noise,
    variants: 0,
    tags: &[],
    bare: LENGTH,
    promise: None,
};

pub(crate) const CASES: [Case; 7] = [
    Case {
        name: "from Redis",
        promise: Some(Promise {
            serially: 1.2,
            at_once: 0.65,
        }),
        ..CASE
    },
    Case {
        name: "near",
        settings: Settings { near: true, ..FAR },
        bare: 16,
        promise: Some(Promise {
            serially: 1.25,
            at_once: 0.4,
        }),
        ..CASE
    },
    Case {
        name: "HTML, by zstd",
        body: html,
        ..CASE
    },
    Case {
        name: "HTML as it is",
        body: html,
        settings: Settings {
            compress: false,
            ..FAR
        },
        ..CASE
    },
    Case {
        name: "1 variant",
        variants: 1,
        ..CASE
    },
    Case {
        name: "5 variants",
        variants: 5,
        ..CASE
    },
    Case {
        name: "2 tags",
        tags: &["flavors", "prices"],
        ..CASE
    },
];

/// How hits compare, one at a time and many at once.
pub(crate) struct Compared {
    pub(crate) serially: Outcome,
    pub(crate) at_once: Outcome,
}

pub(crate) async fn compare(server: &RedisServer, bare: &Bare, case: &Case) -> Compared {
    let path = key("/flavors/vanilla/");
    let site = Site::open(server, case.settings).await;
    let (variants, body) = (case.variants, (case.body)());
    site.store(&path, &body, variants, case.tags).await;
    let turn = Cell::new(0);
    let hit = async move || {
        turn.set((turn.get() + 1) % variants.max(1));
        let page = site.hit(&path, (variants > 0).then(|| turn.get())).await;
        assert_eq!(page.body().len(), LENGTH);
    };

    let get = getting(bare, case.bare).await;
    side_by_side(get, hit).await
}

/// Compares the commands of a hit that has to ask for everything, by the bare client.
pub(crate) async fn compare_commands(bare: &Bare) -> Compared {
    bare.write(&noise()).await;
    let get = getting(bare, LENGTH).await;
    let bare = bare.clone();
    let read = async move || assert_eq!(bare.read().await, LENGTH);
    side_by_side(get, read).await
}

/// A `GET` of so many bytes.
async fn getting(bare: &Bare, length: usize) -> impl AsyncFn() + 'static {
    let name = format!("bare.{length}");
    bare.set(&name, &noise().slice(..length)).await;
    let bare = bare.clone();
    async move || assert_eq!(bare.get(&name).await, length)
}

async fn side_by_side(get: impl AsyncFn() + 'static, hit: impl AsyncFn() + 'static) -> Compared {
    let (get, hit) = (Rc::new(get), Rc::new(hit));
    let (mut serial, mut parallel) = (Pairs::default(), Pairs::default());
    for round in 0..WARM_UP + ROUNDS {
        // Whoever comes second may gain or lose by that.
        let (times, together) = if round % 2 == 0 {
            let (get_serially, hit_serially) = (serially(&*get).await, serially(&*hit).await);
            let (get_at_once, hit_at_once) = (at_once(&get).await, at_once(&hit).await);
            ((get_serially, hit_serially), (get_at_once, hit_at_once))
        } else {
            let (hit_serially, get_serially) = (serially(&*hit).await, serially(&*get).await);
            let (hit_at_once, get_at_once) = (at_once(&hit).await, at_once(&get).await);
            ((get_serially, hit_serially), (get_at_once, hit_at_once))
        };
        if round >= WARM_UP {
            serial.add(times.0, times.1);
            parallel.add(together.0, together.1);
        }
    }
    Compared {
        serially: serial.outcome(),
        at_once: parallel.outcome(),
    }
}

/// What one of several takes that ask one after the other.
async fn serially(ask: &impl AsyncFn()) -> Duration {
    let started = Instant::now();
    for _ in 0..SERIALLY {
        ask().await;
    }
    started.elapsed() / SERIALLY
}

/// What one takes of those that ask at the same time, as requests to a worker do.
async fn at_once(ask: &Rc<impl AsyncFn() + 'static>) -> Duration {
    let started = Instant::now();
    let tasks = (0..TASKS).map(|_| {
        let ask = Rc::clone(ask);
        spawn_local(async move {
            for _ in 0..EACH {
                ask().await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("the task does not panic");
    }
    started.elapsed() / (TASKS * EACH)
}
