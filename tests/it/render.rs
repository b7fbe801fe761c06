//! One render at a time for a page, and nobody waits in vain.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::{Next, from_fn};
use actix_web::rt::{spawn, task::JoinHandle};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Error, HttpResponse, HttpServer};
use bytes::Bytes;
use dumper::Cache;
use dumper_actix::Dumper;
use futures::StreamExt;
use futures::future::join_all;
use futures::stream::{once, pending};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

use crate::alone::alone;
use crate::http::{Answer, request, send};

/// Counts up, and lets one wait for a number.
struct Counter {
    count: AtomicUsize,
    changed: Notify,
}

impl Counter {
    const fn new() -> Self {
        Self {
            count: AtomicUsize::new(0),
            changed: Notify::const_new(),
        }
    }

    fn up(&self) -> usize {
        let count = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        self.changed.notify_waiters();
        count
    }

    fn now(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    async fn until(&self, count: usize) {
        let counted = async {
            loop {
                let changed = self.changed.notified();
                if self.now() >= count {
                    return;
                }
                changed.await;
            }
        };
        in_time(counted).await;
    }
}

/// What takes longer waits for ever.
async fn in_time<F: Future>(future: F) -> F::Output {
    let ended = timeout(Duration::from_mins(1), future).await;
    ended.expect("nobody waits for ever")
}

/// Requests that the server has, and that stand still: in a render, or waiting
/// for one.
static STANDING: Counter = Counter::new();
/// Renders that have begun.
static BEGUN: Counter = Counter::new();
/// Renders that were given up.
static CANCELLED: Counter = Counter::new();
/// Lets renders end.
static END: Semaphore = Semaphore::const_new(0);

/// Begins a render, and ends it when the test says so.
async fn render() -> usize {
    struct Cancelled(bool);

    impl Drop for Cancelled {
        fn drop(&mut self) {
            if self.0 {
                CANCELLED.up();
            }
        }
    }

    let number = BEGUN.up();
    let mut cancelled = Cancelled(true);
    END.acquire().await.unwrap().forget();
    cancelled.0 = false;
    number
}

/// Sees every request before the cache does.
async fn watch(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut answer = pin!(next.call(req));
    let at_once = poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx))).await;
    if let Poll::Ready(answer) = at_once {
        return answer;
    }
    STANDING.up();
    answer.await
}

/// Starts a site of which nothing else makes a request stand still.
fn start(dumper: Dumper, half_closed: bool, routes: fn(&mut ServiceConfig)) -> SocketAddr {
    let server = HttpServer::new(move || {
        App::new()
            .configure(routes)
            .wrap(dumper.clone())
            .wrap(from_fn(watch))
    });
    let server = server
        .workers(2)
        .h1_allow_half_closed(half_closed)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
    let addr = server.addrs()[0];
    spawn(server.run());
    addr
}

/// A site where nobody stops waiting because it takes long.
fn site(routes: fn(&mut ServiceConfig)) -> SocketAddr {
    let cache = Cache::builder().wait(Duration::from_hours(1)).build();
    start(Dumper::new(cache), true, routes)
}

fn page(routes: &mut ServiceConfig) {
    let page = async || format!("render {}", render().await);
    routes.route("/page/", web::get().to(page));
}

fn visitors(addr: SocketAddr, count: usize) -> Vec<JoinHandle<Answer>> {
    let visitor = || async move { request(addr, "GET", "/page/", &[], b"").await };
    (0..count).map(|_| spawn(visitor())).collect()
}

async fn answers(visitors: Vec<JoinHandle<Answer>>) -> Vec<Answer> {
    let answers = in_time(join_all(visitors)).await;
    answers.into_iter().map(Result::unwrap).collect()
}

/// A visitor who leads the render of the page.
async fn leader(addr: SocketAddr) -> TcpStream {
    let leader = send(addr, "GET", "/page/", &[], b"").await;
    BEGUN.until(1).await;
    leader
}

#[test]
fn two_hundred_visitors_of_a_cold_page_cost_one_render() {
    alone(async || {
        let addr = site(page);
        let visitors = visitors(addr, 200);
        STANDING.until(200).await;
        assert_eq!(BEGUN.now(), 1);
        END.add_permits(1);
        let answers = answers(visitors).await;
        assert!(answers.iter().all(|answer| answer.text() == "render 1"));
        let stored = answers.iter().filter(|answer| answer.is_stored()).count();
        let hits = answers.iter().filter(|answer| answer.is_hit()).count();
        assert_eq!((stored, hits), (1, 199));
        assert_eq!(BEGUN.now(), 1);
    });
}

#[test]
fn visitors_of_different_pages_do_not_wait_for_each_other() {
    alone(async || {
        let addr = site(page);
        let targets = ["/page/", "/page/?a", "/page/?b", "/%70age/?c"];
        let requests = targets
            .map(|target| spawn(async move { request(addr, "GET", target, &[], b"").await }));
        BEGUN.until(4).await;
        END.add_permits(4);
        let answers = answers(requests.into()).await;
        assert!(answers.iter().all(Answer::is_stored));
    });
}

