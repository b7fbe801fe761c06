//! The crates together, through their public API.

#![allow(
    clippy::similar_names,
    clippy::unwrap_used,
    reason = "all of this is a test, of sites and sizes"
)]

mod ancestor;
mod derive;
mod hostile;
mod logs;
mod memory;
mod observe;
mod overlaps;
mod parlour;
mod paths;
mod scopes;
mod site;
mod statements;
mod trouble;
mod visitors;
mod writes;

use dumper_tests::{alone, client as http};
