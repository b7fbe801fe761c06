//! One render at a time for a page, and nobody waits in vain.

mod bounds;
mod leaders;
mod unstored;
mod vary;
mod writes;

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
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer};
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

use dumper_tests::alone::alone;
use dumper_tests::client::{Answer, request, send};

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
