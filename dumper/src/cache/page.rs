//! A stored response.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use super::builder::LONGEST;
use super::headers::Headers;
use super::place::Place;
use crate::store::Stamp;
use crate::weight::{allocated, counted, shared};

/// A stored response: status, headers and body as plain data.
///
/// A [store](crate::store::Store) makes it anew of these, of the headers that
/// [select](Self::selected_by) it, of its [times](Self::times), and of whether it
/// [may be transformed](Self::may_be_transformed).
//
// What tells whether a request may have it comes first, beside the count of those who
// have it: to find a page is mostly to wait for memory.
#[repr(C)]
pub struct Page {
    /// Where in memory it is stored, or was, or would have been.
    place: Option<Place>,
    particulars: Option<Box<Particulars>>,
    body: Bytes,
    headers: Headers,
    /// In nanoseconds of Unix time, which is enough until 2554.
    created: u64,
    prepared: OnceLock<Option<Prepared>>,
}

/// Behind one pointer, since most pages have none.
type Prepared = Box<Box<dyn Any + Send + Sync>>;

/// What most pages have not: they are of status 200, for all requests with their key,
/// fresh for ever, and from this process.
#[derive(Clone, Default)]
struct Particulars {
    status: Option<u16>,
    no_transform: bool,
    vary: Box<[(String, Option<Vec<u8>>)]>,
    /// When it was made, if it was not one of our pages from then on.
    made: Option<SystemTime>,
    fresh: Option<Fresh>,
    /// The state of the store that it is true in.
    stamp: Option<Stamp>,
}

/// From when on a page is fresh, and until when, by a clock that is never set.
#[derive(Clone, Copy)]
struct Fresh {
    made: Instant,
    stale: Instant,
}

impl Page {
    /// Makes a page that is fresh for ever.
    #[must_use]
    pub fn new(status: u16, headers: impl Into<Headers>, body: Bytes) -> Self {
        let particulars = Particulars {
            status: Some(status),
            ..Particulars::default()
        };
        Self {
            place: None,
            particulars: (status != OK).then(|| Box::new(particulars)),
            body,
            headers: headers.into(),
            created: nanoseconds(SystemTime::now()),
            prepared: OnceLock::new(),
        }
    }

    /// Names the request headers that selected this page, with their values in
    /// the request; their names in lower case.
    #[must_use]
    pub fn vary(mut self, vary: Vec<(String, Option<Vec<u8>>)>) -> Self {
        if !vary.is_empty() || self.particulars.is_some() {
            self.particulars().vary = vary.into();
        }
        self
    }

    /// Sets whether it is to be sent as it is: in no content coding that it is not in
    /// already (RFC 9111 §5.2.2.6). By default it need not be.
    #[must_use]
    pub fn no_transform(mut self, no_transform: bool) -> Self {
        if no_transform || self.particulars.is_some() {
            self.particulars().no_transform = no_transform;
        }
        self
    }

    /// Sets how much longer the page is fresh, and how old it is already.
    ///
    /// By default it is fresh for ever, and of no age.
    #[must_use]
    pub fn fresh_for(mut self, left: Duration, age: Duration) -> Self {
        let now = Instant::now();
        let made = self.created().checked_sub(age);
        let particulars = self.particulars();
        particulars.made = made;
        particulars.fresh = Some(Fresh {
            made: now.checked_sub(age).unwrap_or(now),
            stale: now + left.min(LONGEST),
        });
        self
    }

    /// The moments that matter to a page, by the clock on the wall, so that another
    /// process can [restore](Self::restore) them.
    #[must_use]
    pub fn times(&self) -> Times {
        let now = (Instant::now(), SystemTime::now());
        let on_the_wall = |moment: Instant| {
            let since = now.0.saturating_duration_since(moment);
            let until = moment.saturating_duration_since(now.0);
            now.1
                .checked_sub(since)
                .and_then(|moment| moment.checked_add(until))
                .unwrap_or(now.1)
        };
        Times {
            created: self.created(),
            made: self.made(),
            stale: self.fresh().map(|fresh| on_the_wall(fresh.stale)),
        }
    }

