//! The line against real servers.

mod exchange;
mod log;
mod proxy;
mod server;
mod trouble;
