//! Invalidations while pages are rendered and stored.

use std::sync::Arc;

use futures::FutureExt as _;
use shuttle::scheduler::DfsScheduler;
use shuttle::thread;

use super::*;

/// Visitors store pages while the row is written, and each write is followed by an
/// invalidation.
pub(super) fn fills_race_invalidations<S: Shell>(shell: S, invalidate: fn(&S)) {
    let (shell, row) = (Arc::new(shell), Arc::new(Row::default()));
    let visitors = (0..2).map(|_| {
        let (shell, row) = (Arc::clone(&shell), Arc::clone(&row));
        thread::spawn(move || {
            visit(&*shell, &row, &key("/a/"));
            visit(&*shell, &row, &key("/a/"));
        })
    });
    let visitors: Vec<_> = visitors.collect();
    for _ in 0..2 {
        let version = row.write();
        invalidate(&shell);
        row.promise(version);
    }
    for visitor in visitors {
        visitor.join().unwrap();
    }
    visit(&*shell, &row, &key("/a/"));
}

#[test]
fn no_fill_outlives_the_invalidation_of_its_path() {
    explore(|| {
        fills_race_invalidations(cache(), |cache| {
            let done = cache.invalidate_paths(["/a/"]).now_or_never();
            done.unwrap();
        });
    });
}

#[test]
fn no_fill_outlives_the_invalidation_of_its_tag() {
    explore(|| {
        fills_race_invalidations(cache(), |cache| {
            cache.invalidate_tag(TAG).now_or_never().unwrap();
        });
    });
}

#[test]
fn no_fill_outlives_the_invalidation_of_everything() {
    explore(|| {
        fills_race_invalidations(cache(), |cache| {
            cache.invalidate_all().now_or_never().unwrap();
        });
    });
}

#[test]
fn no_fill_outlives_a_write_to_its_row() {
    explore(|| fills_race_invalidations(cache(), |cache| cache.invalidate(kin("/a/"))));
}

#[test]
fn no_fill_outlives_a_write_to_its_entity() {
    explore(|| fills_race_invalidations(cache(), |cache| cache.invalidate(ENTITY.reach())));
}

#[test]
fn one_fill_and_one_invalidation_under_all_schedules() {
    let schedules = run(DfsScheduler::new(None, false), || {
        let process = Arc::new(Process::new(|| *START));
        let (cache, row) = (cache_in(&process), Arc::new(Row::default()));
        let lease = Shell::lease(&cache, &key("/a/")).unwrap();
        let visitor = thread::spawn({
            let (cache, row) = (cache.clone(), Arc::clone(&row));
            move || cache.fill(lease, row.render())
        });
        let version = row.write();
        drop(process.invalidate(vec![kin("/a/")], Cause::Call));
        row.promise(version);
        visitor.join().unwrap();
        visit(&cache, &row, &key("/a/"));
    });
    assert!(schedules > 1);
}

#[test]
fn all_caches_of_a_process_are_told_while_they_come_and_go() {
    explore(|| {
        let process = Arc::new(Process::new(clock));
        let row = Arc::new(Row::default());
        let stays = cache_in(&process);
        let goes = cache_in(&process);
        let visitors = [stays.clone(), goes].map(|cache| {
            let row = Arc::clone(&row);
            thread::spawn(move || {
                visit(&cache, &row, &key("/a/"));
                visit(&cache, &row, &key("/a/"));
            })
        });
        let comes = thread::spawn({
            let (process, row) = (Arc::clone(&process), Arc::clone(&row));
            move || {
                let cache = cache_in(&process);
                visit(&cache, &row, &key("/a/"));
                visit(&cache, &row, &key("/a/"));
                cache
            }
        });
        let version = row.write();
        drop(process.invalidate(vec![kin("/a/")], Cause::Call));
        row.promise(version);
        for visitor in visitors {
            visitor.join().unwrap();
        }
        let came = comes.join().unwrap();
        visit(&stays, &row, &key("/a/"));
        visit(&came, &row, &key("/a/"));
    });
}

/// A lease is void in all caches if it is in one, but a page that is stored is
/// dropped only where it was asked for.
#[test]
fn an_invalidation_by_hand_leaves_other_caches_alone() {
    explore(|| {
        let process = Arc::new(Process::new(clock));
        let row = Arc::new(Row::default());
        let [one, other] = [cache_in(&process), cache_in(&process)];
        visit(&other, &row, &key("/a/"));
        let visitor = thread::spawn({
            let (one, row) = (one.clone(), Arc::clone(&row));
            move || visit(&one, &row, &key("/a/"))
        });
        let version = row.write();
        one.invalidate_paths(["/a/"]).now_or_never().unwrap();
        visitor.join().unwrap();
        if let Some(page) = Shell::select(&one, &key("/a/")) {
            assert_new(&page, version);
        }
        assert!(Shell::select(&other, &key("/a/")).is_some());
    });
}
