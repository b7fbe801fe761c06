//! The crates together, through their public API.

mod alone;
mod ancestor;
mod derive;
mod http;
mod logs;
mod memory;
mod parlour;
mod paths;
mod render;
mod scopes;
mod site;
mod trouble;
mod visitors;
mod writes;
