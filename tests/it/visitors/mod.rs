//! What keeps visitors apart, and what the cache tells them.

mod left_out;
mod lifetime;
mod selected;
mod served;
mod stored;
mod told;

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, Route, web};
use bytes::Bytes;
use futures::stream::unfold;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::site::Site;

type Headers = &'static [(&'static str, &'static str)];
type Chunk = Result<Bytes, io::Error>;

static RENDERS: AtomicUsize = AtomicUsize::new(0);

/// No two renders are alike.
fn render() -> String {
    format!("render {}", RENDERS.fetch_add(1, Ordering::SeqCst) + 1)
}

fn page(status: u16, headers: Headers) -> Route {
    web::route().to(move || async move {
        let mut res = HttpResponse::build(StatusCode::from_u16(status).unwrap());
        for header in headers {
            res.append_header(*header);
        }
        res.body(render())
    })
}

/// A site with a page at `/page/`.
async fn site_with_page(headers: Headers) -> Site {
    let site = Site::setup().routes(move |routes| {
        routes.route("/page/", page(200, headers));
    });
    site.start().await
}

static BODIES: Mutex<Vec<UnboundedReceiver<Chunk>>> = Mutex::new(Vec::new());

/// The next body of `/stream/`, to be sent by the test.
fn next_body() -> UnboundedSender<Chunk> {
    let (sender, receiver) = unbounded_channel();
    BODIES.lock().unwrap().push(receiver);
    sender
}

async fn site_with_stream() -> Site {
    async fn stream() -> HttpResponse {
        let body = BODIES.lock().unwrap().pop().unwrap();
        HttpResponse::Ok().streaming(unfold(body, |mut body| async {
            Some((body.recv().await?, body))
        }))
    }
    let site = Site::setup().routes(|routes| {
        routes.route("/stream/", web::get().to(stream));
    });
    site.start().await
}
