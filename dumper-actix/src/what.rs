//! What the log says that a request asks for.

use std::fmt;

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use dumper::Key;

/// What a request asks for; written only if somebody reads it.
#[derive(Debug)]
pub(crate) struct What {
    pub(crate) method: Method,
    pub(crate) key: Key,
}

impl What {
    pub(crate) fn of(req: &ServiceRequest, key: Key) -> Self {
        Self {
            method: req.method().clone(),
            key,
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, key } = self;
        let path = key.path();
        write!(
            f,
            "path \"{path}\" with method \"{method}\" as key \"{key}\""
        )
    }
}
