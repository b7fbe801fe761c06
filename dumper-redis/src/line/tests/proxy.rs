//! A network that goes silent.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Passes bytes on to a server, and back, until it is told to hold them.
pub(super) struct Proxy {
    pub(super) port: u16,
    connections: Arc<AtomicUsize>,
    held: Arc<Mutex<Range<usize>>>,
}

impl Proxy {
    pub(super) fn to(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Self {
            port,
            connections: Arc::default(),
            held: Arc::new(Mutex::new(0..0)),
        };
        let (connections, held) = (proxy.connections.clone(), proxy.held.clone());
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let server = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).unwrap();
                let number = connections.fetch_add(1, Ordering::SeqCst);
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let held = held.clone();
                    thread::spawn(move || {
                        pass(from, to, || held.lock().unwrap().contains(&number));
                    });
                }
            }
        });
        proxy
    }

    /// Lets the connections go silent that there are. New ones work.
    pub(super) fn hold(&self) {
        *self.held.lock().unwrap() = 0..self.connections();
    }

    /// Lets the last connection go silent.
    pub(super) fn hold_last(&self) {
        let count = self.connections();
        *self.held.lock().unwrap() = count - 1..count;
    }

    /// How many connections there have been.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, is_held: impl Fn() -> bool) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        while is_held() {
            thread::park();
        }
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
