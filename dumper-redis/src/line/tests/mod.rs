//! The line against real servers.

mod exchange;
mod server;
