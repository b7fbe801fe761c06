//! Pairs of requests that have to do with each other, as an attacker and a victim
//! may send them: whatever the first is, the second is answered as by an app that
//! has no cache.
//!
//! A pair is made of bytes, by the seed of a run or by a fuzzer, and sent to a
//! real app and router, but without sockets.

#![allow(clippy::missing_panics_doc, reason = "a check fails by a panic")]

mod answer;
mod app;
mod choices;
mod fields;
mod pair;
mod request;
mod run;
mod setting;
mod shrink;
mod site;
mod spelling;
mod target;
mod trial;
mod verdict;

pub use answer::Answer;
pub use app::routes;
pub use pair::Pair;
pub use run::{Tally, run};
pub use setting::Setting;
pub use site::{App, Site, app};
pub use trial::{Outcome, Trial};
