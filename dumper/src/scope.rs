//! The span of a request or a job, which owns the fences of its writes.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::ledger::{Owner, Since, Tick};
use crate::process::{self, Deliveries};
use crate::reach::Tag;

tokio::task_local! {
    static CURRENT: Arc<State>;
}

static NEXT: AtomicU64 = AtomicU64::new(0);

#[derive(Debug)]
struct State {
    number: u64,
    /// A moment before the first query inside.
    began: Tick,
    /// How often other processes were known to have moved rows by then.
    moved_by_others: u64,
    wrote: AtomicBool,
    /// Whether a scope that joined it has failed, or was dropped before its end.
    failed: AtomicBool,
    ended: AtomicBool,
    tags: Mutex<Vec<Tag>>,
}

/// The span in which writes are made and committed: a request, or a job.
///
/// This is what a web framework's middleware opens around every request; in a
/// job [`scope`] and [`try_scope`] are handier. The fences of the writes made
/// inside are lifted when it [ends](Self::end). If it [fails](Self::fail), or is
/// dropped before its end, a commit may still be on its way to the database, so
/// they stand until their [deadline](crate::CacheBuilder::fence_deadline).
///
/// A scope opened inside another one joins it, and ends with it; if it fails, so
/// does the other.
///
/// # Examples
///
/// ```
/// # async fn handle() {}
/// async fn request() {
///     let scope = dumper::Scope::new();
///     scope.run(handle()).await;
///     scope.end().await;
/// }
/// ```
#[derive(Debug)]
#[must_use = "a scope that is dropped leaves its fences standing"]
pub struct Scope {
    state: Arc<State>,
    /// Whether the end of this one is the end of its writes.
    owns: bool,
    is_open: bool,
}

impl Scope {
    /// Opens a scope, or joins the one around.
    #[allow(clippy::new_without_default, reason = "a guard has no default")]
    pub fn new() -> Self {
        let around = CURRENT.try_with(Arc::clone).ok();
        Self {
            owns: around.is_none(),
            is_open: true,
            state: around.unwrap_or_else(|| {
                Arc::new(State {
                    number: NEXT.fetch_add(1, Ordering::Relaxed),
                    began: process::global().tick(),
                    moved_by_others: process::global().moved_by_others(),
                    wrote: AtomicBool::new(false),
                    failed: AtomicBool::new(false),
                    ended: AtomicBool::new(false),
                    tags: Mutex::default(),
                })
            }),
        }
    }

    /// Runs a future inside.
    ///
    /// What it spawns runs outside.
    pub fn run<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(Arc::clone(&self.state), future)
    }

    /// The tags that were named inside so far; see [`tag`].
    #[must_use]
    pub fn tags(&self) -> Vec<Arc<str>> {
        let tags = self.state.tags.lock();
        tags.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends the scope: its writes are done.
    ///
    /// With a [store](crate::CacheBuilder::store) this waits until it knows; if the
    /// store is in trouble, for two seconds at most from the beginning of that.
    pub async fn end(mut self) {
        self.close(true).done().await;
    }

    /// Ends the scope after a failure: its writes may be done later, or never.
    ///
    /// It waits as [`end`](Self::end) does.
    pub async fn fail(mut self) {
        self.close(false).done().await;
    }

    fn close(&mut self, well: bool) -> Deliveries {
        if !std::mem::take(&mut self.is_open) {
            return Deliveries::default();
        }
        let state = &self.state;
        if !well {
            state.failed.store(true, Ordering::SeqCst);
        }
        if !self.owns {
            return Deliveries::default();
        }
        state.ended.store(true, Ordering::SeqCst);
        if !state.wrote.load(Ordering::SeqCst) {
            return Deliveries::default();
        }
        let well = !state.failed.load(Ordering::SeqCst);
        process::global().end(Owner::Scope(state.number), well)
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        drop(self.close(false));
    }
}

/// Runs a job whose writes are done when it ends.
///
/// A job is what writes outside a request: a spawned task, a queue worker, a
/// command. Without a scope its writes inside transactions count as done only at
/// a [deadline](crate::CacheBuilder::fence_deadline), ten seconds after the last
/// one. Inside a request it joins the request, whose writes are done when the
/// response is.
///
/// Cancelled, or if it panics, the fences of its writes stand until the
/// deadline. For a job that returns a `Result`, use [`try_scope`].
///
/// # Examples
///
/// ```
/// # async fn import() {}
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// tokio::spawn(dumper::scope(async {
///     import().await;
/// }));
/// # }
/// ```
pub async fn scope<F: Future>(job: F) -> F::Output {
    let scope = Scope::new();
    let output = scope.run(job).await;
    scope.end().await;
    output
}

/// Runs a job that may fail, and whose writes are done when it succeeds.
///
/// At an `Err` a commit may still be on its way to the database (it may have
/// timed out), so the fences of its writes stand until their
/// [deadline](crate::CacheBuilder::fence_deadline). Otherwise like [`scope`].
///
/// # Errors
///
/// Returns what the job returns.
pub async fn try_scope<T, E>(job: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let scope = Scope::new();
    let output = scope.run(job).await;
    match output {
        Ok(_) => scope.end().await,
        Err(_) => scope.fail().await,
    }
    output
}

/// Files the page that is being rendered under a tag.
///
/// [`Cache::invalidate_tag`](crate::Cache::invalidate_tag) drops all pages of
/// the tag. It is to be called while the response is made, before its body is
/// streamed; outside a request it does nothing.
///
/// # Examples
///
/// ```
/// # async fn render() -> String { String::new() }
/// async fn home() -> String {
///     dumper::tag("menu");
///     render().await
/// }
/// ```
pub fn tag(name: &str) {
    // Outside a scope there is no page.
    let _ = CURRENT.try_with(|state| {
        let mut tags = state.tags.lock().unwrap_or_else(PoisonError::into_inner);
        if tags.iter().all(|tag| **tag != *name) {
            tags.push(name.into());
        }
    });
}

/// Who writes here: the scope around, or else the task.
pub(crate) fn owner() -> Owner {
    // Noted first: a scope that ends says so first, and looks for this after.
    let _ = CURRENT.try_with(|state| state.wrote.store(true, Ordering::SeqCst));
    let scope = around(|state| Owner::Scope(state.number));
    scope.unwrap_or_else(|| Owner::Task(task_number()))
}

/// Since when rows may have changed that a transaction here sees unchanged.
pub(crate) fn snapshot() -> Since {
    Since::Snapshot(around(|state| state.began))
}

/// Takes note that what is written here may move rows, by what is read now, or by
/// what was there when a transaction began.
pub(crate) fn moves(since: Since) {
    let process = process::global();
    let moved_by_others = match since {
        Since::Reading(_) => Some(process.moved_by_others()),
        Since::Snapshot(_) => around(|state| state.moved_by_others),
    };
    process.moves(owner(), moved_by_others);
}

/// What is said of the scope around, unless that has ended: a joined scope may have
/// been moved out of the one that it joined.
fn around<T>(of: impl FnOnce(&State) -> T) -> Option<T> {
    let said = CURRENT.try_with(|state| {
        let has_ended = state.ended.load(Ordering::SeqCst);
        (!has_ended).then(|| of(state))
    });
    said.unwrap_or(None)
}

/// The number of the task, or 0 outside any.
fn task_number() -> u64 {
    let task = tokio::task::try_id();
    task.and_then(|id| id.to_string().parse().ok()).unwrap_or(0)
}
