//! Actix Web middleware for the [`dumper`](::dumper) page cache.
//!
//! Wrap the app in a [`Dumper`], and every page that all visitors share is
//! rendered once, and again after a write that changes it:
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use dumper_actix::Dumper;
//!
//! # async fn home() -> &'static str { "" }
//! # async fn run() -> std::io::Result<()> {
//! HttpServer::new(|| App::new().wrap(Dumper::default()).route("/", web::get().to(home)))
//!     .bind(("127.0.0.1", 8080))?
//!     .run()
//!     .await
//! # }
//! ```
//!
//! What is stored and what is not, see [`Dumper`]. How writes are told to the
//! cache, see the [`dumper`](::dumper) crate.
//!
//! # Features
//!
//! Both are on by default.
//!
//! - `compress`: `Dumper::compress` sends pages in Brotli, Zstandard or gzip. It
//!   needs a C compiler.
//! - `session`: nothing is stored of a visitor whose `actix-session` (0.11) holds
//!   something or was changed, wherever its middleware stands.

mod accepted;
mod answer;
mod body;
mod client;
#[cfg(feature = "compress")]
mod coding;
#[cfg(feature = "compress")]
mod compress;
mod compressible;
mod conditions;
mod cookies;
mod date;
mod directives;
mod dumper;
mod fields;
mod freshness;
mod glance;
mod hit;
mod hosts;
mod location;
mod meanings;
mod middleware;
mod names;
mod origin;
mod policy;
mod query;
mod range;
mod render;
mod representation;
mod request;
mod response;
#[cfg(feature = "session")]
mod session;
mod status;
mod statuses;
mod target;
mod targeted;
mod what;

pub use crate::body::Body;
pub use crate::dumper::{BrowserCache, Dumper};
pub use crate::middleware::DumperMiddleware;
pub use crate::query::Query;
pub use crate::statuses::NotCacheable;
