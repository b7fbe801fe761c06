//! An app whose pages tell all that a handler can know of what selects them.

use std::collections::BTreeMap;
use std::convert::Infallible;

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, Route, guard};
use futures::stream;

use super::fields::{CREDENTIALS, TELLING};
use super::spelling::normalized;

/// What a page has besides its text.
type Dress = fn(&mut HttpResponseBuilder, &HttpRequest);

/// Fields of a response.
type Fields = &'static [(&'static str, &'static str)];

const LAST_MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// The routes of the app: static ones, all kinds of parameters, scopes, guards,
/// and a default service.
pub fn routes(config: &mut ServiceConfig) {
    parameters(config);
    scopes(config);
    selected(config);
    personal(config);
    config
        .route("/", page("index"))
        .route("/page", page("page"))
        .route("/page/", page("page with a slash"))
        .route("/page.css", page("style sheet"))
        .route("/caf\u{e9}", page("café"))
        .route(
            "/get-only",
            web::get().to(async |req, body| shown("get only", &req, &body)),
        )
        .route(
            "/get-only",
            web::post().to(async |req, body| shown("post only", &req, &body)),
        )
        .route("/query", with("query", query))
        .route("/stream", web::route().to(streamed))
        .route(
            "/fresh",
            with("fresh", |res, _| {
                fields(res, &[("Cache-Control", "max-age=60")]);
            }),
        )
        .route("/tagged", with("tagged", tagged))
        .default_service(page("default"));
}

fn parameters(config: &mut ServiceConfig) {
    config
        .route("/item/{id}", page("item"))
        .route("/item/{id}/edit", page("item's form"))
        .route("/number/{number:\\d+}", page("number"))
        .route("/slug/{slug:[a-z]+}", page("slug"))
        .route("/user/{user}/post/{post}", page("post"))
        .route("/tree/{tail:.*}", page("tree"))
        .route("/file/{name}.css", page("file of styles"))
        .route("/file/{name}", page("file"));
}

fn scopes(config: &mut ServiceConfig) {
    let language = web::scope("/{language:[a-z]{2}}").route("/page", page("shop's page"));
    let shop = web::scope("/shop")
        .route("", page("shop without a slash"))
        .route("/", page("shop"))
        .route("/cart/{id}", page("cart"))
        .service(language)
        .default_service(page("elsewhere in the shop"));
    config
        .service(shop)
        .service(web::scope("/admin").default_service(page("admin")));
}

/// Pages that something besides the URL selects, and that say so.
fn selected(config: &mut ServiceConfig) {
    let of_host = |host| guard::Host(host);
    let beta = fixed("beta", &[("Vary", "X-Beta")]).guard(guard::Header("x-beta", "1"));
    config
        .service(
            web::resource("/tenant")
                .route(page("tenant one").guard(of_host("parlour.example")))
                .route(page("tenant two").guard(of_host("other.example")))
                .default_service(page("no tenant")),
        )
        .route("/beta", beta)
        .route("/beta", fixed("not beta", &[("Vary", "X-Beta")]))
        .route(
            "/language",
            with("language", |res, req| echo(res, req, "accept-language")),
        )
        .route(
            "/format",
            with("format", |res, req| echo(res, req, "accept")),
        )
        .route("/cors", with("cors", |res, req| echo(res, req, "origin")));
}

/// Pages that are for one visitor, each in its own way.
fn personal(config: &mut ServiceConfig) {
    config
        .route("/account", page("account"))
        .route("/account/{tail:.*}", page("account"))
        .route(
            "/private",
            fixed("private", &[("Cache-Control", "private")]),
        )
        .route(
            "/csrf",
            fixed("csrf", &[("Set-Cookie", "csrf=1"), ("Vary", "Cookie")]),
        )
        .route("/login", fixed("login", &[("Cache-Control", "no-store")]))
        .route("/members", web::route().to(members));
}

fn page(name: &'static str) -> Route {
    with(name, |_, _| {})
}

fn fixed(name: &'static str, fields: Fields) -> Route {
    web::route().to(move |req: HttpRequest, body: Bytes| async move {
        let mut res = HttpResponse::Ok();
        self::fields(&mut res, fields);
        res.body(seen(name, &req, &body))
    })
}

fn with(name: &'static str, dress: Dress) -> Route {
    web::route().to(move |req: HttpRequest, body: Bytes| async move {
        let mut res = HttpResponse::Ok();
        dress(&mut res, &req);
        res.body(seen(name, &req, &body))
    })
}

fn shown(name: &str, req: &HttpRequest, body: &Bytes) -> HttpResponse {
    HttpResponse::Ok().body(seen(name, req, body))
}

