//! Header values, whatever they are: those that a page has, and those that it is
//! asked for with.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use actix_http::Request;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpResponse, web};
use dumper::Cache;
use dumper_actix::Dumper;
use futures::FutureExt;

use crate::pairs::{self, Answer};

const BODY: &str = "0123456789abcdef";

/// What a response may say of itself.
const RESPONSE: [&str; 14] = [
    "cache-control",
    "expires",
    "age",
    "date",
    "vary",
    "etag",
    "last-modified",
    "dumper-cache-control",
    "cdn-cache-control",
    "set-cookie",
    "connection",
    "content-type",
    "content-encoding",
    "pragma",
];

/// What a request may be made with.
const REQUEST: [&str; 12] = [
    "if-none-match",
    "if-modified-since",
    "range",
    "if-range",
    "accept-encoding",
    "cookie",
    "cache-control",
    "accept-language",
    "forwarded",
    "x-forwarded-host",
    "x-forwarded-proto",
    "host",
];

/// A page whose headers are told for each request.
pub struct Page {
    app: pairs::App,
    said: Rc<RefCell<HeaderMap>>,
    cache: Cache,
}

impl Page {
    /// Starts an app with the page behind the middleware.
    pub async fn start() -> Self {
        let cache = Cache::builder().build();
        let said = Rc::new(RefCell::new(HeaderMap::new()));
        let page = {
            let said = Rc::clone(&said);
            move || {
                let mut res = HttpResponse::Ok().body(BODY);
                *res.headers_mut() = said.borrow().clone();
                async { res }
            }
        };
        let app = App::new()
            .wrap(Dumper::new(cache.clone()))
            .route("/page/", web::get().to(page));
        Self {
            app: pairs::app(init_service(app).await),
            said,
            cache,
        }
    }

    /// Asks twice for a page, both with headers that some text has: in each line
    /// the first byte chooses the header, and the rest is its value. Returns
    /// whether the second answer came from the cache.
    ///
    /// # Panics
    ///
    /// Panics if something is answered that the headers plainly forbid.
    pub async fn check(&self, text: &[u8]) -> bool {
        let (mut response, mut request) = (HeaderMap::new(), HeaderMap::new());
        for line in text.split(|byte| *byte == b'\n') {
            let Some((choice, value)) = line.split_first() else {
                continue;
            };
            let Ok(value) = HeaderValue::from_bytes(value) else {
                continue;
            };
            let at = usize::from(*choice) % (RESPONSE.len() + REQUEST.len());
            let (headers, name) = match RESPONSE.get(at) {
                Some(name) => (&mut response, *name),
                None => (&mut request, REQUEST[at - RESPONSE.len()]),
            };
            headers.append(HeaderName::from_static(name), value);
        }
        self.said.replace(response.clone());
        let forgotten = self.cache.invalidate_all().now_or_never();
        assert!(forgotten.is_some(), "memory is not waited for");
        let mut is_hit = false;
        for _ in 0..2 {
            let answer = (self.app)(asked(&request)).await;
            is_hit = answer.is_hit();
            assert_answers(&request, &answer);
        }
        if is_hit {
            assert_eq!(
                forbidden(&response, &request),
                None,
                "{response:?} for {request:?}"
            );
        }
        is_hit
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").finish_non_exhaustive()
    }
}

fn asked(headers: &HeaderMap) -> Request {
    let mut request = TestRequest::with_uri("/page/").to_request();
    for (name, value) in headers {
        request.headers_mut().append(name.clone(), value.clone());
    }
    if !headers.contains_key("host") {
        let host = HeaderValue::from_static("parlour.example");
        request
            .headers_mut()
            .append(HeaderName::from_static("host"), host);
    }
    request
}

fn assert_answers(request: &HeaderMap, answer: &Answer) {
    let body = String::from_utf8_lossy(&answer.body);
    let has = |name| request.contains_key(name);
    let fits = match answer.status {
        200 => body == BODY,
        206 | 416 => has("range"),
        304 => (has("if-none-match") || has("if-modified-since")) && body.is_empty(),
        _ => false,
    };
    assert!(fits, "{request:?} was answered with\n{answer}");
}

/// What says that a page must not be served to this request, by a reading that
/// looks for nothing but the plain cases.
fn forbidden(response: &HeaderMap, request: &HeaderMap) -> Option<String> {
    if response.contains_key("set-cookie") {
        return Some("set-cookie".to_owned());
    }
    if members(response, "vary").any(|member| member == "*") {
        return Some("vary: *".to_owned());
    }
    let mut cookies = request
        .get_all("cookie")
        .filter_map(|line| line.to_str().ok());
    if cookies.any(|line| {
        line.split(';')
            .any(|cookie| cookie.trim().starts_with("id="))
    }) {
        return Some("a cookie".to_owned());
    }
    // That field alone counts (RFC 9213 §2.2), if it can be read.
    if response.contains_key("dumper-cache-control") {
        return None;
    }
    // The status is understood (RFC 9111 §5.2.2.3), whatever is quoted beside that.
    let mut lines = response
        .get_all("cache-control")
        .filter_map(|line| line.to_str().ok());
    let understood = lines.any(|line| listed(line).any(|member| member == "must-understand"));
    let mut forbidding = members(response, "cache-control");
    forbidding.find(|member| match member.as_str() {
        "no-store" => !understood,
        member => ["private", "no-cache", "s-maxage=0"].contains(&member),
    })
}

/// The members of a list without quotes, in lower case.
fn members(headers: &HeaderMap, name: &str) -> impl Iterator<Item = String> {
    let lines = headers.get_all(name).filter_map(|line| line.to_str().ok());
    let lines = lines.filter(|line| !line.contains('"'));
    lines.flat_map(listed)
}

fn listed(line: &str) -> impl Iterator<Item = String> {
    let members = line.split(',');
    members.map(|member| member.trim().to_ascii_lowercase())
}
