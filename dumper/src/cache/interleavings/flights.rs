//! One render at a time: who renders, who waits, and what becomes of those who
//! wait.
//!
//! Visitors are tasks of shuttle's executor inside a runtime of tokio whose time
//! nobody drives, so that no wait ends but by its render; a task that can never
//! go on fails the test. One test lets the time pass.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::join_all;
use shuttle::future::{JoinHandle, block_on, spawn};
use shuttle::thread;
use tokio::runtime::{Builder, Runtime};

use super::*;
use crate::cache::Flights;
use crate::cache::flight::{Outcome, Sought, Turn};
use crate::ledger::LeaseId;
use crate::reach::Filing;
use crate::sync::Mutex;

/// What a visitor does who is to render the page.
#[derive(Clone, Copy, Debug)]
enum Render {
    Fill,
    /// It is cancelled, or it panics.
    Drop,
    /// The response may not be stored.
    Decline,
    /// Nobody shall wait for a client that reads slowly.
    Stream,
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

fn explore_in_runtime(test: impl Fn() + Clone + Send + Sync + 'static) {
    let runtime = runtime();
    let _entered = runtime.enter();
    explore(test);
}

/// Returns whether the page was there.
async fn look_up(cache: &Cache, row: &Row, render: Render) -> bool {
    let promised = row.promised();
    match cache.look_up(&key("/a/"), &|_| None).await {
        Lookup::Hit(page) => {
            assert_new(&page, promised);
            return true;
        }
        Lookup::Fenced | Lookup::Unavailable => {}
        Lookup::Miss(mut lease) => match render {
            Render::Fill => cache.fill(lease, row.render()),
            Render::Drop => drop(lease),
            Render::Decline => lease.decline(),
            Render::Stream => {
                lease.stream();
                cache.fill(lease, row.render());
            }
        },
    }
    false
}

/// No render is taken for one under way once it has ended.
fn assert_none_is_under_way(cache: &Cache) {
    assert_eq!(format!("{:?}", cache.flights), "Flights { renders: 0, .. }");
}

fn come(cache: &Cache, row: &Arc<Row>, render: Render) -> JoinHandle<bool> {
    let (cache, row) = (cache.clone(), Arc::clone(row));
    spawn(async move { look_up(&cache, &row, render).await })
}

/// Visitors come together, and more of them when those have gone.
fn visitors_come(renders: &'static [Render]) {
    explore_in_runtime(move || {
        let (cache, row) = (cache(), Arc::new(Row::default()));
        let visitors = renders.iter().map(|&render| come(&cache, &row, render));
        let visitors: Vec<_> = visitors.collect();
        block_on(join_all(visitors));
        assert_none_is_under_way(&cache);
        block_on(look_up(&cache, &row, Render::Fill));
        assert!(block_on(look_up(&cache, &row, Render::Fill)), "not stored");
    });
}

#[test]
fn all_but_one_wait_for_a_render_that_is_stored() {
    explore_in_runtime(|| {
        let (cache, row) = (cache(), Arc::new(Row::default()));
        let visitors = [Render::Fill; 3].map(|render| come(&cache, &row, render));
        let hits = block_on(join_all(visitors));
        let hits = hits.into_iter().filter(|hit| *hit.as_ref().unwrap());
        assert_eq!(hits.count(), 2);
        assert_eq!(cache.stats().stored, 1);
    });
}

#[test]
fn visitors_who_have_pages_of_their_own_wait_for_those() {
    explore_in_runtime(|| {
        let (cache, row) = (cache(), Arc::new(Row::default()));
        let visitors = ["de", "fr", "de", "fr"].map(|language| {
            let (cache, row) = (cache.clone(), Arc::clone(&row));
            spawn(async move {
                let headers = move |_: &str| Some(language.as_bytes().into());
                if let Lookup::Miss(lease) = cache.look_up(&key("/a/"), &headers).await {
                    let language = Some(language.as_bytes().to_vec());
                    let vary = vec![("accept-language".to_owned(), language)];
                    cache.fill(lease, row.render().vary(vary));
                }
            })
        });
        block_on(join_all(visitors));
        assert_none_is_under_way(&cache);
        // One each, and one more of a visitor who came before the first was stored.
        assert!((2..=3).contains(&cache.stats().stored));
    });
}

#[test]
fn nobody_hangs_when_a_render_is_dropped() {
    visitors_come(&[Render::Drop, Render::Drop, Render::Fill]);
}

#[test]
fn nobody_hangs_when_a_page_is_declined() {
    visitors_come(&[Render::Decline, Render::Fill, Render::Decline]);
}

#[test]
fn nobody_hangs_when_a_page_is_streamed() {
    visitors_come(&[Render::Stream, Render::Fill, Render::Drop]);
}

#[test]
fn nobody_hangs_when_those_who_wait_go_away() {
    explore_in_runtime(|| {
        let (cache, row) = (cache(), Arc::new(Row::default()));
        let visitors = [Render::Drop, Render::Fill].map(|render| come(&cache, &row, render));
        let leaves = come(&cache, &row, Render::Fill);
        leaves.abort();
        let _ = look_up(&cache, &row, Render::Drop).now_or_never();
        block_on(join_all(visitors));
        let _ = block_on(leaves);
        assert_none_is_under_way(&cache);
        block_on(look_up(&cache, &row, Render::Fill));
        assert!(block_on(look_up(&cache, &row, Render::Fill)), "not stored");
    });
}

#[test]
fn nobody_hangs_and_no_page_is_old_when_renders_are_refused() {
    explore_in_runtime(|| {
        let (cache, row) = (cache(), Arc::new(Row::default()));
        let visitors = [Render::Fill, Render::Drop, Render::Fill];
        let visitors = visitors.map(|render| come(&cache, &row, render));
        for _ in 0..2 {
            let version = row.write();
            drop(cache.process.invalidate(vec![kin("/a/")], Cause::Call));
            row.promise(version);
        }
        block_on(look_up(&cache, &row, Render::Fill));
        block_on(join_all(visitors));
        assert_none_is_under_way(&cache);
        block_on(look_up(&cache, &row, Render::Fill));
        assert!(block_on(look_up(&cache, &row, Render::Fill)), "not stored");
    });
}

#[test]
fn nobody_waits_for_a_render_that_began_before_a_write() {
    explore_in_runtime(|| {
        let (cache, row) = (cache(), Arc::new(Row::default()));
        let leader = block_on(cache.look_up(&key("/a/"), &|_| None));
        assert!(matches!(leader, Lookup::Miss(_)));
        let visitor = thread::spawn({
            let (cache, row) = (cache.clone(), Arc::clone(&row));
            move || {
                let is_void = row.promised() > 0;
                let waits = look_up(&cache, &row, Render::Drop).now_or_never().is_none();
                assert!(!(is_void && waits), "waits for a void lease");
            }
        });
        let version = row.write();
        drop(cache.process.invalidate(vec![kin("/a/")], Cause::Call));
        row.promise(version);
        visitor.join().unwrap();
        drop(leader);
        assert_none_is_under_way(&cache);
    });
}

#[test]
fn whoever_waits_too_long_renders_the_page() {
    let runtime = runtime();
    let handle = runtime.handle().clone();
    let _entered = handle.enter();
    run(RandomScheduler::new(SCHEDULES / 10), move || {
        let process = Arc::new(Process::new(clock));
        let builder = Cache::builder().wait(Duration::ZERO);
        let (cache, row) = (builder.build_in(&process), Arc::new(Row::default()));
        let leader = block_on(cache.look_up(&key("/a/"), &|_| None));
        let waits = come(&cache, &row, Render::Fill);
        while !waits.is_finished() {
            // Fires what is due.
            runtime.block_on(tokio::task::yield_now());
            thread::yield_now();
        }
        assert!(matches!(leader, Lookup::Miss(_)));
        assert!(!block_on(waits).unwrap());
    });
}

/// The leases of the renders that others may wait for.
struct Leaders {
    process: Arc<Process>,
    leases: Mutex<Vec<(LeaseId, Filing)>>,
}

impl Leaders {
    fn is_valid(&self, (lease, filing): &(LeaseId, Filing)) -> bool {
        self.process.check(*lease, filing).is_ok()
    }

