//! No visitor can push the site out of memory, or its pages out of the cache.

use std::borrow::Cow;
use std::fs;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::http::header::{ACCEPT_LANGUAGE, HOST};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, Error, HttpResponse, web};
use bytes::Bytes;
use dumper::{Cache, Key, Lookup, Page};
use dumper_actix::Dumper;
use futures::stream::{iter, pending};
use futures::{FutureExt, StreamExt};

use crate::alone::alone;

const MAX_BYTES: u64 = 2 << 20;

static RENDERS: AtomicUsize = AtomicUsize::new(0);

/// The page that everybody asks for.
async fn busy() -> HttpResponse {
    RENDERS.fetch_add(1, Ordering::SeqCst);
    HttpResponse::Ok()
        .append_header(("Vary", "Accept-Language"))
        .body("busy ".repeat(100))
}

async fn page(number: web::Path<String>) -> String {
    dumper::tag(&number);
    format!("page {number} ").repeat(20)
}

/// A site without sockets: takes a request, and returns what the cache did.
async fn site(dumper: Dumper) -> impl AsyncFn(TestRequest) -> String {
    let app = App::new()
        .route("/busy!", web::get().to(busy))
        .route("/pages/{number}/", web::get().to(page))
        .route("/huge/", web::get().to(async || "x".repeat(3 << 20)))
        .wrap(dumper);
    let app = init_service(app).await;
    async move |request: TestRequest| {
        let answer = call_service(&app, request.to_request()).await;
        let status = answer.headers().get("cache-status").unwrap();
        status.to_str().unwrap().to_owned()
    }
}

fn get(target: &str) -> TestRequest {
    TestRequest::get()
        .uri(target)
        .insert_header((HOST, "localhost:8080"))
}

/// The memory that the process has, in bytes.
fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

fn assert_bounded(cache: &Cache) {
    let stats = cache.stats();
    assert!(stats.bytes <= MAX_BYTES, "{stats:?}");
}

/// Lets a scanner ask, and others for the busy page meanwhile. It must stay in
/// the cache, and the process within bounds.
async fn scan(
    requests: usize,
    path: impl Fn(usize) -> (String, Option<String>),
    expected: &str,
) -> Cache {
    let cache = Cache::builder().max_bytes(MAX_BYTES).build();
    let ask = site(Dumper::new(cache.clone())).await;
    assert_eq!(ask(get("/busy!")).await, "dumper; fwd=miss; stored");
    let mut before = resident();
    for number in 0..requests {
        let (target, language) = path(number);
        let mut request = get(&target);
        if let Some(language) = language {
            request = request.insert_header((ACCEPT_LANGUAGE, language));
        }
        let status = ask(request).await;
        assert_eq!(status, expected, "{target}");
        assert_bounded(&cache);
        if number % 10 == 0 {
            assert_eq!(ask(get("/busy!")).await, "dumper; hit", "{number}");
        }
        // By now the cache is full.
        if number == requests / 4 {
            before = resident();
        }
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 4 << 20, "the process has grown by {grown} bytes");
    cache
}

