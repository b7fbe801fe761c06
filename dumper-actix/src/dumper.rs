//! The middleware as a user sets it up.

use std::iter;
use std::sync::Arc;

use ::dumper::Cache;
use actix_web::http::header::HeaderName;
use regex::Regex;

use crate::cookies::Cookies;
use crate::hosts::Hosts;
use crate::names::Names;
use crate::query::Query;
use crate::statuses::{NotCacheable, Statuses};
use crate::targeted::DUMPER_CACHE_CONTROL;

/// The middleware: serves pages from a [`Cache`], and stores those it may.
///
/// It is cheap to make: all that are made by [`Dumper::default`] share the
/// process's cache, so it may stand in the closure of `HttpServer::new`, which
/// runs once per worker.
///
/// # What is stored
///
/// The response to a `GET` with status 200, or another [that is
/// chosen](Self::statuses), and a body that is complete and not larger than
/// [`max_body`](Self::max_body), for ever, or as long as its `Cache-Control` or
/// `Expires` allow (RFC 9111). `Dumper-Cache-Control` takes the place of both for
/// this cache alone, and is taken off the response (RFC 9213):
///
/// ```
/// use actix_web::HttpResponse;
///
/// async fn home() -> HttpResponse {
///     HttpResponse::Ok()
///         // Browsers and caches further out ask each time, this one for an hour.
///         .insert_header(("Cache-Control", "no-cache"))
///         .insert_header(("Dumper-Cache-Control", "max-age=3600"))
///         .body("…")
/// }
/// ```
///
/// A `HEAD`, a conditional request and one for a `Range` are answered from the same
/// page. Not stored are
///
/// - `Cache-Control` with `no-store`, `private` or `no-cache`, a lifetime of 0 or
///   one that cannot be read; `Set-Cookie`; `Vary: *`; `Content-Range`; event
///   streams; a `Content-Encoding` that the client did not ask for;
/// - what a write has made stale while it was rendered;
/// - what was made of an error, or of a file: that is, with `Accept-Ranges` and
///   without a lifetime, since nobody tells when a file changes;
/// - with the feature `session`, the pages of a visitor whose `actix-session` holds
///   something or has been changed, wherever its middleware stands.
///
/// # What bypasses the cache
///
/// Neither served, nor stored, nor queued are requests
///
/// - with a path that is [ignored](Self::ignore) or not among [those
///   chosen](Self::only);
/// - with a credential: `Authorization`, a [cookie](Self::ignore_cookies) that is
///   not known to be harmless, one of the [credential
///   headers](Self::credential_headers), an `actix-session` further out that holds
///   something;
/// - with an `If-Match` or `If-Unmodified-Since`, a body, or an `Upgrade`;
/// - with a [header](Self::harmless_headers) by which a proxy tells another URL than
///   the request line does, or for a [host](Self::hosts) or with a
///   [query](Self::query) that is not the site's.
///
/// Nor is anything stored of what a handler makes of a `Range` if there is no
/// page yet. What bypasses is altered in nothing but `Cache-Status`.
///
/// # What selects a page
///
/// Scheme and host as `connection_info()` has them, the server of the process if
/// there are several, the path in its canonical form, the [query](Self::query), and
/// the request headers that the response's `Vary` names. A response in a content coding is for those who take that coding, and one
/// that allows an origin for that `Origin`, whether `Vary` says so or not. The number
/// of pages of a path is [bounded](::dumper::CacheBuilder::max_variants).
///
/// The handler of a page that is to be stored sees a `GET` without conditions and
/// `Range`, and of the URL what the key has.
///
/// # Scope
///
/// Every request, bypassing or not, runs in a [`dumper::Scope`]: a transaction
/// that it commits is done when its response head is ready. If that is a 5xx or
/// comes of an error, or if the client goes away before, nothing is stored of
/// what was written until a deadline.
///
/// # Order
///
/// Whatever reads data for a page must run inside, that is: be wrapped before.
/// So must what selects a response by the request without saying so in `Vary`,
/// and what makes something for one visitor, such as a token for forms. Logger,
/// CORS, guards and whatever differs per response belong outside. The README of the
/// project lists what happens in the wrong order.
///
/// # Examples
///
/// ```
/// use actix_web::App;
/// use dumper_actix::Dumper;
///
/// # fn main() -> Result<(), regex::Error> {
/// let dumper = Dumper::default()
///     .ignore("^/(admin|media)/")?
///     .session_cookies(["id"]);
/// let app = App::new().wrap(dumper);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Dumper {
    pub(crate) cache: Cache,
    pub(crate) ignored: Option<Regex>,
    pub(crate) only: Option<Regex>,
    pub(crate) cookies: Cookies,
    pub(crate) credential_headers: Arc<Names>,
    pub(crate) harmless_headers: Arc<Names>,
    pub(crate) hosts: Hosts,
    pub(crate) query: Query,
    pub(crate) honor_client_cache_control: bool,
    pub(crate) invalidate_location: bool,
    pub(crate) max_body: usize,
    pub(crate) statuses: Statuses,
    pub(crate) targeted_fields: Arc<[HeaderName]>,
    pub(crate) browser_cache: BrowserCache,
    pub(crate) cache_status: bool,
    pub(crate) compress: bool,
}

