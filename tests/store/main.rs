//! The acceptance suite of `dumper`, on each store there is, and on stores that do
//! not keep what they promise: each of those has to fail. And what a cache makes of
//! a store that it shares.

#![allow(clippy::unwrap_used, reason = "all of this is a test")]

use dumper::store::Store;

/// Makes each check of the suite a test, by a function `check` that takes its name.
macro_rules! tests {
    ($($topic:ident: $($check:ident)*;)*) => {$(
        mod $topic {
            $(
                #[test]
                fn $check() {
                    super::check(concat!(stringify!($topic), "::", stringify!($check)));
                }
            )*
        }
    )*};
}

mod acts;
mod cancelled;
mod faulty;
#[path = "../it/logs.rs"]
mod logs;
mod memory;
mod middleware;
mod mistakes;
mod moved;
mod near;
mod order;
mod redis;
mod renewal;
mod rows;
mod strict;
mod thread;
mod undelivered;
mod waiting;

/// Runs a check, with as many threads as two processes would have.
fn run<S: Store>(check: &str, stores: impl AsyncFn() -> (S, S)) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made")
        .block_on(dumper::acceptance::run(check, stores));
}
