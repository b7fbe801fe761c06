//! The hosts whose pages are stored.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How many hosts are known at a time, if the site does not name its own.
const KNOWN: usize = 8;

/// How long a host keeps its place without a request.
const QUIET: Duration = Duration::from_mins(1);

/// The origins that all middlewares know: each worker has one of its own.
static FIRST_COME: LazyLock<FirstCome> = LazyLock::new(|| FirstCome {
    known: RwLock::default(),
    started: Instant::now(),
});

/// Hosts are chosen by visitors, so their number is bounded: to those that came
/// first and are still asked for, and to a list if the site has one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    listed: Option<Arc<[String]>>,
}

#[derive(Debug)]
struct FirstCome {
    known: RwLock<Vec<Known>>,
    started: Instant,
}

#[derive(Debug)]
struct Known {
    /// A host, and what proxies tell of it.
    origin: String,
    /// In milliseconds since the start.
    asked_for: AtomicU64,
}

impl Hosts {
    pub(crate) fn listed(hosts: impl Iterator<Item = String>) -> Self {
        let hosts = hosts.map(|host| host.to_ascii_lowercase());
        Self {
            listed: Some(hosts.collect()),
        }
    }

    /// Whether pages may be stored and served for a host, in lower case, and what
    /// proxies tell of it.
    pub(crate) fn admit(&self, scheme: &str, host: &str, told: Option<&str>) -> bool {
        match (&self.listed, told) {
            (Some(listed), _) if !is_listed(listed, scheme, host) => false,
            (Some(_), None) => true,
            (_, Some(told)) => FIRST_COME.admit(&format!("{host} ({told})")),
            (None, None) => FIRST_COME.admit(host),
        }
    }
}

/// Whether a host is one of those listed: the usual port of the scheme may be
/// written or not, in both.
fn is_listed(listed: &[String], scheme: &str, host: &str) -> bool {
    let usual_port = if scheme == "https" { ":443" } else { ":80" };
    let host = without_port(host, usual_port);
    let mut listed = listed.iter();
    listed.any(|listed| without_port(listed, usual_port) == host)
}

fn without_port<'h>(host: &'h str, port: &str) -> &'h str {
    host.strip_suffix(port).unwrap_or(host)
}

impl FirstCome {
    fn admit(&self, origin: &str) -> bool {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        is_known(&self.known, origin, now) || make_known(&self.known, origin, now)
    }
}

fn is_known(known: &RwLock<Vec<Known>>, origin: &str, now: u64) -> bool {
    let known = known.read().unwrap_or_else(PoisonError::into_inner);
    let Some(known) = known.iter().find(|known| known.origin == origin) else {
        return false;
    };
    known.asked_for.store(now, Ordering::Relaxed);
    true
}

fn make_known(known: &RwLock<Vec<Known>>, origin: &str, now: u64) -> bool {
    let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
    known.retain(|known| {
        let asked_for = known.asked_for.load(Ordering::Relaxed);
        u128::from(now.saturating_sub(asked_for)) < QUIET.as_millis()
    });
    if known.len() >= KNOWN {
        return false;
    }
    known.push(Known {
        origin: origin.to_owned(),
        asked_for: AtomicU64::new(now),
    });
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ninth_host_waits_until_one_is_quiet() {
        let known = RwLock::default();
        let admit = |host: &str, now| is_known(&known, host, now) || make_known(&known, host, now);
        for number in 0..8 {
            assert!(admit(&format!("host{number}"), 0));
        }
        assert!(!admit("ninth", 1));
        for number in 0..7 {
            assert!(admit(&format!("host{number}"), 30_000));
        }
        assert!(!admit("ninth", 59_999));
        assert!(admit("ninth", 60_000));
        assert!(!admit("host7", 60_000));
    }

    #[test]
    fn a_list_admits_its_hosts_alone() {
        let listed = [
            "Shop.Example",
            "shop.example:8080",
            "[::1]",
            "old.example:80",
        ];
        let hosts = Hosts::listed(listed.map(str::to_owned).into_iter());
        for (scheme, host, admitted) in [
            ("https", "shop.example", true),
            ("https", "shop.example:443", true),
            ("https", "shop.example:80", false),
            ("http", "shop.example:80", true),
            ("http", "shop.example:8080", true),
            ("http", "shop.example:443", false),
            ("http", "shop.example:", false),
            ("http", "shop.example.", false),
            ("http", "user@shop.example", false),
            ("http", "evil.shop.example", false),
            ("http", "", false),
            ("http", ":80", false),
            ("http", "[::1]:80", true),
            ("http", "[::1]:81", false),
            ("http", "old.example", true),
            ("https", "old.example", false),
            ("https", "old.example:80", true),
        ] {
            let is = hosts.admit(scheme, host, None);
            assert_eq!(is, admitted, "{scheme}://{host}");
        }
        assert!(!hosts.admit("http", "evil.example", Some("host: shop.example")));
    }
}
