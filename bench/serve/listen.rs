//! A server as all Actix apps here have it.

use std::io::{self, Write};
use std::net::SocketAddr;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, Error, HttpServer};

/// Serves an app on a free port, and tells which.
pub(crate) async fn listen<A, T, B>(app: A, workers: usize) -> io::Result<()>
where
    A: Fn() -> App<T> + Clone + Send + 'static,
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    let server = HttpServer::new(app)
        .workers(workers)
        .tcp_nodelay(true)
        .shutdown_timeout(0)
        .bind(("127.0.0.1", 0))?;
    for addr in server.addrs() {
        tell(addr)?;
    }
    server.run().await
}

/// Tells whoever started this where it listens.
pub(crate) fn tell(addr: SocketAddr) -> io::Result<()> {
    writeln!(io::stdout(), "{addr}")
}
