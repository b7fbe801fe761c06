//! A writer that stands still between its statements.

use std::future::Future;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use sea_orm::{DatabaseConnection, DbErr};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;

use crate::site::database::connect;

/// A job in a scope, on a thread and connections of its own.
pub(super) struct Writer {
    reached: UnboundedReceiver<()>,
    release: mpsc::Sender<()>,
    outcome: oneshot::Receiver<Result<(), DbErr>>,
}

impl Writer {
    /// Starts a job that stands still after the first statement that begins with
    /// the first of `stops`, then after one that begins with the second, and so
    /// on: when the database has done it, and before the job knows.
    pub(super) fn start<J>(stops: &'static [&'static str], job: J) -> Self
    where
        J: AsyncFnOnce(&DatabaseConnection) -> Result<(), DbErr> + Send + 'static,
    {
        let (reach, reached) = unbounded_channel();
        let (release, released) = mpsc::channel();
        let (end, outcome) = oneshot::channel();
        let released = Mutex::new(released);
        let stops = Mutex::new(stops.iter().copied().peekable());
        let stand = move |sql: &str| {
            let stop = stops.lock().unwrap().next_if(|stop| sql.starts_with(stop));
            if stop.is_some() {
                let _ = reach.send(());
                // Whoever would release it may have failed.
                let _ = released.lock().unwrap().recv();
            }
        };
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let outcome = runtime.block_on(async {
                let mut db = connect().await;
                db.set_metric_callback(move |info| {
                    if !info.failed {
                        stand(&info.statement.sql);
                    }
                });
                dumper::try_scope(job(&db)).await
            });
            let _ = end.send(outcome);
        });
        Self {
            reached,
            release,
            outcome,
        }
    }

    /// Waits until it stands still.
    pub(super) async fn reached(&mut self) {
        let reached = bounded(self.reached.recv()).await;
        reached.expect("it comes so far");
    }

    /// Lets it go on.
    pub(super) fn release(&self) {
        self.release.send(()).expect("it stands still");
    }

    /// Waits until it is done.
    pub(super) async fn done(self) -> Result<(), DbErr> {
        bounded(self.outcome).await.expect("it does not panic")
    }
}

async fn bounded<F: Future>(future: F) -> F::Output {
    let output = tokio::time::timeout(Duration::from_mins(1), future).await;
    output.expect("it does not take for ever")
}
