//! A page as a client gets it: its headers, and its body in one coding.

use std::sync::Arc;
#[cfg(feature = "compress")]
use std::sync::OnceLock;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use dumper::Page;

#[cfg(feature = "compress")]
use crate::coding::Coding;
#[cfg(feature = "compress")]
use crate::compress::Codings;
use crate::dumper::Dumper;

/// A page as Actix Web serves it: made once, and kept with the page.
#[derive(Debug)]
struct Prepared {
    headers: Box<[(HeaderName, HeaderValue)]>,
    /// Made by the first who may have one; most sites do not offer any.
    #[cfg(feature = "compress")]
    codings: OnceLock<Option<Box<Codings>>>,
}

impl Prepared {
    fn of(page: &Page) -> Self {
        let headers = page.headers().iter();
        let headers = headers.filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            Some((name, shared(&value)?))
        });
        Self {
            headers: headers.collect(),
            #[cfg(feature = "compress")]
            codings: OnceLock::new(),
        }
    }

    #[cfg(feature = "compress")]
    fn codings(&self) -> Option<&Codings> {
        let of_headers = || Codings::of(&self.headers.iter().cloned().collect());
        let codings = self.codings.get_or_init(|| of_headers().map(Box::new));
        codings.as_deref()
    }
}

/// A value that is cheap to clone. What many pages say is nobody's in particular, and
/// takes no count of who has it.
fn shared(value: &Bytes) -> Option<HeaderValue> {
    const COMMON: [&str; 8] = [
        "text/html; charset=utf-8",
        "text/html",
        "text/plain; charset=utf-8",
        "application/json",
        "no-cache",
        "Accept-Encoding",
        "accept-encoding",
        "nosniff",
    ];
    let common = COMMON.into_iter().find(|common| value == common.as_bytes());
    match common {
        Some(common) => Some(HeaderValue::from_static(common)),
        None => HeaderValue::from_maybe_shared(value.clone()).ok(),
    }
}

/// Lets a page be sent in no coding, whatever its headers say.
pub(crate) fn leave_as_it_is(page: &Page) {
    page.prepared(|page| Prepared {
        #[cfg(feature = "compress")]
        codings: OnceLock::from(None),
        ..Prepared::of(page)
    });
}

/// Adds the headers of a page to those of a response.
pub(crate) fn add_headers(page: &Page, headers: &mut HeaderMap) {
    let prepared = page.prepared(Prepared::of);
    for (name, value) in prepared.into_iter().flat_map(|prepared| &prepared.headers) {
        headers.append(name.clone(), value.clone());
    }
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
        if let Self::In(coding) = self
            && let Some(coded) = codings(page).and_then(|codings| codings.made(coding)?)
        {
            coded.tell_in(headers);
            return coded.body().clone();
        }
        #[cfg(not(feature = "compress"))]
        let _ = headers;
        page.body().clone()
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
    Some((codings(page)?, Coding::best_for(request)?))
}

#[cfg(feature = "compress")]
fn codings(page: &Page) -> Option<&Codings> {
    page.prepared(Prepared::of)?.codings()
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
