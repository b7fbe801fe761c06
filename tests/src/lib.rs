//! Tests of the crates together, through their public API.
