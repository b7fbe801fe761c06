//! The acceptance suite of `dumper`, on each store there is, and on stores that do
//! not keep what they promise: each of those has to fail.

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

mod memory;
mod mistakes;
mod redis;

/// Runs a check, with as many threads as two processes would have.
fn run<S: Store>(check: &str, stores: impl AsyncFn() -> (S, S)) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made")
        .block_on(dumper::acceptance::run(check, stores));
}
