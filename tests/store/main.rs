//! The acceptance suite of `dumper`, on each store there is, and on stores that do
//! not keep what they promise: each of those has to fail.

mod memory;

/// Runs a check, with as many threads as two processes would have.
fn run<S: dumper::store::Store>(check: &str, stores: impl AsyncFn() -> (S, S)) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made")
        .block_on(dumper::acceptance::run(check, stores));
}
