//! What a response tells this cache, whichever field says it.

use std::time::SystemTime;

use actix_web::http::header::{HeaderMap, HeaderName};

use crate::directives::Directives;
use crate::freshness::Lifetime;
use crate::targeted::{CDN_CACHE_CONTROL, targeted};

/// Whether a response may be stored, as far as it tells itself, and how long it
/// is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// The directive that forbids it.
    pub(crate) forbidding: Option<&'static str>,
    pub(crate) lifetime: Lifetime,
    /// Whether it is to be sent as it is.
    pub(crate) no_transform: bool,
}

impl Policy {
    /// The first targeted field that can be read speaks alone (RFC 9213 §2.2), or
    /// else `Cache-Control` and `Expires` do. `CDN-Cache-Control` may restrict these.
    ///
    /// Returns `None` if `Cache-Control` cannot be read.
    pub(crate) fn of(headers: &HeaderMap, fields: &[HeaderName], now: SystemTime) -> Option<Self> {
        let mut ours = fields.iter().filter_map(|field| targeted(headers, field));
        if let Some(directives) = ours.next() {
            return Some(Self::from(&directives));
        }
        let mut policy = Self::from(&Directives::of_cache_control(headers)?);
        if policy.lifetime == Lifetime::Unsaid {
            policy.lifetime = Lifetime::of_expires(headers, now);
        }
        if let Some(elsewhere) = targeted(headers, &CDN_CACHE_CONTROL) {
            policy.forbidding = policy.forbidding.or(elsewhere.forbidding());
            policy.lifetime = policy.lifetime.shorter(elsewhere.lifetime());
            policy.no_transform |= elsewhere.no_transform();
        }
        Some(policy)
    }
}

impl From<&Directives> for Policy {
    fn from(directives: &Directives) -> Self {
        Self {
            forbidding: directives.forbidding(),
            lifetime: directives.lifetime(),
            no_transform: directives.no_transform(),
        }
    }
}
