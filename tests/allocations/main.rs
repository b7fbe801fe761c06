//! A hit allocates nothing.
//!
//! The allocator of this program counts, for each thread by itself.

#![allow(clippy::unwrap_used, reason = "all of this is a test")]

mod cache;
mod middleware;
mod visit;
