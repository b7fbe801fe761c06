//! Shares the pages of the `dumper` cache among processes and machines by Redis, or
//! Valkey.
//!
//! A page that one process has rendered is served by all of them, and a write by any
//! of them drops it for all. When the write is done, no process answers a later
//! request with an older page, whatever becomes of Redis meanwhile: what cannot be
//! known to be true is rendered.
//!
//! # Example
//!
//! ```no_run
//! use dumper_redis::Redis;
//!
//! # async fn connect() -> Result<Redis, dumper_redis::ConnectError> {
//! let redis = Redis::builder("redis://127.0.0.1")
//!     .namespace("parlour.")
//!     .connect()
//!     .await?;
//! # Ok(redis)
//! # }
//! ```
//!
//! # How pages are kept true
//!
//! All pages of a path and its kin are one hash, with a random *token* that was put
//! there before the first of them was rendered. To drop them is to unlink the hash; a
//! render that began before finds no token, or another one, and is not stored. Since
//! pages and token are one key, they are also evicted, expired, flushed and lost
//! together.
//!
//! Tags, entities and all pages have random *generations* in a hash of their own. A
//! page bears those that it was rendered under, and is true while they are the same;
//! so a tag of any number of pages is dropped by one small write.
//!
//! Each token and the generation of all begin with the *replication id* of the server,
//! which changes whenever the server starts or is promoted: data that comes back from a
//! disk or a replica may lack an invalidation, and none of it is believed. The id and
//! the generations are asked for in the same round trip, unless a connection has been
//! told them within 50 ms and the server has not said that anything has changed since.
//! An invalidation in a history that the process sees for the first time takes 100 ms,
//! so that nobody believes in the one before any more.
//!
//! A writer's *fence* is a mark with a deadline, by the clock of the server. Nobody is
//! given a lease where one stands.
//!
//! # The server
//!
//! Redis 6 or newer is needed. Redis is a cache here: neither persistence nor replicas
//! are of use, as nothing outlives them. Give it a limit, and let it evict any key
//! (`maxmemory-policy allkeys-lfu` or `allkeys-lru`); pages have no time to live, so
//! the `volatile-*` policies would evict none. With `noeviction` nothing is wrong, but
//! soon nothing more is stored.
//!
//! The user needs these rights, on keys of the namespace alone:
//!
//! ```text
//! ACL SETUSER dumper on >password ~dumper.cached_path.* +@read +@write -@dangerous +@scripting +info +time +ping +client|tracking +client|caching
//! ```
//!
//! Without the last two the server is asked who it is at every hit.
//! In a cluster `+cluster|slots` as well, and `+select` if the URL has the number
//! of a database.
//!
//! # What it does not promise
//!
//! - While two servers both hold themselves for the primary (a split brain), each has
//!   pages and invalidations of its own.
//! - A machine that is paused for longer than 50 ms, clocks and all, and then goes on,
//!   may believe a server that has lost and regained its role in that time.
//! - A fence that Redis loses, by eviction or `FLUSHALL`, stands again when its writer
//!   renews it; until then a page may be rendered and stored that the end of the write
//!   drops. Only if the writer dies as well is it not dropped.
//! - Pages of applications that share a namespace are one application's.
//!
//! # Features
//!
//! | feature | for |
//! |---|---|
//! | `tls` | `rediss://` URLs, by rustls and the certificates that the system trusts |

mod builder;
mod changes;
mod fill;
mod find;
mod frame;
mod generations;
mod hex;
mod hints;
mod keys;
mod lease;
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

#[cfg(test)]
mod model;
