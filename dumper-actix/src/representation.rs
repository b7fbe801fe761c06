//! A page as a client gets it: its headers, and its body in one coding.

use std::sync::Arc;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use dumper::{Key, Page};

#[cfg(feature = "compress")]
use crate::coding::Coding;
#[cfg(feature = "compress")]
use crate::compress::Codings;
use crate::dumper::Dumper;

/// A page as Actix Web serves it: made once, and kept with the page.
#[derive(Debug)]
struct Prepared {
    headers: Vec<(HeaderName, HeaderValue)>,
    #[cfg(feature = "compress")]
    codings: Option<Codings>,
}

impl Prepared {
    fn of(page: &Page) -> Self {
        let headers = page.headers().iter();
        let headers = headers.filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            let value = HeaderValue::from_maybe_shared(value.clone()).ok()?;
            Some((name, value))
        });
        let headers: Vec<(HeaderName, HeaderValue)> = headers.collect();
        Self {
            #[cfg(feature = "compress")]
            codings: Codings::of(&headers.iter().cloned().collect()),
            headers,
        }
    }
}

/// Lets a page be sent in no coding, whatever its headers say.
pub(crate) fn leave_as_it_is(page: &Page) {
    page.prepared(|page| Prepared {
        #[cfg(feature = "compress")]
        codings: None,
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

/// Selects the representation of a page for a request (RFC 9110 §12.1): returns
/// its body, and tells in the headers, those of the page, what it is.
#[cfg(feature = "compress")]
pub(crate) async fn select(
    dumper: &Dumper,
    key: &Key,
    page: &Arc<Page>,
    request: &HeaderMap,
    headers: &mut HeaderMap,
) -> Bytes {
    if dumper.compress
        // Elsewhere a coding would be made anew for each request.
        && dumper.cache.is_near()
        && let Some(prepared) = page.prepared(Prepared::of)
        && let Some(codings) = &prepared.codings
        && let Some(coding) = Coding::best_for(request)
    {
        let keep = |bytes| dumper.cache.add_weight(key, page, bytes);
        if let Some(coded) = codings.get_or_make(coding, page.body(), keep).await {
            coded.tell_in(headers);
            return coded.body().clone();
        }
    }
    page.body().clone()
}

/// Returns the body of a page: it has one representation.
#[cfg(not(feature = "compress"))]
#[allow(clippy::unused_async, reason = "a coding has to be waited for")]
pub(crate) async fn select(
    _: &Dumper,
    _: &Key,
    page: &Arc<Page>,
    _: &HeaderMap,
    _: &mut HeaderMap,
) -> Bytes {
    page.body().clone()
}
