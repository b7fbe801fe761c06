//! The thread that has the connections.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::thread;

use futures::future::join_all;
use log::error;
use tokio::runtime::Builder;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{LocalSet, spawn_local};

use super::batch::{Request, deliver};
use super::circuit::{Circuit, State};
use super::health::Health;
use super::target::Target;
use super::trouble::Trouble;

/// How many connections there are.
pub(super) const LANES: usize = 2;

/// The one that hits ask by.
pub(super) const ASKS: usize = 0;

/// How many asks go together at most.
const BATCH: usize = 256;

/// The requests to a lane.
pub(super) type Queue = (
    mpsc::WeakUnboundedSender<Request>,
    mpsc::UnboundedReceiver<Request>,
);

/// Starts the thread, and returns how many lanes have tried to connect. It ends when
/// nobody can send requests any more.
pub(super) fn spawn(target: Target, queues: [Queue; LANES]) -> watch::Receiver<usize> {
    let (tried, watched) = watch::channel(0);
    let spawned = thread::Builder::new()
        .name("dumper-redis".to_owned())
        .spawn(move || run(target, queues, &tried));
    if let Err(err) = spawned {
        complain(&err);
    }
    watched
}

fn run(target: Target, queues: [Queue; LANES], tried: &watch::Sender<usize>) {
    match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => LocalSet::new().block_on(&runtime, serve_all(target, queues, tried)),
        Err(err) => complain(&err),
    }
}

fn complain(err: &io::Error) {
    error!(target: "dumper::store", "Redis is not used: its thread did not start: {err}");
}

async fn serve_all(target: Target, queues: [Queue; LANES], tried: &watch::Sender<usize>) {
    let health = Health::new(target.to_string());
    let target = Rc::new(target);
    let made = Rc::new(Notify::new());
    let senders = queues
        .iter()
        .map(|(sender, _)| sender.clone())
        .collect::<Rc<[_]>>();
    let lanes = queues.into_iter().enumerate().map(|(lane, (_, queue))| {
        let circuit = Circuit {
            lane,
            target: target.clone(),
            health: health.clone(),
            queues: senders.clone(),
            state: RefCell::new(State::Open(Trouble::NotConnected)),
            made: made.clone(),
            tried: tried.clone(),
        };
        serve(Rc::new(circuit), queue)
    });
    join_all(lanes).await;
}

async fn serve(circuit: Rc<Circuit>, mut queue: mpsc::UnboundedReceiver<Request>) {
    spawn_local(circuit.clone().begin());
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
