//! Shares the pages of the `dumper` cache among processes and machines by Redis.

mod builder;
mod changes;
mod frame;
mod generations;
mod hex;
mod hints;
mod keys;
mod line;
mod random;
mod redis;
mod registry;
mod release;
mod reply;
mod scripts;
mod see;
mod stamp;
mod wire;

#[cfg(test)]
mod tests;

pub use crate::builder::Builder;
pub use crate::line::ConnectError;
pub use crate::redis::Redis;
