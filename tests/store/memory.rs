//! The store within a process.

use dumper::store::MemoryStore;

dumper::acceptance_checks!(tests);

fn check(check: &str) {
    crate::run(check, async || {
        let store = MemoryStore::new(64 << 20);
        (store.clone(), store)
    });
}