    /// Sets the moments of a page that was stored by another process. The clocks of
    /// both should agree; they need not, for a page that is fresh for ever.
    #[must_use]
    pub fn restore(mut self, times: Times) -> Self {
        let now = (Instant::now(), SystemTime::now());
        let by_our_clock = |moment: SystemTime| match moment.duration_since(now.1) {
            Ok(until) => now.0 + until.min(LONGEST),
            Err(since) => now.0.checked_sub(since.duration()).unwrap_or(now.0),
        };
        self.created = nanoseconds(times.created);
        let fresh = times.stale.map(|stale| Fresh {
            made: by_our_clock(times.made),
            stale: by_our_clock(stale),
        });
        let made = (times.made != times.created).then_some(times.made);
        if fresh.is_some() || made.is_some() || self.particulars.is_some() {
            let particulars = self.particulars();
            particulars.made = made;
            particulars.fresh = fresh;
        }
        self
    }

    /// Whether it is fresh, and [selected](Self::vary) by the headers of a request.
    #[must_use]
    pub fn answers(&self, headers: &RequestHeaders<'_>) -> bool {
        self.is_selected_by(headers) && self.is_fresh(Instant::now)
    }

    /// The request headers that selected it, with their values in the request.
    #[must_use]
    pub fn selected_by(&self) -> &[(String, Option<Vec<u8>>)] {
        self.particulars.as_ref().map_or(&[], |it| &it.vary)
    }

    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        let particulars = self.particulars.as_ref();
        particulars.and_then(|it| it.status).unwrap_or(OK)
    }

    /// Whether it may be sent in another content coding: unless it was
    /// [said](Self::no_transform) that it may not.
    #[must_use]
    pub fn may_be_transformed(&self) -> bool {
        self.particulars.as_ref().is_none_or(|it| !it.no_transform)
    }

    /// The header fields, in their order.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The body; a clone of it shares its bytes.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    pub(crate) fn stamped(mut self, stamp: Stamp) -> Self {
        self.particulars().stamp = Some(stamp);
        self
    }

    pub(crate) fn stamp(&self) -> Option<&Stamp> {
        self.particulars.as_ref()?.stamp.as_ref()
    }

    pub(super) fn placed(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    pub(super) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// The same page, of which nothing is prepared, and which is not stored.
    pub(crate) fn copy(&self) -> Self {
        let particulars = self.particulars.as_ref().map(|it| Particulars {
            stamp: None,
            ..Particulars::clone(it)
        });
        Self {
            place: None,
            particulars: particulars.map(Box::new),
            body: self.body.clone(),
            headers: self.headers.clone(),
            created: self.created,
            prepared: OnceLock::new(),
        }
    }

    pub(super) fn with_body(mut self, body: Bytes) -> Self {
        self.body = body;
        self
    }

    /// When it was made, wherever that was.
    pub(super) fn made(&self) -> SystemTime {
        let particulars = self.particulars.as_ref();
        particulars
            .and_then(|it| it.made)
            .unwrap_or_else(|| self.created())
    }

    /// How old it is, if it says itself how long it is fresh.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.fresh().map(|fresh| fresh.made.elapsed())
    }

    /// How much longer it is fresh, if it says itself how long it is.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        let fresh = self.fresh();
        fresh.map(|fresh| fresh.stale.saturating_duration_since(Instant::now()))
    }

    /// When it was made into a page here, however old it was then.
    #[must_use]
    pub fn created(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(self.created)
    }

    /// What a web framework makes of the page to serve it: once, for the first who
    /// asks, and kept with the page. That there is none is kept, too.
    ///
    /// What it takes in memory is to be [added](crate::Cache::add_weight).
    ///
    /// Returns `None` if there is none, or if another type was prepared before.
    pub fn prepared<T: Any + Send + Sync>(
        &self,
        prepare: impl FnOnce(&Self) -> Option<T>,
    ) -> Option<&T> {
        let prepared = self
            .prepared
            .get_or_init(|| Some(Box::new(Box::new(prepare(self)?))));
        prepared.as_ref()?.downcast_ref()
    }

    pub(super) fn is_fresh(&self, now: impl FnOnce() -> Instant) -> bool {
        self.fresh().is_none_or(|fresh| now() < fresh.stale)
    }

    /// Whether a request with these headers may have it (RFC 9111 §4.1).
    pub(super) fn is_selected_by(&self, headers: &RequestHeaders<'_>) -> bool {
        let mut selected_by = self.selected_by().iter();
        selected_by.all(|(name, value)| headers(name).as_deref() == value.as_deref())
    }

    /// The names of the request headers that selected it.
    pub(super) fn selecting(&self) -> impl Iterator<Item = &str> {
        self.selected_by().iter().map(|(name, _)| name.as_str())
    }

    /// Whether it is what the path alone asks for, without any of the headers that
    /// select a page.
    pub(super) fn is_plain(&self) -> bool {
        let place = self.place.as_ref();
        self.selected_by().iter().all(|(_, value)| value.is_none())
            && place.is_none_or(|place| place.key().is_plain())
    }

    /// Whether it is for the same requests as another page.
    pub(super) fn same_variant(&self, other: &Self) -> bool {
        let [key, others] = [self, other].map(|page| page.place.as_ref().map(Place::key));
        self.selected_by() == other.selected_by() && key == others
    }

    /// The bytes that it takes in memory, as allocators count them, with the pointer to
    /// what is [prepared](Self::prepared) of it.
    pub(super) fn weight(&self) -> usize {
        let particulars = self.particulars.as_ref();
        counted(size_of::<Self>())
            + self.headers.weight()
            + shared(self.body.len())
            + particulars.map_or(0, |it| it.weight())
            + self.place.as_ref().map_or(0, Place::weight)
            + PREPARED
    }

    fn particulars(&mut self) -> &mut Particulars {
        self.particulars.get_or_insert_default()
    }

    fn fresh(&self) -> Option<Fresh> {
        self.particulars.as_ref()?.fresh
    }
}

