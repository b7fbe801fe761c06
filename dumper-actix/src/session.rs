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
    let watched = Watched::default();
    let lookout = Lookout {
        session: req.get_session(),
        watched: watched.clone(),
    };
    req.extensions_mut().insert(watched);
    req.set_payload(Payload::Stream {
        payload: Box::pin(lookout),
    });
}

/// Whether the response to a request that is [watched](watch) is for its visitor
/// alone: because the session holds something, did so while the request was
/// answered, or has been changed; or because nobody could look.
///
/// # Errors
///
/// Returns which of them.
pub(crate) fn check(req: &HttpRequest) -> Result<(), &'static str> {
    if holds_something(req) {
        return Err("session");
    }
    let watched = req.extensions().get::<Watched>().cloned();
    match watched.and_then(|watched| watched.held.get()) {
        Some(false) => Ok(()),
        Some(true) => Err("session"),
        None => Err("request-body"),
    }
}

fn holds(session: &Session) -> bool {
    session.status() != SessionStatus::Unchanged || !session.entries().is_empty()
}

/// Whether the session held something, once it has been looked at.
#[derive(Clone, Default)]
struct Watched {
    held: Rc<Cell<Option<bool>>>,
}

/// An empty request body. Whoever answers a request drops its body, and that is
/// between the two moments at which the session is filled and emptied; unless a
/// middleware further out than that of the session has taken it away.
struct Lookout {
    session: Session,
    watched: Watched,
}

impl Stream for Lookout {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(None)
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        self.watched.held.set(Some(holds(&self.session)));
    }
}
