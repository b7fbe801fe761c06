//! How things fail.

pub(crate) mod cluster;
pub(crate) mod eviction;
pub(crate) mod failover;
pub(crate) mod foreign;
pub(crate) mod network;
pub(crate) mod processes;
pub(crate) mod restart;
pub(crate) mod rights;