fn fields(res: &mut HttpResponseBuilder, fields: Fields) {
    for field in fields {
        res.append_header(*field);
    }
}

/// Answers by a request header.
fn echo(res: &mut HttpResponseBuilder, req: &HttpRequest, name: &'static str) {
    res.append_header((header::VARY, name));
    res.append_header(("x-echo", lines(req.headers(), name)));
}

fn query(res: &mut HttpResponseBuilder, req: &HttpRequest) {
    let query = web::Query::<BTreeMap<String, String>>::from_query(req.query_string());
    res.append_header(("x-query", format!("{:?}", query.ok())));
}

/// A page with validators of its own.
fn tagged(res: &mut HttpResponseBuilder, req: &HttpRequest) {
    let etag = if req.query_string().is_empty() {
        "\"known\""
    } else {
        "\"other\""
    };
    res.append_header((header::ETAG, etag));
    res.append_header((header::LAST_MODIFIED, LAST_MODIFIED));
}

/// A page for those who have logged in.
async fn members(req: HttpRequest, body: Bytes) -> HttpResponse {
    if req.headers().contains_key(header::AUTHORIZATION) || req.cookie("id").is_some() {
        return shown("members", &req, &body);
    }
    let location = format!("/login?next={}", normalized(req.path()));
    HttpResponse::Found()
        .append_header((header::LOCATION, location))
        .finish()
}

async fn streamed(req: HttpRequest, body: Bytes) -> HttpResponse {
    let text = seen("stream", &req, &body);
    let chunks: Vec<_> = text
        .as_bytes()
        .chunks(100)
        .map(Bytes::copy_from_slice)
        .collect();
    HttpResponse::Ok().streaming(stream::iter(chunks.into_iter().map(Ok::<_, Infallible>)))
}

/// All that a handler can see of what selects its page, apart from how the URL
/// was written where RFC 3986 §6.2.2 says that it makes no difference.
fn seen(route: &str, req: &HttpRequest, body: &Bytes) -> String {
    let connection = req.connection_info().clone();
    let matched = req.match_info().iter();
    let matched: Vec<_> = matched
        .map(|(name, value)| format!("{name}={}", normalized(value)))
        .collect();
    let decoded = web::Path::<BTreeMap<String, String>>::from_request(
        req,
        &mut actix_web::dev::Payload::None,
    );
    let decoded = futures::FutureExt::now_or_never(decoded).and_then(Result::ok);
    let telling = TELLING
        .iter()
        .chain(&CREDENTIALS)
        .filter(|(name, _)| !["forwarded", "cookie"].contains(name));
    let telling: Vec<_> = telling
        .filter(|(name, _)| req.headers().contains_key(*name))
        .map(|(name, _)| format!("{name}: {}", lines(req.headers(), name)))
        .collect();
    // Over HTTP/2 it stands where `Host` did.
    let authority = req
        .uri()
        .authority()
        .map(|authority| authority.as_str().to_ascii_lowercase());
    let authority =
        authority.filter(|authority| *authority != connection.host().to_ascii_lowercase());
    let id = req.cookie("id").map(|id| id.value().to_owned());
    format!(
        "{route}\nmethod {}\norigin {}://{} {:?}\npath {}\nmatched {matched:?}\ndecoded {:?}\nquery {:?}\nhost {}\nforwarded {:?}\ntelling {telling:?}\nid {id:?}\nbody {body:?}\n",
        req.method(),
        connection.scheme(),
        // Hosts have no case.
        connection.host().to_ascii_lowercase(),
        authority,
        normalized(req.path()),
        decoded.map(web::Path::into_inner),
        req.uri().query(),
        lines(req.headers(), "host").to_ascii_lowercase(),
        forwarded(req.headers()),
    )
}

/// What `Forwarded` tells, as RFC 7239 §4 has it, but of the client.
fn forwarded(headers: &HeaderMap) -> Vec<String> {
    let mut told = vec![String::new()];
    for line in headers.get_all(header::FORWARDED) {
        let mut quoted = false;
        for letter in line.as_bytes().escape_ascii().map(char::from) {
            quoted ^= letter == '"';
            match told.last_mut() {
                Some(last) if quoted || !",;".contains(letter) => last.push(letter),
                _ => told.push(String::new()),
            }
        }
        told.push(String::new());
    }
    let of_client = |told: &String| {
        let name = told
            .split('=')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        ["", "for", "by"].contains(&name.as_str())
    };
    told.retain(|told| !of_client(told));
    told
}

/// All lines of a header, apart.
fn lines(headers: &HeaderMap, name: &str) -> String {
    let lines = headers
        .get_all(name)
        .map(|line| format!("{:?}", line.as_bytes().escape_ascii().to_string()));
    lines.collect::<Vec<_>>().join(" ")
}