#[test]
fn when_the_first_visitor_is_cut_off_another_one_renders() {
    alone(async || {
        let addr = site(page);
        let leader = leader(addr).await;
        let visitors = visitors(addr, 20);
        STANDING.until(21).await;
        leader.set_zero_linger().unwrap();
        drop(leader);
        CANCELLED.until(1).await;
        BEGUN.until(2).await;
        END.add_permits(1);
        let answers = answers(visitors).await;
        assert!(answers.iter().all(|answer| answer.text() == "render 2"));
        assert_eq!(BEGUN.now(), 2);
    });
}

#[test]
fn when_the_first_visitor_hangs_up_another_one_renders() {
    alone(async || {
        let dumper = Dumper::new(Cache::builder().build());
        let addr = start(dumper, false, page);
        let leader = leader(addr).await;
        let visitors = visitors(addr, 20);
        STANDING.until(21).await;
        drop(leader);
        CANCELLED.until(1).await;
        BEGUN.until(2).await;
        END.add_permits(1);
        let answers = answers(visitors).await;
        assert!(answers.iter().all(|answer| answer.text() == "render 2"));
    });
}

#[test]
fn the_first_visitor_may_close_its_half_and_still_be_answered() {
    alone(async || {
        let addr = site(page);
        let mut leader = leader(addr).await;
        let visitors = visitors(addr, 20);
        STANDING.until(21).await;
        leader.shutdown().await.unwrap();
        END.add_permits(1);
        let answers = answers(visitors).await;
        assert!(answers.iter().all(|answer| answer.text() == "render 1"));
        assert_eq!((BEGUN.now(), CANCELLED.now()), (1, 0));
    });
}

#[test]
fn when_the_first_render_panics_another_visitor_renders() {
    fn routes(routes: &mut ServiceConfig) {
        let page = async || {
            let number = render().await;
            assert_ne!(number, 1, "the first one is to panic");
            format!("render {number}")
        };
        routes.route("/page/", web::get().to(page));
    }
    alone(async || {
        let addr = site(routes);
        let leader = spawn(async move { request(addr, "GET", "/page/", &[], b"").await });
        BEGUN.until(1).await;
        let visitors = visitors(addr, 20);
        STANDING.until(21).await;
        END.add_permits(1);
        BEGUN.until(2).await;
        END.add_permits(1);
        let answers = answers(visitors).await;
        assert!(answers.iter().all(|answer| answer.text() == "render 2"));
        assert_eq!(leader.await.unwrap().status, 0, "its connection is dropped");
        assert_eq!(BEGUN.now(), 2);
    });
}

/// Twenty visitors of a page that may not be stored: all of them are in the
/// render at the same time, as soon as the first one has shown what it is.
async fn all_render_at_once(routes: fn(&mut ServiceConfig), status: u16) {
    let addr = site(routes);
    let first = visitors(addr, 20);
    STANDING.until(20).await;
    assert_eq!(BEGUN.now(), 1);
    END.add_permits(1);
    BEGUN.until(20).await;
    // Those who come now do not even wait for the first.
    let second = visitors(addr, 20);
    BEGUN.until(40).await;
    END.add_permits(39);
    for answer in answers(first)
        .await
        .into_iter()
        .chain(answers(second).await)
    {
        assert_eq!(answer.status, status);
        assert!(!answer.is_hit() && !answer.is_stored(), "{answer:?}");
    }
    assert_eq!(BEGUN.now(), 40);
}

#[test]
fn visitors_of_a_page_that_is_not_stored_do_not_queue() {
    fn routes(routes: &mut ServiceConfig) {
        let page = async || {
            render().await;
            HttpResponse::Ok()
                .append_header(("Set-Cookie", "id=1"))
                .finish()
        };
        routes.route("/page/", web::get().to(page));
    }
    alone(async || all_render_at_once(routes, 200).await);
}

#[test]
fn visitors_of_a_failing_page_do_not_queue() {
    fn routes(routes: &mut ServiceConfig) {
        let page = async || {
            render().await;
            HttpResponse::new(StatusCode::BAD_GATEWAY)
        };
        routes.route("/page/", web::get().to(page));
    }
    alone(async || all_render_at_once(routes, 502).await);
}

#[test]
fn visitors_of_a_page_that_ends_in_an_error_do_not_queue() {
    fn routes(routes: &mut ServiceConfig) {
        let page = async || {
            render().await;
            Err::<String, Error>(actix_web::error::ErrorNotFound("gone"))
        };
        routes.route("/page/", web::get().to(page));
    }
    alone(async || all_render_at_once(routes, 404).await);
}

