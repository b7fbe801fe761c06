//! Response bodies, and keeping a copy of one as it streams.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use actix_web::body::{BodySize, EitherBody, MessageBody};
use bytes::Bytes;
use dumper::Lease;
use log::debug;
use pin_project_lite::pin_project;

use crate::response::Head;
use crate::what::What;

/// The body of a response that went through the middleware: one that streams, or
/// the bytes of a page.
pub type Body<B> = EitherBody<Streaming<B>, Bytes>;

pin_project! {
    /// A body that goes by as it comes, while a copy is kept for the cache.
    #[derive(Debug)]
    pub struct Streaming<B> {
        #[pin]
        body: Option<B>,
        // In a box, so that bodies without one are small.
        copy: Option<Box<Copy>>,
    }
}

/// The page that a body makes once it has come to its end.
#[derive(Debug)]
pub(crate) struct Copy {
    lease: Lease,
    head: Head,
    /// Not the chunks: each may hold on to more memory than it has bytes.
    body: Vec<u8>,
    size: BodySize,
    max: usize,
    what: What,
}

impl Copy {
    pub(crate) fn new(lease: Lease, head: Head, max: usize, what: What) -> Self {
        Self {
            lease,
            head,
            body: Vec::new(),
            size: BodySize::Stream,
            max,
            what,
        }
    }

    /// Keeps a chunk. Returns whether it is worth going on: the body may be too large,
    /// or stale.
    fn keep(&mut self, chunk: &Bytes) -> bool {
        let fits = chunk.len() <= self.max - self.body.len();
        if !fits || !self.lease.copy(chunk.len()) {
            debug!(target: "dumper::middleware", "not stored: {} because there is no room for its body, or it is stale", self.what);
            return false;
        }
        self.body.extend_from_slice(chunk);
        true
    }

    fn is_complete(&self) -> bool {
        matches!(self.size, BodySize::Sized(size) if size == self.body.len() as u64)
    }

    /// Stores the page. It is there at once if it is stored in memory alone; nobody
    /// waits for a store.
    fn fill(self) {
        let fill = async move {
            let body = self.body.into_boxed_slice();
            match self.lease.fill(self.head.with_body(body.into())).await {
                Ok(_) => debug!(target: "dumper::middleware", "stored: {}", self.what),
                Err(err) => {
                    debug!(target: "dumper::middleware", "not stored: {} because {err}", self.what);
                }
            }
        };
        let mut fill = Box::pin(fill);
        let mut nobody = Context::from_waker(Waker::noop());
        if fill.as_mut().poll(&mut nobody).is_pending() {
            actix_web::rt::spawn(fill);
        }
    }
}

impl<B: MessageBody> Streaming<B> {
    pub(crate) fn untouched(body: B) -> Self {
        Self {
            body: Some(body),
            copy: None,
        }
    }

    /// No body at all, not even an empty one.
    pub(crate) fn none() -> Self {
        Self {
            body: None,
            copy: None,
        }
    }

    pub(crate) fn copied(body: B, mut copy: Copy) -> Self {
        copy.size = body.size();
        // An empty body is not polled at all.
        let copy = if copy.is_complete() {
            copy.fill();
            None
        } else {
            Some(Box::new(copy))
        };
        Self {
            body: Some(body),
            copy,
        }
    }
}

impl<B: MessageBody> MessageBody for Streaming<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.as_ref().map_or(BodySize::None, MessageBody::size)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        let Some(body) = this.body.as_pin_mut() else {
            return Poll::Ready(None);
        };
        let chunk = ready!(body.poll_next(cx));
        match &chunk {
            Some(Ok(chunk)) => {
                let _ = this.copy.take_if(|copy| !copy.keep(chunk));
                // A body of known size is not polled again after its last byte.
                if let Some(copy) = this.copy.take_if(|copy| copy.is_complete()) {
                    copy.fill();
                }
            }
            // Cut short: the lease is given back.
            Some(Err(_)) => *this.copy = None,
            None => {
                let copy = this.copy.take();
                if let Some(copy) = copy.filter(|copy| !matches!(copy.size, BodySize::Sized(_))) {
                    copy.fill();
                }
            }
        }
        Poll::Ready(chunk)
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let Self { body, copy } = self;
        let Some(body) = body else {
            return Ok(Bytes::new());
        };
        body.try_into_bytes().map_err(|body| Self {
            body: Some(body),
            copy,
        })
    }
}
