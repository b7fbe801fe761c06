//! What an unsafe request has changed, by its own account (RFC 9111 §4.4).

use std::str;

use actix_web::HttpRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{CONTENT_LOCATION, HeaderMap, LOCATION};
use url::Url;

use crate::dumper::Dumper;
use crate::origin::connection_info;

/// What an unsafe request may have changed besides rows: the pages of its own path,
/// and of what its response names.
#[derive(Debug)]
pub(crate) struct Change {
    path: String,
    /// The URL of the request, as its handler sees it, if what its response names is
    /// to be dropped.
    url: Option<Url>,
}

impl Change {
    pub(crate) fn by(dumper: &Dumper, req: &HttpRequest) -> Self {
        Self {
            path: req.path().to_owned(),
            url: url(dumper, req),
        }
    }

    /// Drops the pages, if the request has succeeded: whatever the handler wrote, they
    /// may show it.
    pub(crate) async fn told_by<B>(&self, dumper: &Dumper, res: &ServiceResponse<B>) {
        if !res.status().is_success() && !res.status().is_redirection() {
            return;
        }
        let paths = [self.path.as_str(), res.request().path()];
        // `POST *` and `CONNECT host` have none.
        let paths = paths.into_iter().filter(|path| path.starts_with('/'));
        dumper.cache.invalidate_paths(paths).await;
        if let Some(url) = &self.url {
            let paths = named_paths(url, res.headers());
            dumper.cache.invalidate_paths(paths).await;
        }
    }
}

fn url(dumper: &Dumper, req: &HttpRequest) -> Option<Url> {
    if !dumper.invalidate_location {
        return None;
    }
    let connection = connection_info(req);
    let target = req.uri().path_and_query()?;
    let url = format!("{}://{}{target}", connection.scheme(), connection.host());
    Url::parse(&url).ok()
}

/// The paths that a response names as its `Location` or `Content-Location`, if
/// they are of the same origin as the request.
fn named_paths(request: &Url, response: &HeaderMap) -> Vec<String> {
    [LOCATION, CONTENT_LOCATION]
        .iter()
        .flat_map(|name| response.get_all(name))
        .filter_map(|reference| str::from_utf8(reference.as_bytes()).ok())
        .filter_map(|reference| request.join(reference).ok())
        .filter(|url| url.origin() == request.origin())
        .map(|url| url.path().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn references_are_resolved_within_the_origin() {
        let request = Url::parse("https://shop.example/orders/new?step=2").unwrap();
        for (location, path) in [
            ("/orders/7/", Some("/orders/7/")),
            ("7/", Some("/orders/7/")),
            ("../carts/?a#b", Some("/carts/")),
            ("?step=3", Some("/orders/new")),
            ("", Some("/orders/new")),
            ("https://shop.example/a", Some("/a")),
            ("HTTPS://Shop.Example:443/a", Some("/a")),
            ("//shop.example/a", Some("/a")),
            ("https://user@shop.example/a", Some("/a")),
            ("/caf\u{e9}/", Some("/caf%C3%A9/")),
            ("http://shop.example/a", None),
            ("https://shop.example:8443/a", None),
            ("https://shop.example.evil.example/a", None),
            ("//evil.example/a", None),
            ("/\\evil.example/a", None),
            ("javascript:a", None),
            ("https://[/", None),
        ] {
            let mut headers = HeaderMap::new();
            let value = HeaderValue::from_bytes(location.as_bytes()).unwrap();
            headers.insert(CONTENT_LOCATION, value);
            let paths = named_paths(&request, &headers);
            assert_eq!(paths, Vec::from_iter(path), "{location}");
        }
    }
}
