//! The hosts whose pages are stored.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How many hosts are known at a time, if the site does not name its own.
const KNOWN: usize = 8;

/// How long a host keeps its place without a request.
const QUIET: Duration = Duration::from_mins(1);

/// The origins that all middlewares know: each worker has one of its own.
static FIRST_COME: RwLock<Vec<Arc<Known>>> = RwLock::new(Vec::new());

/// Hosts are chosen by visitors, so their number is bounded: to those that came
/// first and are still asked for, and to a list if the site has one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    listed: Option<Arc<[String]>>,
}

#[derive(Debug)]
struct Known {
    host: String,
    /// What proxies tell of it.
    told: Option<String>,
    /// When it was found to have been asked for, by those who look for a place.
    seen: Mutex<Instant>,
    /// Whether it was asked for since: most requests need no clock, and write nothing.
    is_asked_for: AtomicBool,
    /// Whether it has given way to another.
    has_gone: AtomicBool,
}

/// The host that a worker was asked for last, which it mostly is again: so that the
/// workers need not take a lock for each request.
#[derive(Debug, Default)]
pub(crate) struct LastHost(RefCell<Option<Arc<Known>>>);

impl Hosts {
    pub(crate) fn listed(hosts: impl Iterator<Item = String>) -> Self {
        let hosts = hosts.map(|host| host.to_ascii_lowercase());
        Self {
            listed: Some(hosts.collect()),
        }
    }

    /// Whether pages may be stored and served for a host, in lower case, and what
    /// proxies tell of it.
    pub(crate) fn admit(
        &self,
        last: &LastHost,
        scheme: &str,
        host: &str,
        told: Option<&str>,
    ) -> bool {
        match (&self.listed, told) {
            (Some(listed), _) if !is_listed(listed, scheme, host) => false,
            (Some(_), None) => true,
            (_, told) => last.admit(&FIRST_COME, host, told),
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

impl LastHost {
    fn admit(&self, known: &RwLock<Vec<Arc<Known>>>, host: &str, told: Option<&str>) -> bool {
        if let Some(known) = &*self.0.borrow()
            && known.is(host, told)
            && !known.has_gone.load(Ordering::Relaxed)
        {
            known.note();
            return true;
        }
        let known = find(known, host, told).or_else(|| make(known, host, told, Instant::now()));
        let is_known = known.is_some();
        *self.0.borrow_mut() = known;
        is_known
    }
}

impl Known {
    fn is(&self, host: &str, told: Option<&str>) -> bool {
        self.host == host && self.told.as_deref() == told
    }

    /// Notes that it is asked for.
    fn note(&self) {
        if !self.is_asked_for.load(Ordering::Relaxed) {
            self.is_asked_for.store(true, Ordering::Relaxed);
        }
    }

    /// Whether nobody has asked for it for long, as far as those know who looked.
    fn is_quiet(&self, now: Instant) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_asked_for.swap(false, Ordering::Relaxed) {
            *seen = now;
        }
        now.saturating_duration_since(*seen) >= QUIET
    }
}

fn find(known: &RwLock<Vec<Arc<Known>>>, host: &str, told: Option<&str>) -> Option<Arc<Known>> {
    let known = known.read().unwrap_or_else(PoisonError::into_inner);
    let known = known.iter().find(|known| known.is(host, told))?;
    known.note();
    Some(Arc::clone(known))
}

fn make(
    known: &RwLock<Vec<Arc<Known>>>,
    host: &str,
    told: Option<&str>,
    now: Instant,
) -> Option<Arc<Known>> {
    let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
    known.retain(|known| {
        let is_quiet = known.is_quiet(now);
        known.has_gone.store(is_quiet, Ordering::Relaxed);
        !is_quiet
    });
    if known.len() >= KNOWN {
        return None;
    }
    let new = Arc::new(Known {
        host: host.to_owned(),
        told: told.map(ToOwned::to_owned),
        seen: Mutex::new(now),
        is_asked_for: AtomicBool::new(false),
        has_gone: AtomicBool::new(false),
    });
    known.push(Arc::clone(&new));
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ninth_host_waits_until_one_is_quiet() {
        let hosts = RwLock::default();
        let started = Instant::now();
        let admit = |host: &str, second| {
            let now = started + Duration::from_secs(second);
            let known = find(&hosts, host, None).or_else(|| make(&hosts, host, None, now));
            known.is_some()
        };
        for number in 0..8 {
            assert!(admit(&format!("host{number}"), 0));
        }
        assert!(!admit("ninth", 1));
        for number in 0..7 {
            assert!(admit(&format!("host{number}"), 30));
        }
        assert!(!admit("ninth", 59));
        assert!(admit("ninth", 60));
        assert!(!admit("host7", 60));
    }

    #[test]
    fn a_worker_is_told_when_its_host_has_gone() {
        let hosts = RwLock::default();
        let last = LastHost::default();
        assert!(last.admit(&hosts, "host", None));
        assert!(last.admit(&hosts, "host", None));
        let later = |times| Instant::now() + times * QUIET;
        for number in 0..8 {
            make(&hosts, &number.to_string(), None, later(2 + number));
        }
        // It has come back, since others were quiet.
        let before = last.0.borrow().clone().unwrap();
        assert!(before.has_gone.load(Ordering::Relaxed));
        assert!(find(&hosts, "host", None).is_none());
        assert!(last.admit(&hosts, "host", None));
        let after = last.0.borrow().clone().unwrap();
        assert!(!Arc::ptr_eq(&before, &after));
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
            let is = hosts.admit(&LastHost::default(), scheme, host, None);
            assert_eq!(is, admitted, "{scheme}://{host}");
        }
        assert!(!hosts.admit(
            &LastHost::default(),
            "http",
            "evil.example",
            Some("host: shop.example")
        ));
    }
}
