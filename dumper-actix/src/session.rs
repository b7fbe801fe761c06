//! Whether a visitor has a session of `actix-session`.
//!
//! Its middleware keeps the session in the extensions of the request, in a place
//! that whoever asks first makes: one that holds nothing is the same as none. It
//! fills the session on the way in, and *empties* it on the way out, so that once
//! it has answered, nothing tells of a session that was only read.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_session::{Session, SessionExt, SessionStatus};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::{HttpMessage, HttpRequest};
use bytes::Bytes;
use futures::Stream;

/// Whether a middleware further out has put something into the session.
pub(crate) fn holds_something(req: &HttpRequest) -> bool {
    holds(&req.get_session())
}

/// Looks at the session once more while the request is answered further in.
pub(crate) fn watch(req: &mut ServiceRequest) {
    let held = Rc::new(Cell::new(true));
    let lookout = Lookout {
        session: req.get_session(),
        held: Rc::clone(&held),
    };
    req.extensions_mut().insert(Watched(held));
    req.set_payload(Payload::Stream {
        payload: Box::pin(lookout),
    });
}

/// Whether the session of a request that is [watched](watch) holds something,
/// held something while it was answered, or has been changed.
pub(crate) fn held_something(req: &HttpRequest) -> bool {
    let watched = req.extensions().get::<Watched>().map(|held| held.0.get());
    watched.unwrap_or(true) || holds_something(req)
}

fn holds(session: &Session) -> bool {
    session.status() != SessionStatus::Unchanged || !session.entries().is_empty()
}

/// Whether the session held something when it was looked at; so it is taken to
/// until then.
struct Watched(Rc<Cell<bool>>);

/// An empty request body. Whoever answers a request drops its body, and that is
/// between the two moments at which the session is filled and emptied.
struct Lookout {
    session: Session,
    held: Rc<Cell<bool>>,
}

impl Stream for Lookout {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(None)
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        self.held.set(holds(&self.session));
    }
}
