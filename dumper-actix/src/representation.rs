//! A page as a client gets it: its headers, and its body in one coding.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use dumper::Page;

#[cfg(feature = "compress")]
use crate::coding::Coding;
#[cfg(feature = "compress")]
use crate::compress::{Coded, Codings};
use crate::dumper::Dumper;

/// Adds those headers of a page that are kept to those of a response, without a copy of
/// any text.
pub(crate) fn add_headers(page: &Page, headers: &mut HeaderMap, keep: impl Fn(&str) -> bool) {
    let stored = page.headers();
    for (name, text) in stored.iter().filter(|(name, _)| keep(name)) {
        let value = known_value(text).or_else(|| {
            // It has been one before.
            HeaderValue::from_maybe_shared(stored.share(text)).ok()
        });
        if let (Some(name), Some(value)) = (header_name(name), value) {
            headers.append(name, value);
        }
    }
}

/// The names that most pages have need not be looked for.
fn header_name(name: &str) -> Option<HeaderName> {
    match name {
        "cache-control" => Some(header::CACHE_CONTROL),
        "content-type" => Some(header::CONTENT_TYPE),
        "etag" => Some(header::ETAG),
        "vary" => Some(header::VARY),
        name => READ.with_borrow_mut(|read| known_name(read, name)),
    }
}

/// How many names a thread knows besides. No site has as many, unless it makes them up.
const MANY: usize = 256;

thread_local! {
    /// Names that were read, since to read one that is not in the standards copies it.
    static READ: RefCell<HashMap<Box<str>, HeaderName>> = RefCell::default();
}

fn known_name(read: &mut HashMap<Box<str>, HeaderName>, name: &str) -> Option<HeaderName> {
    if let Some(known) = read.get(name) {
        return Some(known.clone());
    }
    let known = HeaderName::from_bytes(name.as_bytes()).ok()?;
    if read.len() < MANY {
        read.insert(name.into(), known.clone());
    }
    Some(known)
}

/// What many pages say is nobody's in particular, and takes no count of who has it.
fn known_value(text: &[u8]) -> Option<HeaderValue> {
    static KNOWN: [HeaderValue; 8] = [
        HeaderValue::from_static("text/html; charset=utf-8"),
        HeaderValue::from_static("text/html"),
        HeaderValue::from_static("text/plain; charset=utf-8"),
        HeaderValue::from_static("application/json"),
        HeaderValue::from_static("no-cache"),
        HeaderValue::from_static("Accept-Encoding"),
        HeaderValue::from_static("accept-encoding"),
        HeaderValue::from_static("nosniff"),
    ];
    KNOWN.iter().find(|known| *known == text).cloned()
}

/// In which form a page is sent (RFC 9110 §12.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Representation {
    AsItIs,
    #[cfg(feature = "compress")]
    In(Coding),
}

impl Representation {
    /// The body of a page in this form; tells in the headers, those of the page, what
    /// it is.
    pub(crate) fn of(self, page: &Page, headers: &mut HeaderMap) -> Bytes {
        #[cfg(feature = "compress")]
        if let Some(coded) = self.coded(page) {
            coded.tell_in(headers);
            return coded.body().clone();
        }
        #[cfg(not(feature = "compress"))]
        let _ = (self, headers);
        page.body().clone()
    }

    /// The entity tag of a page in this form.
    pub(crate) fn etag(self, page: &Page) -> Option<HeaderValue> {
        #[cfg(feature = "compress")]
        if let Some(coded) = self.coded(page) {
            return Some(coded.etag().clone());
        }
        #[cfg(not(feature = "compress"))]
        let _ = self;
        HeaderValue::from_maybe_shared(page.headers().get("etag")?).ok()
    }

    #[cfg(feature = "compress")]
    fn coded(self, page: &Page) -> Option<&Coded> {
        match self {
            Self::AsItIs => None,
            Self::In(coding) => codings(page)?.made(coding)?,
        }
    }
}

/// The form for a request, if it need not be made first.
#[cfg(feature = "compress")]
pub(crate) fn ready(dumper: &Dumper, page: &Page, request: &HeaderMap) -> Option<Representation> {
    let Some((codings, coding)) = offered(dumper, page, request) else {
        return Some(Representation::AsItIs);
    };
    codings.made(coding).map(|coded| match coded {
        Some(_) => Representation::In(coding),
        None => Representation::AsItIs,
    })
}

/// The form for a request, which may have to be made.
#[cfg(feature = "compress")]
pub(crate) async fn select(
    dumper: &Dumper,
    page: &Arc<Page>,
    request: &HeaderMap,
) -> Representation {
    let Some((codings, coding)) = offered(dumper, page, request) else {
        return Representation::AsItIs;
    };
    let keep = |bytes| dumper.cache.add_weight(page, bytes);
    match codings.get_or_make(coding, page.body(), keep).await {
        Some(_) => Representation::In(coding),
        None => Representation::AsItIs,
    }
}

/// The coding that a client takes best, of those that a page may be sent in.
#[cfg(feature = "compress")]
fn offered<'p>(
    dumper: &Dumper,
    page: &'p Page,
    request: &HeaderMap,
) -> Option<(&'p Codings, Coding)> {
    // Where pages are not kept, a coding would be made anew for each request.
    if !dumper.compress || !dumper.cache.is_near() {
        return None;
    }
    // For whoever takes none, no place is made for any.
    let coding = Coding::best_for(request)?;
    Some((codings(page)?, coding))
}

/// The codings of a page, made by the first who may have one: most sites do not offer
/// any. There are none of a page that has but one representation.
#[cfg(feature = "compress")]
fn codings(page: &Page) -> Option<&Codings> {
    page.prepared(|page| {
        let mut headers = HeaderMap::new();
        add_headers(page, &mut headers, |_| true);
        Codings::of(&headers, page.body()).filter(|_| page.may_be_transformed())
    })
}

/// The form for a request: there is one.
#[cfg(not(feature = "compress"))]
#[allow(clippy::unnecessary_wraps, reason = "a coding may have to be made")]
pub(crate) fn ready(_: &Dumper, _: &Page, _: &HeaderMap) -> Option<Representation> {
    Some(Representation::AsItIs)
}

/// The form for a request: there is one.
#[cfg(not(feature = "compress"))]
#[allow(clippy::unused_async, reason = "a coding has to be waited for")]
pub(crate) async fn select(_: &Dumper, _: &Arc<Page>, _: &HeaderMap) -> Representation {
    Representation::AsItIs
}