#[test]
fn nobody_waits_for_a_body_that_streams() {
    fn routes(routes: &mut ServiceConfig) {
        let page = async || {
            render().await;
            let first = once(async { Ok::<_, Error>(Bytes::from_static(b"first")) });
            HttpResponse::Ok().streaming(first.chain(pending()))
        };
        routes.route("/page/", web::get().to(page));
    }
    alone(async || {
        let addr = site(routes);
        let mut clients = Vec::new();
        for _ in 0..20 {
            clients.push(send(addr, "GET", "/page/", &[], b"").await);
        }
        STANDING.until(20).await;
        assert_eq!(BEGUN.now(), 1);
        END.add_permits(1);
        // The first body never comes to its end.
        BEGUN.until(20).await;
    });
}

#[test]
fn a_client_that_does_not_read_holds_nobody() {
    fn routes(routes: &mut ServiceConfig) {
        let page = async || {
            render().await;
            "x".repeat(12 << 20)
        };
        routes.route("/page/", web::get().to(page));
    }
    alone(async || {
        let cache = Cache::builder().wait(Duration::from_hours(1));
        let cache = cache.max_bytes(1 << 30).build();
        let addr = start(Dumper::new(cache).max_body(16 << 20), true, routes);
        let _never_reads = leader(addr).await;
        let visitors = visitors(addr, 3);
        STANDING.until(4).await;
        END.add_permits(1);
        for answer in answers(visitors).await {
            assert!(answer.is_hit() && answer.complete);
            assert_eq!(answer.body.len(), 12 << 20);
        }
        assert_eq!(BEGUN.now(), 1);
    });
}

#[test]
fn a_head_request_leads_a_whole_render() {
    alone(async || {
        let addr = site(page);
        let leader = send(addr, "HEAD", "/page/", &[], b"").await;
        BEGUN.until(1).await;
        let visitors = visitors(addr, 5);
        STANDING.until(6).await;
        END.add_permits(1);
        let answers = answers(visitors).await;
        assert!(answers.iter().all(|answer| answer.text() == "render 1"));
        drop(leader);
    });
}

#[test]
fn nobody_waits_longer_than_the_cache_allows() {
    alone(async || {
        let cache = Cache::builder().wait(Duration::from_millis(50)).build();
        let addr = start(Dumper::new(cache), true, page);
        let leader = leader(addr).await;
        let visitors = visitors(addr, 3);
        // The first render never ends.
        BEGUN.until(4).await;
        END.close();
        drop((leader, visitors));
    });
}

#[test]
fn a_visitor_after_an_invalidation_does_not_wait_for_the_older_render() {
    alone(async || {
        let cache = Cache::builder().build();
        let addr = start(Dumper::new(cache.clone()), true, page);
        let older = visitors(addr, 1);
        BEGUN.until(1).await;
        cache.invalidate_paths(["/page/"]).await;
        let newer = visitors(addr, 5);
        STANDING.until(6).await;
        assert_eq!(BEGUN.now(), 2, "one of them renders, for all of them");
        END.add_permits(2);
        let older = answers(older).await;
        assert_eq!(older[0].text(), "render 1");
        assert_eq!(older[0].cache(), "fwd=miss; detail=invalidated");
        let newer = answers(newer).await;
        assert!(newer.iter().all(|answer| answer.text() == "render 2"));
        let later = request(addr, "GET", "/page/", &[], b"").await;
        assert_eq!(
            (later.is_hit(), later.text()),
            (true, "render 2".to_owned())
        );
    });
}

#[test]
fn all_workers_share_the_cache_of_the_process() {
    async fn page() -> String {
        format!("{:?}", thread::current().id())
    }
    alone(async || {
        let server = HttpServer::new(|| {
            App::new()
                .wrap(Dumper::default())
                .route("/{number}/", web::get().to(page))
        });
        let server = server
            .workers(4)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .unwrap();
        let addr = server.addrs()[0];
        spawn(server.run());
        let mut made_by = Vec::new();
        for number in 0..16 {
            let answer = request(addr, "GET", &format!("/{number}/"), &[], b"").await;
            assert!(answer.is_stored());
            made_by.push(answer.text());
        }
        let mut threads = made_by.clone();
        threads.sort();
        threads.dedup();
        assert_eq!(threads.len(), 4, "the server gives each worker its turn");
        for _ in 0..5 {
            for (number, made_by) in made_by.iter().enumerate() {
                let answer = request(addr, "GET", &format!("/{number}/"), &[], b"").await;
                assert_eq!((answer.is_hit(), &answer.text()), (true, made_by));
            }
        }
        assert_eq!(Cache::global().stats().paths, 16);
        Cache::global().invalidate_paths(["/7/"]).await;
        for _ in 0..4 {
            let answer = request(addr, "GET", "/8/", &[], b"").await;
            assert!(answer.is_hit());
        }
        let answer = request(addr, "GET", "/7/", &[], b"").await;
        assert!(answer.is_stored());
    });
}