/// What browsers are told of a stored page that says nothing of it itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BrowserCache {
    /// `Cache-Control: no-cache` and an `ETag`: they ask each time, and are told
    /// in a 304 that nothing has changed. The default.
    #[default]
    Revalidate,
    /// Nothing but the `ETag`, so that they may guess.
    Unsaid,
}

impl Default for Dumper {
    /// Serves from the process's own cache, and leaves out `/admin`.
    fn default() -> Self {
        Self::new(Cache::global().clone())
    }
}

impl Dumper {
    /// Serves from a cache other than the process's own.
    #[must_use]
    pub fn new(cache: Cache) -> Self {
        Self {
            cache,
            ignored: Regex::new("^/admin(/|$)").ok(),
            only: None,
            cookies: Cookies::default(),
            credential_headers: Arc::new(CREDENTIAL_HEADERS.into_iter().collect()),
            harmless_headers: Arc::default(),
            hosts: Hosts::default(),
            query: Query::default(),
            honor_client_cache_control: false,
            invalidate_location: false,
            max_body: 2 << 20,
            statuses: Statuses::default(),
            targeted_fields: [DUMPER_CACHE_CONTROL].into(),
            browser_cache: BrowserCache::default(),
            cache_status: true,
            compress: false,
        }
    }

    /// Neither stores nor serves paths that match. Default: `^/admin(/|$)`,
    /// which this replaces.
    ///
    /// It is tried on the path in its canonical form, percent-encoded, and on
    /// that which an inner service such as `NormalizePath` makes of it. A regular
    /// expression is found anywhere unless it begins with `^`.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a regular expression.
    pub fn ignore(mut self, paths: &str) -> Result<Self, regex::Error> {
        self.ignored = Some(Regex::new(paths)?);
        Ok(self)
    }

    /// Stores and serves nothing but paths that match, less those
    /// [ignored](Self::ignore). Default: all paths.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a regular expression.
    pub fn only(mut self, paths: &str) -> Result<Self, regex::Error> {
        self.only = Some(Regex::new(paths)?);
        Ok(self)
    }

    /// Names further cookies that no page depends on; a `*` at the end stands for
    /// any ending. Default: those of well-known trackers and of consent banners.
    ///
    /// A request with any other cookie bypasses the cache, since a page that only
    /// reads a session leaves no trace of that in its response. Without effect beside
    /// [`session_cookies`](Self::session_cookies).
    ///
    /// # Examples
    ///
    /// ```
    /// use dumper_actix::Dumper;
    ///
    /// let dumper = Dumper::default().ignore_cookies(["theme", "ab_*"]);
    /// ```
    #[must_use]
    pub fn ignore_cookies<I>(mut self, names: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        self.cookies = self.cookies.ignore(names.into_iter().map(Into::into));
        self
    }

    /// Names the only cookies that pages depend on: a request without one of them
    /// is anonymous, whatever other cookies it has; a `*` at the end stands for any
    /// ending. Default: any that is not [ignored](Self::ignore_cookies), which this
    /// replaces.
    ///
    /// If one is forgotten, its visitors are served what is stored for all. Of a page
    /// that is rendered for them nothing is stored if their `actix-session` holds
    /// something (feature `session`).
    #[must_use]
    pub fn session_cookies<I>(mut self, names: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        self.cookies = Cookies::sessions(names.into_iter().map(Into::into));
        self
    }

