//! What lets all lanes look at their connections when one finds its own broken.

use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::batch::Request;

/// The alarm of a line.
#[derive(Debug)]
pub(super) struct Alarm {
    /// The queues of the lanes of the line's thread.
    queues: Box<[mpsc::WeakUnboundedSender<Request>]>,
    deadline: Duration,
    raised: Notify,
}

impl Alarm {
    pub(super) fn new(
        queues: impl IntoIterator<Item = mpsc::WeakUnboundedSender<Request>>,
        deadline: Duration,
    ) -> Self {
        Self {
            queues: queues.into_iter().collect(),
            deadline,
            raised: Notify::new(),
        }
    }

    /// Lets all lanes check their connections.
    pub(super) fn raise(&self) {
        for lane in 0..self.queues.len() {
            self.check(lane);
        }
        self.raised.notify_waiters();
    }

    /// Waits until it is raised; for the lanes of other threads.
    pub(super) async fn raised(&self) {
        self.raised.notified().await;
    }

    /// Asks the server of a lane of the line's thread who it is.
    pub(super) fn check(&self, lane: usize) {
        self.check_within(self.deadline, lane);
    }

    /// Does so with another deadline. Returns whether the line is still there.
    pub(super) fn check_within(&self, deadline: Duration, lane: usize) -> bool {
        let Some(queue) = self
            .queues
            .get(lane)
            .and_then(mpsc::WeakUnboundedSender::upgrade)
        else {
            return false;
        };
        let check = Request {
            key: Box::default(),
            commands: Vec::new(),
            by: Instant::now() + deadline,
            settles: false,
            caller: None,
        };
        queue.send(check).is_ok()
    }
}
