//! Writes whose end nobody saw, and the time that passes.

use std::sync::Arc;

use shuttle::thread;

use super::*;
use crate::process::FENCE_DEADLINE;

/// A write is cancelled after its statement was sent. It has moved the row to a
/// path that its fence does not know, so that pages of it are stored meanwhile,
/// and nothing drops those but the deadline.
pub(super) fn a_deadline_passes(shell: impl Shell) {
    let (shell, row) = (Arc::new(shell), Arc::new(Row::default()));
    let visitors = (0..2).map(|_| {
        let (shell, row) = (Arc::clone(&shell), Arc::clone(&row));
        thread::spawn(move || {
            visit(&*shell, &row, &key("/new/"));
            visit(&*shell, &row, &key("/new/"));
        })
    });
    let visitors: Vec<_> = visitors.collect();
    shell.raise(Owner::Task(1), vec![kin("/old/")]);
    let version = row.write();
    pass(FENCE_DEADLINE);
    row.promise(version);
    visit(&*shell, &row, &key("/new/"));
    for visitor in visitors {
        visitor.join().unwrap();
    }
}

#[test]
fn no_hit_comes_from_before_an_expired_fence() {
    explore(|| a_deadline_passes(cache()));
}

#[test]
fn no_hit_comes_from_before_an_expired_fence_while_others_are_raised() {
    explore(|| {
        let cache = cache();
        let other = thread::spawn({
            let cache = cache.clone();
            move || {
                cache.raise(Owner::Task(2), vec![kin("/other/")]);
                pass(FENCE_DEADLINE / 2);
                cache.raise(Owner::Task(3), vec![kin("/other/")]);
            }
        });
        a_deadline_passes(cache);
        other.join().unwrap();
    });
}

#[test]
fn nothing_is_stored_under_a_fence_until_its_deadline() {
    explore(|| {
        let (cache, row) = (cache(), Arc::new(Row::default()));
        cache.raise(Owner::Task(1), vec![kin("/a/")]);
        let time = thread::spawn(|| {
            pass(FENCE_DEADLINE / 2);
            pass(FENCE_DEADLINE / 2);
        });
        visit(&cache, &row, &key("/a/"));
        let stored = Shell::select(&cache, &key("/a/")).is_some();
        let has_passed = clock() >= *START + FENCE_DEADLINE;
        assert!(has_passed || !stored, "stored under a fence");
        time.join().unwrap();
        visit(&cache, &row, &key("/a/"));
        assert!(Shell::select(&cache, &key("/a/")).is_some());
    });
}
