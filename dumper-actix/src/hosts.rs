//! The hosts whose pages are stored.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How many hosts are known at a time, if the site does not name its own.
const KNOWN: usize = 8;

/// How long a host keeps its place without a request.
const QUIET: Duration = Duration::from_mins(1);

/// The hosts of all who do not name theirs: each worker has a middleware of its
/// own.
static FIRST_COME: LazyLock<Arc<Hosts>> = LazyLock::new(|| {
    Arc::new(Hosts::FirstCome {
        known: RwLock::default(),
        started: Instant::now(),
    })
});

/// Hosts are chosen by visitors, so their number is bounded: by a list, or to
/// those that came first and are still asked for.
#[derive(Debug)]
pub(crate) enum Hosts {
    Listed(Vec<String>),
    FirstCome {
        known: RwLock<Vec<Known>>,
        started: Instant,
    },
}

#[derive(Debug)]
pub(crate) struct Known {
    host: String,
    /// In milliseconds since the start.
    asked_for: AtomicU64,
}

impl Hosts {
    pub(crate) fn listed(hosts: impl Iterator<Item = String>) -> Arc<Self> {
        let hosts = hosts.map(|host| host.to_ascii_lowercase());
        Arc::new(Self::Listed(hosts.collect()))
    }

    pub(crate) fn first_come() -> Arc<Self> {
        Arc::clone(&FIRST_COME)
    }

    /// Whether the pages of a host may be stored and served; it is in lower case.
    pub(crate) fn admit(&self, host: &str) -> bool {
        match self {
            Self::Listed(hosts) => hosts.iter().any(|listed| listed == host),
            Self::FirstCome { known, started } => {
                let now = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                is_known(known, host, now) || make_known(known, host, now)
            }
        }
    }
}

fn is_known(known: &RwLock<Vec<Known>>, host: &str, now: u64) -> bool {
    let known = known.read().unwrap_or_else(PoisonError::into_inner);
    let Some(known) = known.iter().find(|known| known.host == host) else {
        return false;
    };
    known.asked_for.store(now, Ordering::Relaxed);
    true
}

fn make_known(known: &RwLock<Vec<Known>>, host: &str, now: u64) -> bool {
    let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
    known.retain(|known| {
        let asked_for = known.asked_for.load(Ordering::Relaxed);
        u128::from(now.saturating_sub(asked_for)) < QUIET.as_millis()
    });
    if known.len() >= KNOWN {
        return false;
    }
    known.push(Known {
        host: host.to_owned(),
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
        let hosts = Hosts::listed(["Shop.Example:8080".to_owned()].into_iter());
        assert!(hosts.admit("shop.example:8080"));
        assert!(!hosts.admit("shop.example"));
    }
}
