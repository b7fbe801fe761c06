//! A request as a visitor may write it.

use std::fmt;

use actix_http::{Request as ActixRequest, Version};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, Uri};
use actix_web::test::TestRequest;

use super::setting::Setting;

/// What only concerns the answer to one client: a page is made without.
const OF_THE_CLIENT: [&str; 4] = ["if-none-match", "if-modified-since", "if-range", "range"];

/// A request as a visitor may write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) version: Version,
    /// `http://host`, where the target has one.
    pub(super) origin: &'static str,
    pub(super) path: String,
    pub(super) query: Option<String>,
    /// Names in lower case.
    pub(super) headers: Vec<(&'static str, Vec<u8>)>,
    pub(super) body: &'static str,
}

impl Request {
    /// The request for the page itself, of which an answer to this one is made.
    pub(super) fn for_page(&self, setting: Setting) -> Self {
        let mut request = self.clone();
        if setting == Setting::WithoutTrackers {
            request.leave_out_trackers();
        }
        if request.method == "HEAD" {
            request.method = "GET";
        }
        request
            .headers
            .retain(|(name, _)| !OF_THE_CLIENT.contains(name));
        request.body = "";
        request
    }

    fn leave_out_trackers(&mut self) {
        // A path may have a question mark too, and is none from there on.
        if let Some(query) = &self.query {
            self.path = format!("{}?{query}", self.path);
        }
        if let Some((path, query)) = self.path.split_once('?') {
            self.query = without_trackers(query);
            self.path = path.to_owned();
        }
    }

    /// The same with the host in lower case. The router tells its letters apart,
    /// but nobody else does.
    pub(super) fn in_lower_case(mut self) -> Self {
        let hosts = self.headers.iter_mut().filter(|(name, _)| *name == "host");
        for (_, host) in hosts {
            host.make_ascii_lowercase();
        }
        self
    }

    /// The values of a header.
    pub(super) fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let lines = self.headers.iter().filter(move |(known, _)| *known == name);
        lines.map(|(_, value)| value.as_slice())
    }

    /// The request as the server reads it, or `None` if it would refuse it.
    pub(super) fn read(&self) -> Option<ActixRequest> {
        let uri = Uri::try_from(self.target()).ok()?;
        let mut request = TestRequest::default()
            .version(self.version)
            .method(Method::from_bytes(self.method.as_bytes()).ok()?)
            .set_payload(self.body)
            .to_request();
        request.head_mut().uri = uri;
        for (name, value) in &self.headers {
            let value = HeaderValue::from_bytes(value).ok()?;
            let headers = request.headers_mut();
            headers.append(HeaderName::from_static(name), value);
        }
        Some(request)
    }

    fn target(&self) -> String {
        let mut target = format!("{}{}", self.origin, self.path);
        if let Some(query) = &self.query {
            target.push('?');
            target.push_str(query);
        }
        target
    }
}

/// The query without those of the trackers that pairs have.
fn without_trackers(query: &str) -> Option<String> {
    let is_tracker = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        let is_known = name.starts_with("utm_") || ["fbclid", "gclid"].contains(&name);
        is_known
            && name
                .bytes()
                .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
    };
    let is_tracker = |pair: &str| is_tracker(pair) && !pair.contains(';');
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_tracker(pair)).collect();
    let kept = kept.join("&");
    // An empty query stays if it was one.
    (kept == query || !kept.is_empty()).then_some(kept)
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} {:?}", self.method, self.target(), self.version)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", value.escape_ascii())?;
        }
        writeln!(f, "\n{}", self.body)
    }
}
