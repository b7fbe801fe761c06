//! Tests of the crates together, through their public API; here is what those
//! tests share.

pub mod alone;
pub mod client;
mod database;
pub mod headers;
pub mod http;
pub mod pairs;
mod proxy;
pub mod redis;
pub mod row;
mod server;
pub mod templates;

pub use database::{Database, Kind};
pub use proxy::Proxy;
pub use server::Server;
