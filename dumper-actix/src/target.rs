//! What a render sees of the request for a page.

use actix_web::HttpMessage;
use actix_web::dev::{ConnectionInfo, ServiceRequest};
use actix_web::http::Uri;
use actix_web::http::header::{HOST, HeaderValue};
use actix_web::http::uri::{Parts, PathAndQuery};
use bytes::Bytes;

/// What a key has in another form than the request.
///
/// A render sees the form that the key has, lest the page depend on what it is not
/// selected by.
#[derive(Debug, Default)]
pub(crate) struct Target {
    // In boxes, since mostly there is nothing, and every hit carries it.
    pub(crate) uri: Option<Box<Uri>>,
    pub(crate) host: Option<Box<HeaderValue>>,
}

impl Target {
    /// Alters a request to what its key says.
    pub(crate) fn show_to(self, req: &mut ServiceRequest) {
        if let Some(uri) = self.uri {
            // The path is the same, so what of it has been matched is too.
            req.match_info_mut().get_mut().update(&uri);
            req.head_mut().uri = *uri;
        }
        if let Some(host) = self.host {
            req.headers_mut().insert(HOST, *host);
            req.extensions_mut().remove::<ConnectionInfo>();
        }
    }
}

/// A URI with another query.
pub(crate) fn with_query(uri: &Uri, query: Option<&str>) -> Option<Uri> {
    let mut target = String::with_capacity(uri.path().len() + query.map_or(0, |it| it.len() + 1));
    target.push_str(uri.path());
    if let Some(query) = query {
        target.push('?');
        target.push_str(query);
    }
    let mut parts = Parts::default();
    parts.scheme = uri.scheme().cloned();
    parts.authority = uri.authority().cloned();
    parts.path_and_query = Some(PathAndQuery::from_maybe_shared(Bytes::from(target)).ok()?);
    Uri::from_parts(parts).ok()
}
