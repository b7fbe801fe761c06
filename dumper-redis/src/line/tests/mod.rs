//! The line against real servers.

mod cluster;
mod exchange;
mod log;
mod proxy;
mod server;
mod trouble;
