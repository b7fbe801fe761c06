//! Shares the pages of the `dumper` cache among processes and machines by Redis.

#[allow(dead_code, reason = "its callers come next")]
mod line;

pub use crate::line::ConnectError;
