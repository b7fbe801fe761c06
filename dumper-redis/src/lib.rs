//! Shares the pages of the `dumper` cache among processes and machines by Redis.

#[allow(dead_code, unused_imports, reason = "its callers come next")]
mod line;

pub use crate::line::ConnectError;
