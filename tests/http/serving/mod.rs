//! What a request gets of a page.

mod conditional;
mod heads;
mod parts;
mod selected;
mod told;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, Route, web};
use dumper_tests::client::Answer;

use crate::site::{Headers, Site};

/// A page with these headers that always has the same body. Header values may
/// have other letters than ASCII.
fn fixed(headers: Headers, body: &'static str) -> Route {
    web::get().to(move || async move {
        let mut res = HttpResponse::Ok().body(body);
        for (name, value) in headers {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            res.headers_mut()
                .append(HeaderName::from_static(name), value);
        }
        res
    })
}

/// A site with a [fixed] page at `/page/` of which a copy is stored.
async fn site_with_stored(headers: Headers, body: &'static str) -> Site {
    let site = Site::start(move |routes| {
        routes.route("/page/", fixed(headers, body));
    });
    assert!(site.get("/page/").await.is_stored(), "{headers:?}");
    site
}

/// The names of the header fields, in order, but for that of the connection.
fn names(answer: &Answer) -> Vec<&str> {
    let names = answer.headers.iter().map(|(name, _)| name.as_str());
    let mut names: Vec<&str> = names.filter(|name| *name != "connection").collect();
    names.sort_unstable();
    names
}
