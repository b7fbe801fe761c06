//! The middleware over a store that is shared.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_ENCODING, ETAG};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Bytes;
use actix_web::{App, Error, HttpResponse, web};
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::alone::alone;
use futures::stream;
use tokio::sync::Semaphore;
use tokio::task::spawn_local;

use crate::acts::{settle, soon, until};
use crate::faulty::{Call, Fault, Faulty};

const PAGE: &str = "/page/";
const STREAM: &str = "/stream/";

/// What the handlers of a site have in common.
#[derive(Debug)]
struct State {
    renders: AtomicUsize,
    /// Each render of `/slow/` takes one, and waits for it.
    permits: Semaphore,
}

/// A text that gets smaller, and that no other render has.
fn text(state: &State) -> String {
    let render = state.renders.fetch_add(1, Ordering::SeqCst) + 1;
    format!("render {render}. ").repeat(300)
}

async fn page(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html")
        .body(text(&state))
}

/// A page that is to be sent as it is, as a field says that no client gets.
async fn untouched(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html")
        .append_header(("Dumper-Cache-Control", "no-transform"))
        .append_header(("Vary", "Accept-Encoding"))
        .body(text(&state))
}

async fn slow(state: web::Data<State>) -> HttpResponse {
    state.permits.acquire().await.unwrap().forget();
    page(state).await
}

async fn streaming(state: web::Data<State>) -> HttpResponse {
    let text = text(&state);
    let (first, second) = text.split_at(20);
    let chunks =
        [first, second].map(|chunk| Ok::<_, Error>(Bytes::copy_from_slice(chunk.as_bytes())));
    HttpResponse::Ok().streaming(stream::iter(chunks))
}

/// Starts a site behind the middleware, with a store.
macro_rules! site {
    ($cache:expr, $set:expr) => {{
        let set: fn(Dumper) -> Dumper = $set;
        let state = web::Data::new(State {
            renders: AtomicUsize::new(0),
            permits: Semaphore::new(0),
        });
        let app = App::new()
            .wrap(set(Dumper::new($cache.clone())))
            .app_data(state.clone())
            .route(PAGE, web::get().to(page))
            .route(PAGE, web::post().to(async || HttpResponse::Ok()))
            .route(STREAM, web::get().to(streaming))
            .route("/untouched/", web::get().to(untouched))
            .route("/slow/", web::get().to(slow));
        (Arc::new(init_service(app).await), state)
    }};
}

/// What was answered.
#[derive(Debug)]
struct Answer {
    status: u16,
    cache: String,
    etag: Option<String>,
    coding: Option<String>,
    body: String,
}

impl Answer {
    fn is_hit(&self) -> bool {
        self.cache.starts_with("dumper; hit")
    }
}

