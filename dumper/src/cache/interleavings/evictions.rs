//! Pages that go to make room, or for a newer one, and the names they leave.

use std::sync::Arc;

use shuttle::thread;

use super::*;

/// Stores more pages of one tag than there is room for, some of them twice, and
/// invalidates the tag once on the way and once at the end.
pub(super) fn replaced_and_evicted<S: Shell>(shell: S) -> Arc<S> {
    let (shell, row) = (Arc::new(shell), Arc::new(Row::default()));
    let fillers = [["/a/", "/b/", "/c/"], ["/a/", "/d/", "/e/"]].map(|paths| {
        let (shell, row) = (Arc::clone(&shell), Arc::clone(&row));
        thread::spawn(move || {
            for path in paths {
                if let Some(lease) = shell.lease(&key(path)) {
                    shell.fill(lease, row.render());
                }
            }
        })
    });
    shell.invalidate(Reach::Tag(TAG.into()));
    for filler in fillers {
        filler.join().unwrap();
    }
    let paths = shell.paths();
    // Of each its kin, and of all of them the tag.
    let names = paths + usize::from(paths > 0);
    assert_eq!(shell.names(), names, "names of {paths} paths");
    shell.invalidate(Reach::Tag(TAG.into()));
    assert_eq!(shell.paths(), 0, "pages of the tag");
    assert_eq!(shell.names(), 0, "names of no page");
    shell
}

#[test]
fn the_index_knows_the_pages_there_are_and_no_others() {
    // Counts through all schedules, so it is none of shuttle's.
    use std::sync::atomic::{AtomicU64, Ordering};
    let evicted = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&evicted);
    explore(move || {
        let cache = replaced_and_evicted(cache());
        counted.fetch_add(cache.stats().evicted, Ordering::Relaxed);
    });
    assert_ne!(evicted.load(Ordering::Relaxed), 0, "there was room for all");
}
