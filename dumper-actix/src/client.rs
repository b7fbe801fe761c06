//! What a client asks of the cache (RFC 9111 §5.2.1).

use std::time::Duration;

use actix_web::http::header::HeaderMap;
use dumper::{Cache, Key, Lookup, Page};

use crate::directives::{Argument, Directives};
use crate::dumper::Dumper;
use crate::request::header_value;
use crate::status::Why;

/// What a request's `Cache-Control` asks of the cache. `max-stale` is not here,
/// since nothing stale is ever served, nor is what cannot be read: these
/// directives are advice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestDirectives {
    /// A page that is made for this request.
    anew: bool,
    /// A page that is not older.
    max_age: Option<Duration>,
    /// A page that stays fresh for so long.
    min_fresh: Option<Duration>,
    /// A stored page or none.
    pub(crate) only_if_cached: bool,
    /// That nothing is stored of this request.
    pub(crate) no_store: bool,
}

impl RequestDirectives {
    /// What a request asks, if that is to be honored.
    pub(crate) fn by(dumper: &Dumper, headers: &HeaderMap) -> Self {
        if dumper.honor_client_cache_control {
            Self::read(headers)
        } else {
            Self::default()
        }
    }

    /// Looks a page up that the client does not refuse, and tells why one is to be
    /// made if there is none.
    pub(crate) async fn look_up(
        &self,
        cache: &Cache,
        key: &Key,
        headers: &HeaderMap,
    ) -> (Lookup, Why) {
        let selecting = |name: &str| header_value(headers, name);
        if *self == Self::default() {
            return (cache.look_up(key, &selecting).await, Why::Miss);
        }
        let mut why = Why::Miss;
        let accepts = |page: &Page| {
            let accepts = self.accepts(page);
            if !accepts {
                why = Why::Request;
            }
            accepts
        };
        let lookup = cache.look_up_if(key, &selecting, accepts).await;
        (lookup, why)
    }

    /// Reads the request's directives, the strictest if one is repeated.
    fn read(headers: &HeaderMap) -> Self {
        let mut asked = Self::default();
        let directives = Directives::of_cache_control(headers).unwrap_or_default();
        for (name, argument) in directives.iter() {
            let argument = match argument {
                Argument::Seconds(seconds) => Some(seconds),
                _ => None,
            };
            match name {
                "no-cache" => asked.anew = true,
                "no-store" => asked.no_store = true,
                "only-if-cached" => asked.only_if_cached = true,
                "max-age" => {
                    let age = asked.max_age.into_iter().chain(argument).min();
                    asked.max_age = age;
                }
                "min-fresh" => asked.min_fresh = asked.min_fresh.max(argument),
                _ => {}
            }
        }
        // What a browser means by it is to load the page again.
        asked.anew |= asked.max_age == Some(Duration::ZERO);
        asked
    }

    /// Whether a stored page will do. One that is cached for ever is as good as
    /// made now.
    pub(crate) fn accepts(&self, page: &Page) -> bool {
        let age = page.age().unwrap_or_default();
        let is_young = self.max_age.is_none_or(|max| age <= max);
        let stays_fresh = match (self.min_fresh, page.left()) {
            (Some(min), Some(left)) => min <= left,
            _ => true,
        };
        !self.anew && is_young && stays_fresh
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
    use bytes::Bytes;

    use super::*;

    fn asked(said: &'static str) -> RequestDirectives {
        let mut headers = HeaderMap::new();
        headers.append(CACHE_CONTROL, HeaderValue::from_static(said));
        RequestDirectives::read(&headers)
    }

    #[test]
    fn the_strictest_directive_counts_and_the_unreadable_do_not() {
        let page = || Page::new(200, Vec::new(), Bytes::new());
        let second = Duration::from_secs(1);
        let aged = page().fresh_for(60 * second, 30 * second);
        for (said, for_ever, for_a_minute) in [
            ("no-cache", false, false),
            ("No-Cache", false, false),
            ("max-age=0", false, false),
            ("max-age=29", true, false),
            ("max-age=31", true, true),
            ("max-age=90, max-age=29", true, false),
            ("max-age=29, max-age=90", true, false),
            ("max-age=99999999999999999999", true, true),
            ("min-fresh=61", true, false),
            ("min-fresh=59", true, true),
            ("min-fresh=61, min-fresh=59", true, false),
            ("max-age", true, true),
            ("max-age=-1", true, true),
            ("max-age=soon, no-cache", false, false),
            ("max age=0", true, true),
            ("max-stale=0, no-transform, no-store", true, true),
        ] {
            let asked = asked(said);
            assert_eq!(asked.accepts(&page()), for_ever, "{said}");
            assert_eq!(asked.accepts(&aged), for_a_minute, "{said}");
        }
    }
}