async fn ask<S, B>(site: &S, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: actix_web::body::MessageBody,
{
    let mut req = TestRequest::with_uri(path).method(method);
    for &header in headers {
        req = req.insert_header(header);
    }
    let res = soon(call_service(site, req.to_request())).await;
    let header = |name: &str| {
        let value = res.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    Answer {
        status: res.status().as_u16(),
        cache: header("cache-status").unwrap_or_default(),
        etag: header(ETAG.as_str()),
        coding: header(CONTENT_ENCODING.as_str()),
        body: String::from_utf8_lossy(&soon(read_body(res)).await).into_owned(),
    }
}

async fn get<S, B>(site: &S, path: &str) -> Answer
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: actix_web::body::MessageBody,
{
    ask(site, Method::GET, path, &[]).await
}

fn shared(store: &Faulty, is_near: bool) -> Cache {
    Cache::builder().store(store.clone()).near(is_near).build()
}

#[test]
fn a_page_is_stored_once_for_all() {
    alone(async || {
        let store = Faulty::new();
        let (one, _) = site!(shared(&store, true), |dumper| dumper);
        let (two, _) = site!(shared(&store, false), |dumper| dumper);
        let first = get(&*one, PAGE).await;
        assert_eq!(first.cache, "dumper; fwd=miss; stored");
        for site in [&*one, &*two, &*one, &*two] {
            let answer = get(site, PAGE).await;
            assert!(answer.is_hit(), "{answer:?}");
            assert_eq!(answer.body, first.body);
            assert_eq!(answer.etag, first.etag);
        }
        let head = ask(&*two, Method::HEAD, PAGE, &[]).await;
        assert!(head.is_hit(), "{head:?}");
        let part = ask(&*two, Method::GET, PAGE, &[("range", "bytes=0-5")]).await;
        assert_eq!((part.status, &*part.body), (206, "render"));
        assert!(part.is_hit());
        let etag = first.etag.unwrap();
        let known = ask(&*two, Method::GET, PAGE, &[("if-none-match", &etag)]).await;
        assert_eq!((known.status, known.body.len()), (304, 0));
        assert!(known.is_hit());
    });
}

#[test]
fn a_head_is_stored_for_whoever_gets() {
    alone(async || {
        let store = Faulty::new();
        let (one, _) = site!(shared(&store, true), |dumper| dumper);
        let (two, _) = site!(shared(&store, true), |dumper| dumper);
        let head = ask(&*one, Method::HEAD, PAGE, &[]).await;
        assert_eq!(head.cache, "dumper; fwd=miss; stored");
        assert!(get(&*two, PAGE).await.is_hit());
    });
}

#[test]
fn a_body_that_streams_is_stored_at_its_end() {
    alone(async || {
        for is_near in [true, false] {
            let store = Faulty::new();
            let (one, _) = site!(shared(&store, is_near), |dumper| dumper);
            let (two, state) = site!(shared(&store, true), |dumper| dumper);
            let first = get(&*one, STREAM).await;
            assert_eq!(first.cache, "dumper; fwd=miss; detail=streaming");
            until(async || store.count(Call::Fill) == 1).await;
            let second = get(&*two, STREAM).await;
            assert!(second.is_hit(), "{second:?}");
            assert_eq!(second.body, first.body);
            assert_eq!(state.renders.load(Ordering::SeqCst), 0);
        }
    });
}

#[test]
fn a_body_that_streams_ends_though_the_store_hangs() {
    alone(async || {
        let store = Faulty::new();
        store.fail(Call::Fill, Fault::Hangs);
        let (site, _) = site!(shared(&store, true), |dumper| dumper);
        let first = get(&*site, STREAM).await;
        assert!(!first.body.is_empty());
        store.until_asked(Call::Fill, 1).await;
        store.heal();
        until(async || Box::pin(get(&*site, STREAM)).await.is_hit()).await;
    });
}

#[test]
fn a_store_that_is_unavailable_is_told_of() {
    alone(async || {
        let unavailable = "dumper; fwd=miss; detail=store-unavailable";
        for call in [Call::LookUp, Call::Lease, Call::Fill] {
            let store = Faulty::new();
            let (site, _) = site!(shared(&store, true), |dumper| dumper);
            store.fail(call, Fault::Unavailable);
            for _ in 0..2 {
                let answer = get(&*site, PAGE).await;
                assert_eq!((answer.status, &*answer.cache), (200, unavailable));
                assert!(!answer.body.is_empty());
            }
            store.heal();
            assert_eq!(get(&*site, PAGE).await.cache, "dumper; fwd=miss; stored");
            assert!(get(&*site, PAGE).await.is_hit());
        }
    });
}

#[test]
fn a_store_that_fails_during_a_render_fails_no_request() {
    alone(async || {
        let store = Faulty::new();
        let (site, state) = site!(shared(&store, true), |dumper| dumper);
        let rendered = spawn_local({
            let site = Arc::clone(&site);
            async move { get(&*site, "/slow/").await }
        });
        store.until_asked(Call::Lease, 1).await;
        for call in [Call::Fill, Call::LookUp, Call::Lease, Call::Apply] {
            store.fail(call, Fault::Unavailable);
        }
        state.permits.add_permits(2);
        let answer = rendered.await.unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.cache, "dumper; fwd=miss; detail=store-unavailable");
        store.heal();
        assert_eq!(
            get(&*site, "/slow/").await.cache,
            "dumper; fwd=miss; stored"
        );
    });
}

#[test]
fn without_copies_a_page_is_sent_as_it_is() {
    alone(async || {
        for (is_near, coding) in [(true, Some("gzip")), (false, None)] {
            let store = Faulty::new();
            let (site, _) = site!(shared(&store, is_near), Dumper::compress);
            let headers = [("accept-encoding", "gzip")];
            let mut bodies = Vec::new();
            for is_hit in [false, true, true] {
                let answer = ask(&*site, Method::GET, PAGE, &headers).await;
                assert_eq!(answer.is_hit(), is_hit);
                assert_eq!(answer.coding.as_deref(), coding, "{is_hit}");
                bodies.push((answer.body, answer.etag));
            }
            assert!(bodies.iter().all(|body| *body == bodies[0]));
            let plain = get(&*site, PAGE).await;
            assert!(plain.is_hit() && plain.coding.is_none());
            assert_eq!(plain.body == bodies[0].0, coding.is_none());
            // What is known in one coding is not known in another.
            let etag = plain.etag.unwrap();
            let known = [("accept-encoding", "gzip"), ("if-none-match", &etag)];
            let known = ask(&*site, Method::GET, PAGE, &known).await;
            assert_eq!(known.status == 304, coding.is_none());
        }
    });
}

#[test]
fn what_is_to_be_sent_as_it_is_is_so_by_every_process() {
    alone(async || {
        let store = Faulty::new();
        let (one, _) = site!(shared(&store, true), Dumper::compress);
        let (two, _) = site!(shared(&store, true), Dumper::compress);
        for (site, is_hit) in [(&one, false), (&two, true), (&one, true)] {
            let headers = [("accept-encoding", "gzip")];
            let answer = ask(&**site, Method::GET, "/untouched/", &headers).await;
            assert_eq!((answer.is_hit(), answer.coding), (is_hit, None));
        }
    });
}

#[test]
fn a_copy_of_a_page_of_the_store_is_coded_once() {
    alone(async || {
        let store = Faulty::new();
        let (one, _) = site!(shared(&store, true), Dumper::compress);
        let cache = shared(&store, true);
        let (two, _) = site!(cache, Dumper::compress);
        assert_eq!(get(&*one, PAGE).await.cache, "dumper; fwd=miss; stored");
        assert!(get(&*two, PAGE).await.is_hit());
        let plain = cache.stats().bytes;
        let headers = [("accept-encoding", "gzip")];
        let mut bytes = Vec::new();
        for _ in 0..3 {
            let answer = ask(&*two, Method::GET, PAGE, &headers).await;
            assert_eq!(answer.coding.as_deref(), Some("gzip"));
            bytes.push(cache.stats().bytes);
        }
        assert!(
            bytes[0] > plain && bytes[2] == bytes[0],
            "{plain} {bytes:?}"
        );
    });
}

#[test]
fn an_unsafe_request_is_answered_when_its_invalidation_is_delivered() {
    alone(async || {
        let store = Faulty::new();
        let caches = [shared(&store, true), shared(&store, true)];
        let (one, _) = site!(caches[0], |dumper| dumper);
        let (two, _) = site!(caches[1], |dumper| dumper);
        get(&*one, PAGE).await;
        assert!(get(&*two, PAGE).await.is_hit());
        settle(&caches[0]).await;
        settle(&caches[1]).await;
        store.fail(Call::Apply, Fault::Hangs);
        let earlier = store.count(Call::Apply);
        let posted = spawn_local({
            let one = Arc::clone(&one);
            async move { ask(&*one, Method::POST, PAGE, &[]).await }
        });
        store.until_asked(Call::Apply, earlier + 1).await;
        assert!(!posted.is_finished());
        store.heal();
        assert_eq!(posted.await.unwrap().cache, "dumper; fwd=method");
        assert!(!get(&*two, PAGE).await.is_hit());
    });
}
