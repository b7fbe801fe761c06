//! The line against real servers.

mod cluster;
mod exchange;
mod lanes;
mod log;
mod proxy;
pub(crate) mod server;
#[cfg(feature = "tls")]
mod tls;
mod trouble;
mod views;