impl Particulars {
    fn weight(&self) -> usize {
        let vary = self.vary.iter().map(|(name, value)| {
            let value = value.as_ref().map_or(0, |value| allocated(value.len()));
            allocated(name.len()) + value
        });
        let stamp = self.stamp.as_ref().map_or(0, |stamp| {
            // Once as it is, and once as its store prepares it.
            2 * shared(stamp.as_bytes().len()) + STAMP
        });
        allocated(size_of::<Self>())
            + allocated(size_of_val(&*self.vary))
            + vary.sum::<usize>()
            + stamp
    }
}

/// The status that most pages have.
const OK: u16 = 200;

fn nanoseconds(moment: SystemTime) -> u64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// What a stamp takes besides its bytes.
const STAMP: usize = 128;

/// The pointer to what is prepared; the rest is [added](crate::Cache::add_weight).
const PREPARED: usize = allocated(size_of::<Box<dyn Any + Send + Sync>>());

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("status", &self.status())
            .field("headers", &self.headers)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The moments that matter to a page; see [`Page::times`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When it was made into a page, however old it was then.
    pub created: SystemTime,
    /// When it was made, wherever that was.
    pub made: SystemTime,
    /// When it stops being fresh, unless it is fresh for ever.
    pub stale: Option<SystemTime>,
}

/// The value of a request's header field, its lines joined by `, `, by its name
/// in lower case.
pub type RequestHeaders<'a> = dyn Fn(&str) -> Option<Cow<'a, [u8]>> + Sync + 'a;
