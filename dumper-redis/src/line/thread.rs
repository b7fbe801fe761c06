//! The thread that has the connections.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use futures::future::join_all;
use log::error;
use tokio::runtime::Builder;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{LocalSet, spawn_local};

use super::alarm::Alarm;
use super::batch::{BATCH, Request, deliver};
use super::circuit::{Circuit, State};
use super::health::Health;
use super::histories::Histories;
use super::target::Target;
use super::trouble::Trouble;

/// How many connections there are.
pub(super) const LANES: usize = 2;

/// The one that hits ask by.
pub(super) const ASKS: usize = 0;

/// The requests to the lanes.
pub(super) type Queues = [mpsc::UnboundedReceiver<Request>; LANES];

/// What the lanes of the thread have in common, and others know of them.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub(super) target: Arc<Target>,
    pub(super) health: Arc<Health>,
    pub(super) alarm: Arc<Alarm>,
    /// How many lanes have tried to connect.
    pub(super) tried: watch::Sender<usize>,
    /// Whether the lane that hits ask by has a connection.
    pub(super) connected: watch::Sender<bool>,
    pub(super) histories: Arc<Histories>,
}

/// Starts the thread. It ends when nobody can send requests any more.
pub(super) fn spawn(common: Common, queues: Queues) {
    let spawned = thread::Builder::new()
        .name("dumper-redis".to_owned())
        .spawn(move || run(common, queues));
    if let Err(err) = spawned {
        complain(&err);
    }
}

fn run(common: Common, queues: Queues) {
    match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => LocalSet::new().block_on(&runtime, serve_all(common, queues)),
        Err(err) => complain(&err),
    }
}

fn complain(err: &io::Error) {
    error!(target: "dumper::store", "Redis is not used: its thread did not start: {err}");
}

async fn serve_all(common: Common, queues: Queues) {
    let made = Rc::new(Notify::new());
    let lanes = queues.into_iter().enumerate().map(|(lane, queue)| {
        let circuit = Circuit {
            lane,
            common: common.clone(),
            state: RefCell::new(State::Open(Trouble::NotConnected)),
            made: made.clone(),
        };
        serve(Rc::new(circuit), queue)
    });
    join_all(lanes).await;
}

async fn serve(circuit: Rc<Circuit>, mut queue: mpsc::UnboundedReceiver<Request>) {
    spawn_local(circuit.clone().begin());
    if circuit.asks() {
        spawn_local(circuit.clone().watch());
    }
    let mut requests = Vec::new();
    while queue.recv_many(&mut requests, BATCH).await > 0 {
        requests.retain(Request::is_awaited);
        forward(&circuit, requests.split_off(0));
    }
}

fn forward(circuit: &Rc<Circuit>, requests: Vec<Request>) {
    let connection = match circuit.connection() {
        Ok(connection) => connection,
        Err(trouble) => {
            for request in requests {
                request.fail(&trouble);
            }
            return;
        }
    };
    // What is written may be large, and saves nothing by going together.
    if circuit.asks() && connection.is_server() {
        spawn_local(deliver(circuit.clone(), connection, requests));
        return;
    }
    for request in requests {
        let alone = vec![request];
        spawn_local(deliver(circuit.clone(), connection.clone(), alone));
    }
}
