//! Small sites on a real server, for tests to try.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_http::{Request, Response};
use actix_service::IntoServiceFactory;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceFactory};
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Error, HttpResponse, HttpServer, Route};
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::client::{self, Answer};

/// Header fields, by name and value.
pub(crate) type Headers = &'static [(&'static str, &'static str)];

static RENDERS: AtomicUsize = AtomicUsize::new(0);

/// A running site, and the cache that it has.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) cache: Cache,
    pub(crate) addr: SocketAddr,
}

impl Site {
    /// Starts a site with these routes behind the middleware in its default
    /// setting.
    pub(crate) fn start(routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> Self {
        Self::with(|dumper| dumper, routes)
    }

    /// Starts a site with these routes behind the middleware in some setting.
    pub(crate) fn with(
        set: impl FnOnce(Dumper) -> Dumper,
        routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Self {
        let cache = Cache::builder().build();
        let dumper = set(Dumper::new(cache.clone()));
        let addr = serve(move || {
            App::new()
                .wrap(dumper.clone())
                .configure(|config| routes(config))
        });
        Self { cache, addr }
    }

    /// Starts a site with one [page] at `/page/`.
    pub(crate) fn with_page(headers: Headers) -> Self {
        Self::start(move |routes| {
            routes.route("/page/", page(200, headers));
        })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[]).await
    }

    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        client::request(self.addr, method, path, headers, b"").await
    }
}

/// Serves an app, with whatever it is wrapped in, on a free port.
pub(crate) fn serve<F, A, S, B>(app: F) -> SocketAddr
where
    F: Fn() -> A + Clone + Send + 'static,
    A: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error>,
    S::InitError: Debug,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    let server = HttpServer::new(app)
        .workers(2)
        // Nobody is to close a connection because the machine has much to do.
        .client_request_timeout(Duration::ZERO)
        .keep_alive(Duration::from_mins(2))
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
    let addr = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    addr
}

/// A page with these headers, of which no two renders are alike.
pub(crate) fn page(status: u16, headers: Headers) -> Route {
    web::route().to(move || async move {
        let mut res = HttpResponse::build(StatusCode::from_u16(status).unwrap());
        for header in headers {
            res.append_header(*header);
        }
        res.body(render())
    })
}

/// A text that no other render has.
pub(crate) fn render() -> String {
    format!("render {}", RENDERS.fetch_add(1, Ordering::SeqCst) + 1)
}