    /// Names the request headers that tell who a visitor is, besides
    /// `Authorization` and `Proxy-Authorization`, which always do; a `*` at the end
    /// stands for any ending. Default: `X-Api-Key`, `X-Auth-Token`,
    /// `X-Access-Token`, and those by which the usual proxies tell who has logged
    /// in or shown a client certificate, which this replaces.
    #[must_use]
    pub fn credential_headers<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let names = names.into_iter().map(str::to_ascii_lowercase);
        self.credential_headers = Arc::new(names.collect());
        self
    }

    /// Names headers that tell of another URL, and that no page depends on:
    /// `X-Forwarded-*`, `X-Original-*`, `X-HTTP-Method-Override` and the like, which
    /// make a request bypass the cache; a `*` at the end stands for any ending.
    /// Default: none, but `X-Forwarded-For`, `-Host` and `-Proto` never do: the last
    /// two are in the key.
    ///
    /// Many proxies send some to every request, so that nothing is stored until they
    /// are named: `Cache-Status` has `detail=forwarded-header` then.
    ///
    /// # Examples
    ///
    /// ```
    /// use dumper_actix::Dumper;
    ///
    /// let dumper = Dumper::default().harmless_headers(["X-Forwarded-Port", "X-Forwarded-Server"]);
    /// ```
    #[must_use]
    pub fn harmless_headers<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let names = names.into_iter().map(str::to_ascii_lowercase);
        self.harmless_headers = Arc::new(names.collect());
        self
    }

    /// Names the hosts of the site, each with its port if it is not the usual one
    /// of the scheme, which may be written or not: requests for any other bypass the
    /// cache. Default: the first eight that are asked for; one that is found not
    /// to have been asked for in a minute makes room for another. What `X-Forwarded-Host`,
    /// `X-Forwarded-Proto` and `Forwarded` tell of a host makes another one of it,
    /// and counts towards the eight with a list too.
    ///
    /// The scheme is that of `connection_info()`: behind a proxy that speaks TLS and
    /// does not say so, it is `http`, and its usual port is 80.
    ///
    /// Name them if anybody can reach the server with a `Host` of their choice.
    ///
    /// # Examples
    ///
    /// ```
    /// use dumper_actix::Dumper;
    ///
    /// let dumper = Dumper::default().hosts(["parlour.example", "parlour.example:8443"]);
    /// ```
    #[must_use]
    pub fn hosts<I>(mut self, hosts: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        self.hosts = Hosts::listed(hosts.into_iter().map(Into::into));
        self
    }

    /// Sets what of a query selects a page. Default: [`Query::exact`].
    ///
    /// # Examples
    ///
    /// ```
    /// use dumper_actix::{Dumper, Query};
    ///
    /// let query = Query::exact().without_trackers().only(["page", "q"]);
    /// let dumper = Dumper::default().query(query);
    /// ```
    #[must_use]
    pub fn query(mut self, query: Query) -> Self {
        self.query = query;
        self
    }

    /// Does what clients ask of the cache in the `Cache-Control` of a request
    /// (RFC 9111 §5.2.1): `no-cache` and `max-age=0` render the page anew,
    /// `max-age` and `min-fresh` may, `no-store` stores nothing, `only-if-cached`
    /// is answered from the cache or with 504. Default: it is ignored.
    ///
    /// Any visitor can then have each page rendered as often as they like.
    #[must_use]
    pub fn honor_client_cache_control(mut self) -> Self {
        self.honor_client_cache_control = true;
        self
    }

    /// Drops, after a successful unsafe request, not only the pages of its own path
    /// but those that its `Location` and `Content-Location` name, if they are of the
    /// same origin (RFC 9111 §4.4). Default: its own path alone.
    ///
    /// Visitors who choose where they are redirected then choose what is dropped.
    #[must_use]
    pub fn invalidate_location(mut self) -> Self {
        self.invalidate_location = true;
        self
    }

    /// Sets how many bytes the body of a stored page may have. Default: 2 MiB.
    ///
    /// A larger one is passed through as it comes.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Names the statuses whose responses are stored, of those that a cache may
    /// store of its own accord (RFC 9110 §15.1): 200, 203, 204, 300, 301, 308, 404,
    /// 405, 410, 414 and 501. Default: 200 alone, which this replaces.
    ///
    /// A stored 404 is dropped by the insert of the row that it misses only if the
    /// paths that the row declares are those asked for; without a lifetime it is
    /// there until then. Visitors make as many as they like, within the bounds of
    /// the cache.
    ///
    /// # Errors
    ///
    /// Returns an error if there is any other among them.
    ///
    /// # Examples
    ///
    /// ```
    /// use dumper_actix::Dumper;
    ///
    /// let dumper = Dumper::default().statuses([200, 301, 404]);
    /// assert!(dumper.is_ok());
    /// assert!(Dumper::default().statuses([500]).is_err());
    /// ```
    pub fn statuses(
        mut self,
        statuses: impl IntoIterator<Item = u16>,
    ) -> Result<Self, NotCacheable> {
        self.statuses = Statuses::listed(statuses)?;
        Ok(self)
    }

    /// Names further response fields that take the place of `Cache-Control` and
    /// `Expires` for this cache, the most important first, after
    /// `Dumper-Cache-Control` (RFC 9213). Default: none.
    ///
    /// The first that is a dictionary of structured fields with at least one member
    /// counts alone; one that cannot be read is as if it were not there. Other than
    /// `Dumper-Cache-Control` they are passed on. `CDN-Cache-Control`, if it is not
    /// among them, counts where it restricts what `Cache-Control` says. A text that
    /// is no name of a header is passed over.
    ///
    /// # Examples
    ///
    /// ```
    /// use dumper_actix::Dumper;
    ///
    /// let dumper = Dumper::default().targeted_fields(["CDN-Cache-Control"]);
    /// ```
    #[must_use]
    pub fn targeted_fields<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let names = names.into_iter().filter_map(|name| name.parse().ok());
        self.targeted_fields = iter::once(DUMPER_CACHE_CONTROL).chain(names).collect();
        self
    }

    /// Sets what browsers are told of a page that has no `Cache-Control` of its
    /// own. Default: [`BrowserCache::Revalidate`].
    #[must_use]
    pub fn browser_cache(mut self, told: BrowserCache) -> Self {
        self.browser_cache = told;
        self
    }

    /// Sends pages in the content coding that a client takes best: Brotli (`br`),
    /// Zstandard (`zstd`) or gzip. Default: as they are rendered.
    ///
    /// A page is compressed once in each coding, when that is asked for first, off
    /// the worker; its bytes are kept with the page and count like its own. So a
    /// hit in a coding costs what any hit of its size does. Pages are left as they
    /// are if they are smaller than 512 bytes, of a type that is compressed
    /// already, hardly smaller by it, or say `no-transform`. A response that is not
    /// stored, or goes by as a stream, is sent as it comes.
    ///
    /// Renders that may be stored see no `Accept-Encoding`, so an inner `Compress`
    /// stays idle for them.
    ///
    /// # Examples
    ///
    /// ```
    /// use dumper_actix::Dumper;
    ///
    /// let dumper = Dumper::default().compress();
    /// ```
    #[cfg(feature = "compress")]
    #[must_use]
    pub fn compress(mut self) -> Self {
        self.compress = true;
        self
    }

    /// Leaves out the `Cache-Status` header (RFC 9211), by which each response
    /// says whether it came from the cache and why not.
    #[must_use]
    pub fn without_cache_status(mut self) -> Self {
        self.cache_status = false;
        self
    }

    /// Whether pages of a path may be stored and served.
    pub(crate) fn covers(&self, path: &str) -> bool {
        let matches = |regex: &Regex| regex.is_match(path);
        !self.ignored.as_ref().is_some_and(matches) && self.only.as_ref().is_none_or(matches)
    }
}

const CREDENTIAL_HEADERS: [&str; 20] = [
    "x-api-key",
    "x-auth-token",
    "x-access-token",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-client-cert",
    "remote-user",
    "x-remote-user",
    "x-webauth-*",
    "x-auth-request-*",
    "x-authenticated-*",
    "cf-access-*",
    "x-amzn-oidc-*",
    "x-amzn-mtls-*",
    "x-goog-iap-*",
    "x-goog-authenticated-user-*",
    "x-ms-client-principal*",
    "tailscale-user-*",
    "x-ssl-client-*",
    "x-client-cert*",
];
