//! A site with a page that gets smaller, and one that does not.

use std::fmt::Write;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::channel;
use std::thread;

use actix_web::web::Path;
use actix_web::{App, HttpResponse, HttpServer, get, rt};
use dumper::Cache;
use dumper_actix::Dumper;

/// Starts a server of one worker, which goes with the process.
pub(crate) fn start() -> io::Result<SocketAddr> {
    let (sender, addr) = channel();
    thread::spawn(move || {
        rt::System::new().block_on(async {
            let dumper = Dumper::new(Cache::builder().build()).compress();
            let app = move || {
                let app = App::new().service(text).service(bytes);
                app.wrap(dumper.clone())
            };
            let server = HttpServer::new(app).workers(1).disable_signals();
            let server = server.bind(("127.0.0.1", 0))?;
            let _ = sender.send(server.addrs()[0]);
            server.run().await
        })
    });
    addr.recv().map_err(io::Error::other)
}

/// Numbers in words, so to speak: what compresses about as well as a page does.
#[get("/text/{letters}/")]
async fn text(letters: Path<usize>) -> HttpResponse {
    let mut random = fastrand::Rng::with_seed(1);
    let mut page = String::new();
    while page.len() < *letters {
        let _ = writeln!(
            page,
            "<li class=\"flavor\"><a href=\"/flavors/{0}/\">{0}</a></li>",
            random.u32(..)
        );
    }
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(page)
}

/// The same headers, but for the coding that it does not come in.
#[get("/bytes/{count}/")]
async fn bytes(count: Path<usize>) -> HttpResponse {
    let mut random = fastrand::Rng::with_seed(1);
    let page: Vec<u8> = (0..*count).map(|_| random.u8(..)).collect();
    HttpResponse::Ok()
        .content_type("image/png; charset=utf-8")
        .insert_header(("X-Vary", "Accept-Encoding"))
        .insert_header(("X-Content-Coding", "none"))
        .body(page)
}
