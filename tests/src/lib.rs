//! Tests of the crates together, through their public API; here is what those
//! tests share.

pub mod alone;
pub mod client;
mod database;
pub mod headers;
pub mod pairs;
pub mod redis;
mod server;
pub mod templates;

pub use database::{Database, Kind};
pub use server::Server;
