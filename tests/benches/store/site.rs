//! A site whose pages are in Redis.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dumper::{Cache, Headers, Key, Lease, Lookup, Page};
use dumper_redis::Redis;
use dumper_tests::redis::RedisServer;

/// How large the pages are that are measured.
pub(crate) const LENGTH: usize = 16 << 10;

/// The header that selects among the pages of a path, if there are several.
const SELECTING: &str = "accept-language";

/// What a cache is made of.
#[derive(Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) near: bool,
    pub(crate) compress: bool,
}

pub(crate) struct Site {
    pub(crate) cache: Cache,
}

impl Site {
    /// Opens a site that has its pages to itself.
    pub(crate) async fn open(server: &RedisServer, settings: Settings) -> Self {
        let redis = Redis::builder(server.url())
            .namespace(format!("bench.{:x}.", fastrand::u64(..)))
            .release("bench")
            .compress(settings.compress)
            // A machine that does others besides is no reason to give up.
            .deadline(Duration::from_secs(10));
        let redis = redis.connect().await.expect("the URL is one");
        let cache = Cache::builder().store(redis).near(settings.near);
        Self {
            cache: cache.build(),
        }
    }

    /// Asks for a page that is stored.
    pub(crate) async fn hit(&self, key: &Key, variant: Option<u8>) -> Arc<Page> {
        match self.look_up(key, variant).await {
            Lookup::Hit(page) => page,
            other => panic!("{key} is stored: {other:?}"),
        }
    }

    /// Asks for a page that is not stored.
    pub(crate) async fn miss(&self, key: &Key, variant: Option<u8>) -> Lease {
        match self.look_up(key, variant).await {
            Lookup::Miss(lease) => lease,
            other => panic!("{key} may be stored, and is not: {other:?}"),
        }
    }

    /// Stores a page, which there is not, for each of the variants if there are any.
    pub(crate) async fn store(&self, key: &Key, body: &Bytes, variants: u8, tags: &[&str]) {
        let variants = (0..variants.max(1)).map(|variant| (variants > 0).then_some(variant));
        for variant in variants {
            let mut lease = self.miss(key, variant).await;
            lease.tag(tags.iter().map(|&tag| tag.into()));
            let page = page(body).vary(selected_by(variant));
            lease.fill(page).await.expect("nobody writes meanwhile");
        }
    }

    async fn look_up(&self, key: &Key, variant: Option<u8>) -> Lookup {
        let language = |name: &str| {
            variant
                .filter(|_| name == SELECTING)
                .map(|it| vec![it].into())
        };
        self.cache.look_up(key, &language).await
    }
}

pub(crate) fn key(path: &str) -> Key {
    Key::new("https", "parlour.example", path, None).expect("nothing is encoded")
}

pub(crate) fn page(body: &Bytes) -> Page {
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "max-age=0, must-revalidate"),
    ];
    let headers: Headers = headers.into_iter().collect();
    Page::new(200, headers, body.clone())
}

/// A body that cannot be compressed.
pub(crate) fn noise() -> Bytes {
    let mut random = fastrand::Rng::with_seed(1);
    (0..LENGTH).map(|_| random.u8(..)).collect()
}

/// A body that can be compressed about as well as a page can.
pub(crate) fn html() -> Bytes {
    let mut random = fastrand::Rng::with_seed(1);
    let mut page = String::new();
    while page.len() < LENGTH {
        let number = random.u32(..);
        let _ = writeln!(
            page,
            "<li class=\"flavor\"><a href=\"/flavors/{number}/\">{number}</a></li>"
        );
    }
    page.truncate(LENGTH);
    page.into()
}

fn selected_by(variant: Option<u8>) -> Vec<(String, Option<Vec<u8>>)> {
    let value = variant.map(|variant| vec![variant]);
    value
        .map(|value| (SELECTING.to_owned(), Some(value)))
        .into_iter()
        .collect()
}
