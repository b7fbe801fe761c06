//! What the pieces of dumper cost, each alone, in time and in allocations.
//!
//! The times are those of this machine at this moment. To compare two states of the
//! code, count instructions as CONTRIBUTING.md tells.

mod entities;
mod fills;
mod hits;
mod invalidations;
mod keys;
#[path = "../pages.rs"]
mod pages;
mod saves;
mod sections;
#[path = "../zipf.rs"]
mod zipf;

use divan::AllocProfiler;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}
