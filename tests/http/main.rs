//! What the cache owes to HTTP, on a real server and without a database.

#![allow(clippy::unwrap_used, reason = "all of this is a test")]

mod bodies;
mod hostile;
mod keys;
mod neighbors;
mod renders;
mod serving;
mod sessions;
mod site;
mod storing;
mod variants;
