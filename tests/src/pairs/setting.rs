//! The settings in which pairs are sent.

use actix_web::App;
use actix_web::middleware::{Condition, NormalizePath};
use actix_web::test::init_service;
use dumper::Cache;
use dumper_actix::{Dumper, Query};
use futures::FutureExt;

use super::app::routes;
use super::site::{self, Site};

/// A setting of the middleware, or of what stands around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// As it comes.
    Default,
    /// With a list of hosts.
    Hosts,
    /// With session cookies named.
    SessionCookies,
    /// With `NormalizePath` outside.
    NormalizedOutside,
    /// With `NormalizePath` inside.
    NormalizedInside,
    /// With trackers left out of the query.
    WithoutTrackers,
}

impl Setting {
    /// All of them. What a new one sets stands in `dumper` or `app`.
    pub const ALL: [Self; 6] = [
        Self::Default,
        Self::Hosts,
        Self::SessionCookies,
        Self::NormalizedOutside,
        Self::NormalizedInside,
        Self::WithoutTrackers,
    ];
}

fn dumper(setting: Setting, cache: Cache) -> Dumper {
    let dumper = Dumper::new(cache);
    match setting {
        Setting::Hosts => {
            dumper.hosts(["parlour.example", "parlour.example:8080", "other.example"])
        }
        Setting::SessionCookies => dumper.session_cookies(["id"]),
        Setting::WithoutTrackers => dumper.query(Query::exact().without_trackers()),
        Setting::Default | Setting::NormalizedOutside | Setting::NormalizedInside => dumper,
    }
}

async fn app(setting: Setting, dumper: Option<Dumper>) -> site::App {
    let inside = Condition::new(setting == Setting::NormalizedInside, NormalizePath::trim());
    let outside = Condition::new(setting == Setting::NormalizedOutside, NormalizePath::trim());
    let dumper = Condition::new(dumper.is_some(), dumper.unwrap_or_default());
    let app = App::new().wrap(inside).wrap(dumper).wrap(outside);
    site::app(init_service(app.configure(routes)).await)
}

/// The app with and without the middleware.
pub(super) async fn site(setting: Setting) -> Site {
    let cache = Cache::builder().build();
    let cached = app(setting, Some(dumper(setting, cache.clone()))).await;
    let bare = app(setting, None).await;
    Site::new(cached, bare, move || {
        let forgotten = cache.invalidate_all().now_or_never();
        debug_assert!(forgotten.is_some(), "memory is not waited for");
    })
}
