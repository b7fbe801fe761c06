//! The crates together, through their public API.

mod alone;
mod derive;
mod http;
mod logs;
mod site;
mod writes;
