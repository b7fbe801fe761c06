//! What must be true.

use std::fmt;

/// Where a value has to lie.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

use Bound::{AtLeast, AtMost};

/// By the names of ratios and figures. Ratios are of requests a second.
pub(crate) const REQUIRED: [(&str, Bound); 30] = [
    ("hit_1k_1w/floor", AtLeast(0.97)),
    ("hit_16k_1w/floor", AtLeast(0.97)),
    ("hit_100k_1w/floor", AtLeast(0.97)),
    ("hit_1k_zipf_1w/floor", AtLeast(0.97)),
    ("hit_16k_zipf_1w/floor", AtLeast(0.97)),
    ("hit_100k_zipf_1w/floor", AtLeast(0.97)),
    ("hit_1k_1w/noop", AtLeast(0.97)),
    ("hit_16k_1w/noop", AtLeast(0.97)),
    ("hit_100k_1w/noop", AtLeast(0.97)),
    ("hit_1k_zipf_1w/noop", AtLeast(0.97)),
    ("hit_16k_zipf_1w/noop", AtLeast(0.97)),
    ("hit_100k_zipf_1w/noop", AtLeast(0.97)),
    ("hit/noop", AtLeast(0.97)),
    ("hit/routes", AtLeast(1.35)),
    ("hit/nginx", AtLeast(1.2)),
    ("hit/varnish", AtLeast(1.9)),
    ("hit_zipf/nginx", AtLeast(1.2)),
    ("hit_zipf/varnish", AtLeast(1.9)),
    ("hit/axum_response_cache", AtLeast(1.03)),
    ("hit/tower_http_cache", AtLeast(1.15)),
    ("hit/actix_request_reply_cache", AtLeast(25.0)),
    ("not_modified/hit", AtLeast(1.4)),
    ("gzip_hit/identity_hit", AtLeast(0.95)),
    ("hit_under_invalidation/hit", AtLeast(0.9)),
    ("bypass/app", AtLeast(0.98)),
    ("miss_added_cpu_us", AtMost(3.0)),
    ("syscalls_per_hit", AtMost(2.1)),
    ("cold_page_40_renders", AtMost(1.0)),
    ("cold_page_40_slowest_over_render_ms", AtMost(5.0)),
    // Two renders, and as much more as a cold page may take: 5 ms of its 100.
    ("uncacheable_40_slowest/render", AtMost(2.05)),
];

/// What is required of a value, by its name.
pub(crate) fn required(name: &str) -> Option<Bound> {
    let mut bounds = REQUIRED.iter();
    bounds
        .find(|(known, _)| *known == name)
        .map(|(_, bound)| *bound)
}

impl Bound {
    pub(crate) fn is_met(self, value: f64) -> bool {
        match self {
            AtLeast(least) => value >= least,
            AtMost(most) => value <= most,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AtLeast(least) => write!(f, "≥ {least}"),
            AtMost(most) => write!(f, "≤ {most}"),
        }
    }
}
