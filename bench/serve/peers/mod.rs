//! What others make of a site.
//!
//! Each serves one page, since not all of them tell pages apart. Each render has a
//! number in its headers, so that a hit can be told.

mod actix;
mod axum;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub(crate) use self::actix::{actix_request_reply_cache, actix_tower};
pub(crate) use self::axum::{axum_response_cache, tower_http_cache};

/// Longer than anything is measured.
const LIFETIME: Duration = Duration::from_hours(24);

/// The headers of a page, as many as a hit of dumper has.
fn headers() -> [(&'static str, String); 4] {
    static RENDERS: AtomicUsize = AtomicUsize::new(0);

    let render = RENDERS.fetch_add(1, Ordering::Relaxed);
    [
        ("content-type", "text/html; charset=utf-8".to_owned()),
        ("cache-control", "max-age=86400".to_owned()),
        ("etag", format!("\"{render:032x}\"")),
        ("x-render", render.to_string()),
    ]
}
