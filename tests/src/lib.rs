//! Tests of the crates together, through their public API; here is what those
//! tests share.

mod database;
mod server;

pub use database::{Database, Kind};
pub use server::Server;
