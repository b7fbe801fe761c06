//! `#[derive(Dumped)]` and `#[dumper::behavior]` in every format of an entity.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "tests, and entities as a user would write them"
)]

mod behavior;
mod columns;
mod compact;
mod compact_model;
mod custom;
mod dense;
mod expanded;
mod generated;