    fn add(&self, lease: LeaseId, filing: Filing) {
        let mut leases = self.leases.lock().unwrap();
        leases.push((lease, filing));
        let valid = leases.iter().filter(|lease| self.is_valid(lease)).count();
        assert!(valid <= 1, "{valid} renders with a valid lease");
    }

    fn remove(&self, lease: LeaseId) {
        let mut leases = self.leases.lock().unwrap();
        leases.retain(|(other, _)| *other != lease);
    }
}

#[test]
fn at_most_one_render_that_others_wait_for_has_a_valid_lease() {
    explore_in_runtime(|| {
        let process = Arc::new(Process::new(clock));
        let flights = Arc::new(Flights::new(Arc::clone(&process), 8));
        let leaders = Arc::new(Leaders {
            process: Arc::clone(&process),
            leases: Mutex::default(),
        });
        let visitors = [Outcome::Stored, Outcome::NotStored, Outcome::Stored].map(|end| {
            let (flights, leaders) = (Arc::clone(&flights), Arc::clone(&leaders));
            let sought = Sought::new(&key("/a/"), Vec::new(), &|_| None);
            spawn(async move {
                match flights.join(&Arc::new(sought)) {
                    Ok(Turn::Lead(lease, filing, leading)) => {
                        leaders.add(lease, filing);
                        leaders.remove(lease);
                        leading.end(end);
                    }
                    Ok(Turn::Wait(waiting)) => {
                        let give_up = Instant::now() + Duration::from_hours(1);
                        waiting.outcome(give_up).await;
                    }
                    Ok(Turn::Alone) | Err(_) => {}
                }
            })
        });
        drop(process.invalidate(vec![kin("/a/")], Cause::Call));
        block_on(join_all(visitors));
    });
}