#[test]
fn a_scan_of_many_paths_is_bounded_and_spares_the_busy_page() {
    alone(async || {
        let path = |number| (format!("/pages/{number}/"), None);
        let cache = scan(40_000, path, "dumper; fwd=miss; stored").await;
        let stats = cache.stats();
        assert!(stats.evicted > 30_000, "{stats:?}");
        assert!(stats.paths > 500, "the cache is used: {stats:?}");
        assert_eq!(RENDERS.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_scan_of_paths_that_are_not_there_stores_nothing() {
    alone(async || {
        let path = |number| (format!("/nowhere/{number}/"), None);
        let cache = scan(40_000, path, "dumper; fwd=miss; detail=status-404").await;
        assert_eq!(cache.stats().paths, 1);
        assert_eq!(cache.stats().stored, 1);
    });
}

#[test]
fn a_scan_of_many_queries_keeps_sixty_four_of_them_and_the_plain_page() {
    alone(async || {
        let path = |number| (format!("/busy!?{number}"), None);
        let cache = scan(5_000, path, "dumper; fwd=miss; stored").await;
        assert_eq!(cache.stats().paths, 1);
        let mut stored = 0;
        for number in 0..5_000 {
            stored += usize::from(has(&cache, "/busy!", Some(&number.to_string()), None).await);
        }
        assert_eq!(stored, 63, "and the plain one");
    });
}

#[test]
fn a_scan_of_many_header_values_is_bounded() {
    alone(async || {
        let path = |number| ("/busy!".to_owned(), Some(format!("x-{number}")));
        let cache = scan(5_000, path, "dumper; fwd=miss; stored").await;
        let mut stored = 0;
        for number in 0..5_000 {
            let language = format!("x-{number}");
            stored += usize::from(has(&cache, "/busy!", None, Some(&language)).await);
        }
        assert!((1..64).contains(&stored), "{stored}");
    });
}

#[test]
fn a_scan_of_many_spellings_is_bounded() {
    /// `/busy!` with a query of any length, spelled in one of two ways.
    fn target(number: usize) -> (String, Option<String>) {
        let spelling = ["/busy%21", "/b%75sy%21"][number % 2];
        (format!("{spelling}?{number}"), None)
    }
    alone(async || {
        let cache = scan(5_000, target, "dumper; fwd=miss; stored").await;
        let mut stored = 0;
        for number in 0..5_000 {
            stored += usize::from(has(&cache, "/busy%21", Some(&number.to_string()), None).await);
        }
        assert_eq!(stored, 63, "and the plain one");
    });
}

#[test]
fn a_scan_of_many_hosts_is_bounded() {
    alone(async || {
        let cache = Cache::builder().max_bytes(MAX_BYTES).build();
        let ask = site(Dumper::new(cache.clone())).await;
        assert_eq!(ask(get("/busy!")).await, "dumper; fwd=miss; stored");
        for number in 0..5_000 {
            ask(get("/busy!").insert_header(("host", format!("h{number}.example")))).await;
            assert_bounded(&cache);
        }
        assert!(cache.stats().stored <= 8, "{:?}", cache.stats());
        assert_eq!(ask(get("/busy!")).await, "dumper; hit");
    });
}

#[test]
fn whatever_a_visitor_makes_up_counts_towards_the_bytes() {
    alone(async || {
        let cache = Cache::builder().max_bytes(16 << 20).build();
        let made_up = "x".repeat(50_000);
        let key = |host, path, query| Key::new("http", host, path, query).unwrap();
        let path = format!("/{made_up}/");
        let keys = [
            ("host", key(&made_up, "/host/", None)),
            ("path", key("localhost", &path, None)),
            ("query", key("localhost", "/query/", Some(&made_up))),
            ("spelling", key("localhost", &format!("{path}%21"), None)),
            (
                "headers of proxies",
                key("localhost", "/told/", None).told(Some(made_up.clone())),
            ),
            ("path of an inner service", key("localhost", "/", None)),
        ];
        for (what, key) in keys {
            let before = cache.stats().bytes;
            let Lookup::Miss(mut lease) = cache.look_up(&key, &|_| None).await else {
                panic!("there is no page yet: {what}");
            };
            if what == "path of an inner service" {
                lease.also_at(&path);
            }
            let page = Page::new(200, Vec::new(), Bytes::new());
            lease.fill(page).await.unwrap();
            let added = cache.stats().bytes - before;
            assert!(added > 50_000, "{what}: {added}");
        }
    });
}

#[test]
fn a_scan_of_many_schemes_spares_the_plain_page() {
    alone(async || {
        let cache = Cache::builder().max_bytes(MAX_BYTES).build();
        let ask = site(Dumper::new(cache.clone())).await;
        ask(get("/busy!")).await;
        for number in 0..1_000 {
            let scheme = ("x-forwarded-proto", format!("x{number}"));
            ask(get("/busy!").insert_header(scheme)).await;
            assert_bounded(&cache);
        }
        assert_eq!(ask(get("/busy!")).await, "dumper; hit");
    });
}

#[test]
fn a_page_that_does_not_fit_is_served_and_drops_nothing() {
    alone(async || {
        let cache = Cache::builder().max_bytes(MAX_BYTES).build();
        let ask = site(Dumper::new(cache.clone()).max_body(4 << 20)).await;
        for number in 0..100 {
            ask(get(&format!("/pages/{number}/"))).await;
        }
        let before = cache.stats();
        for _ in 0..3 {
            let status = ask(get("/huge/")).await;
            assert_eq!(status, "dumper; fwd=miss; detail=too-large");
        }
        let after = cache.stats();
        assert_eq!((after.paths, after.evicted), (before.paths, 0));
        assert_eq!(ask(get("/pages/0/")).await, "dumper; hit");
    });
}

#[test]
fn a_crowd_waits_for_a_render_within_a_bound() {
    alone(async || {
        let cache = Cache::builder().build();
        let key = Key::new("http", "localhost", "/busy", None).unwrap();
        let no_headers = |_: &str| None;
        let leader = cache.look_up(&key, &no_headers).await;
        assert!(matches!(leader, Lookup::Miss(_)));
        let mut crowd = Vec::new();
        let mut at_once = 0;
        for _ in 0..10_000 {
            let mut visitor = Box::pin(cache.look_up(&key, &no_headers));
            match visitor.as_mut().now_or_never() {
                Some(_) => at_once += 1,
                None => crowd.push(visitor),
            }
        }
        assert!((1_000..9_000).contains(&crowd.len()), "{}", crowd.len());
        assert_eq!(at_once + crowd.len(), 10_000);
        // Those who go make room for others.
        crowd.clear();
        let mut visitor = Box::pin(cache.look_up(&key, &no_headers));
        assert!(visitor.as_mut().now_or_never().is_none());
        drop(leader);
        assert!(matches!(visitor.await, Lookup::Miss(_)));
    });
}

/// Whether a page is in the cache, without asking for it at the site.
async fn has(cache: &Cache, path: &str, query: Option<&str>, language: Option<&str>) -> bool {
    let key = Key::new("http", "localhost:8080", path, query).unwrap();
    let language = language.map(|language| Cow::Borrowed(language.as_bytes()));
    let headers = |name: &str| language.clone().filter(|_| name == "accept-language");
    matches!(cache.look_up(&key, &headers).await, Lookup::Hit(_))
}

#[test]
fn a_small_body_in_a_large_buffer_takes_a_small_place() {
    alone(async || {
        let cache = Cache::builder().max_bytes(16 << 20).build();
        let roomy = web::get().to(async |number: web::Path<u32>| {
            // As a template leaves it that was longer before.
            let mut page = number.to_string().into_bytes();
            page.resize(256 << 10, b' ');
            page.truncate(12);
            page
        });
        let app = App::new().wrap(Dumper::new(cache.clone()));
        let app = init_service(app.route("/roomy/{number}/", roomy)).await;
        let before = resident();
        for number in 0..2_000 {
            let req = TestRequest::with_uri(&format!("/roomy/{number}/")).to_request();
            assert!(call_service(&app, req).await.status().is_success());
        }
        assert_eq!(cache.stats().paths, 2_000);
        let grown = resident().saturating_sub(before);
        assert!(grown < 32 << 20, "{grown} bytes");
    });
}

#[test]
fn copies_of_bodies_that_never_end_are_bounded() {
    alone(async || {
        let cache = Cache::builder().max_bytes(16 << 20).build();
        let endless = web::get().to(async || {
            let chunks = iter((0..60).map(|_| Ok::<_, Error>(Bytes::from(vec![b'x'; 32 << 10]))));
            HttpResponse::Ok().streaming(chunks.chain(pending()))
        });
        let app = App::new().wrap(Dumper::new(cache.clone()));
        let app = init_service(app.route("/endless/{number}/", endless)).await;
        let before = resident();
        let mut bodies = Vec::new();
        for number in 0..200 {
            let req = TestRequest::with_uri(&format!("/endless/{number}/")).to_request();
            let mut body = Box::pin(call_service(&app, req).await.into_body());
            for _ in 0..60 {
                poll_fn(|cx| body.as_mut().poll_next(cx))
                    .await
                    .unwrap()
                    .unwrap();
            }
            bodies.push(body);
        }
        let grown = resident().saturating_sub(before);
        assert!(grown < 32 << 20, "{grown} bytes");
        drop(bodies);
        // What they took is free again.
        let req = TestRequest::with_uri("/endless/0/").to_request();
        let body = call_service(&app, req).await;
        assert!(body.status().is_success());
    });
}

#[actix_web::test]
async fn tags_go_with_the_variants_that_named_them() {
    let cache = Cache::builder().build();
    for page in 0..200 {
        let key = Key::new("http", "localhost", "/list", Some(&format!("page={page}"))).unwrap();
        let Lookup::Miss(mut lease) = cache.look_up(&key, &|_| None).await else {
            panic!("page {page} is there already");
        };
        lease.tag((0..20).map(|item| format!("item:{}", page * 20 + item).into()));
        lease
            .fill(Page::new(200, Vec::new(), Bytes::from_static(b"x")))
            .await
            .unwrap();
    }
    cache.invalidate_tag("item:3").await;
    assert_eq!(
        cache.stats().invalidated,
        0,
        "its page has made room long ago"
    );
    cache.invalidate_tag("item:3999").await;
    assert_eq!(
        cache.stats().invalidated,
        64,
        "all variants of the path drop together"
    );
}

#[actix_web::test]
async fn the_plain_page_outlives_any_number_of_queries() {
    let cache = Cache::builder().build();
    let queries = (0..200).map(|page| Some(format!("page={page}")));
    for query in [None].into_iter().chain(queries) {
        let key = Key::new("http", "localhost", "/list", query.as_deref()).unwrap();
        let Lookup::Miss(lease) = cache.look_up(&key, &|_| None).await else {
            panic!("{query:?} is there already");
        };
        lease
            .fill(Page::new(200, Vec::new(), Bytes::new()))
            .await
            .unwrap();
    }
    // Nobody has asked for it since.
    let plain = Key::new("http", "localhost", "/list", None).unwrap();
    assert!(matches!(
        cache.look_up(&plain, &|_| None).await,
        Lookup::Hit(_)
    ));
}

#[test]
fn what_was_added_to_is_still_dropped_by_its_tag() {
    alone(async || {
        let cache = Cache::builder().build();
        let key = Key::new("https", "parlour.example", "/page/", None).unwrap();
        let Lookup::Miss(mut lease) = cache.look_up(&key, &|_| None).await else {
            panic!("there is no page yet");
        };
        lease.tag(["menu".into()]);
        let page = Page::new(200, Vec::new(), Bytes::from_static(b"page"));
        let page = lease.fill(page).await.unwrap();
        for bytes in [0, 100, 0] {
            assert!(cache.add_weight(&page, bytes));
        }
        assert_eq!((cache.stats().paths, cache.stats().evicted), (1, 0));
        cache.invalidate_tag("menu").await;
        assert_eq!(cache.stats().paths, 0);
        assert!(!cache.add_weight(&page, 100));
    });
}

/// A body that tells by whom it is freed.
struct Told(Sender<Option<String>>);

impl AsRef<[u8]> for Told {
    fn as_ref(&self) -> &[u8] {
        b"page"
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        // Nobody may want to know any more.
        let _ = self.0.send(this_thread());
    }
}

fn this_thread() -> Option<String> {
    thread::current().name().map(ToOwned::to_owned)
}

/// Stores so many pages, and drops them. Returns by whom each is freed.
async fn drop_many(cache: &Cache, pages: usize) -> Receiver<Option<String>> {
    let (sender, freed) = channel();
    for number in 0..pages {
        let key = Key::new("http", "localhost", &format!("/{number}/"), None).unwrap();
        let Lookup::Miss(mut lease) = cache.look_up(&key, &|_| None).await else {
            panic!("page {number} is there already");
        };
        lease.tag(["all".into()]);
        let body = Bytes::from_owner(Told(sender.clone()));
        lease.fill(Page::new(200, Vec::new(), body)).await.unwrap();
    }
    cache.invalidate_tag("all").await;
    freed
}

#[actix_web::test]
async fn few_pages_are_freed_by_who_drops_them() {
    let cache = Cache::builder().build();
    let freed = drop_many(&cache, 10).await;
    assert_eq!(
        freed.try_iter().collect::<Vec<_>>(),
        vec![this_thread(); 10]
    );
}

#[actix_web::test]
async fn many_pages_are_freed_while_others_are_served() {
    let cache = Cache::builder().build();
    let freed = drop_many(&cache, 5_000).await;
    for _ in 0..5_000 {
        let thread = freed.recv_timeout(Duration::from_mins(1)).unwrap();
        assert_eq!(thread.as_deref(), Some("dumper-free"));
    }
}
