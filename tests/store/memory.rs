//! The store within a process.

use dumper::store::MemoryStore;

/// Makes each check a test, in a module for its topic.
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

dumper::acceptance_checks!(tests);

fn check(check: &str) {
    crate::run(check, async || {
        let store = MemoryStore::new(64 << 20);
        (store.clone(), store)
    });
}
