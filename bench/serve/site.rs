//! The pages, ready to be sent.

use std::collections::HashMap;
use std::future::ready;
use std::iter;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, InvalidHeaderValue,
};
use actix_web::{HttpRequest, HttpResponse, Route, web};
use bytes::Bytes;
use dumper_bench::{HOT, body, path};

use crate::arguments::Arguments;

/// A page, and the headers that it is sent with.
pub(crate) struct Stored {
    headers: Box<[(HeaderName, HeaderValue)]>,
    body: Bytes,
}

impl Stored {
    /// A page as a handler makes it.
    pub(crate) fn page(path: &str, bytes: usize) -> Self {
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        Self {
            headers: [(CONTENT_TYPE, kind)].into(),
            body: body(path, bytes).into(),
        }
    }

    /// A page with the headers that dumper gives to a hit, byte for byte but for the
    /// digits of the entity tag.
    fn hit(path: &str, bytes: usize) -> Result<Self, InvalidHeaderValue> {
        let page = Self::page(path, bytes);
        let digits = format!("{path:x>32}").replace('/', "0");
        let more = [
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (ETAG, HeaderValue::from_str(&format!("\"{digits}\""))?),
            (
                HeaderName::from_static("cache-status"),
                HeaderValue::from_static("dumper; hit"),
            ),
        ];
        Ok(Self {
            headers: page.headers.into_iter().chain(more).collect(),
            body: page.body,
        })
    }

    pub(crate) fn respond(&self) -> HttpResponse<Bytes> {
        self.respond_with(self.body.clone())
    }

    /// The same, in memory that nobody else has, as what was rendered is.
    fn render(&self) -> HttpResponse<Bytes> {
        self.respond_with(Bytes::copy_from_slice(&self.body))
    }

    fn respond_with(&self, body: Bytes) -> HttpResponse<Bytes> {
        let mut res = HttpResponse::with_body(StatusCode::OK, body);
        for (name, value) in &self.headers {
            res.headers_mut().append(name.clone(), value.clone());
        }
        res
    }
}

/// What a site has at its paths.
#[derive(Clone)]
pub(crate) enum Site {
    /// One page at every path.
    One(Arc<Stored>),
    /// The same, made anew for each request.
    Rendered(Arc<Stored>),
    /// Each page at its own.
    Many(Arc<HashMap<String, Stored>>),
    /// Each page at its own, made anew: for a cache, beside which it would be in
    /// memory twice.
    Made(usize),
}

impl Site {
    /// Pages as a handler makes them.
    pub(crate) fn of_pages(arguments: &Arguments) -> Self {
        let page = || Arc::new(Stored::page(HOT, arguments.bytes));
        match arguments.pages {
            1 if arguments.renders => Self::Rendered(page()),
            1 => Self::One(page()),
            _ => Self::Made(arguments.bytes),
        }
    }

    /// Pages as a hit has them.
    pub(crate) fn of_hits(arguments: &Arguments) -> Result<Self, InvalidHeaderValue> {
        let paths: Vec<String> = match arguments.pages {
            1 => iter::once(HOT.to_owned()).collect(),
            pages => (0..pages).map(path).collect(),
        };
        let stored = paths.into_iter().map(|path| {
            let stored = Stored::hit(&path, arguments.bytes)?;
            Ok((path, stored))
        });
        let mut stored: HashMap<String, Stored> = stored.collect::<Result<_, _>>()?;
        Ok(match stored.remove(HOT) {
            Some(page) if stored.is_empty() => Self::One(Arc::new(page)),
            page => {
                stored.extend(page.map(|page| (HOT.to_owned(), page)));
                Self::Many(Arc::new(stored))
            }
        })
    }

    /// A handler for every path.
    pub(crate) fn route(&self) -> Route {
        match self.clone() {
            Self::One(page) => web::to(move || ready(page.respond())),
            Self::Rendered(page) => web::to(move || ready(page.render())),
            Self::Many(pages) => web::to(move |req: HttpRequest| {
                ready(match pages.get(req.path()) {
                    Some(page) => page.respond(),
                    None => HttpResponse::with_body(StatusCode::NOT_FOUND, Bytes::new()),
                })
            }),
            Self::Made(bytes) => {
                web::to(move |req: HttpRequest| ready(Stored::page(req.path(), bytes).respond()))
            }
        }
    }
}
