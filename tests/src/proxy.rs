//! A network that fails, between a client and a server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::watch::{self, error::RecvError};
use tokio::time::sleep;

/// Passes bytes to a server and back, until it is told to keep them.
///
/// It loses none: what it keeps it passes on later, as a network does that was
/// interrupted. It works in a thread of its own, until it is dropped.
#[derive(Debug)]
pub struct Proxy {
    addr: SocketAddr,
    /// How many connections there have been; they are numbered from 0.
    accepted: Arc<AtomicU64>,
    network: watch::Sender<Network>,
}

#[derive(Clone, Copy, Debug)]
struct Network {
    target: SocketAddr,
    /// Connections below are silent.
    silent: u64,
    /// Connections below are no more.
    reset: u64,
    delay: Duration,
}

impl Proxy {
    /// Starts to pass all to a server.
    ///
    /// # Errors
    ///
    /// If there is no port to listen on.
    pub fn start(target: SocketAddr) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let (network, told) = watch::channel(Network {
            target,
            silent: 0,
            reset: 0,
            delay: Duration::ZERO,
        });
        let accepted = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&accepted);
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::spawn(move || runtime.block_on(accept(listener, &count, told)));
        Ok(Self {
            addr,
            accepted,
            network,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How many connections there have been.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Passes what comes, and what it has kept.
    pub fn pass(&self) {
        self.network.send_modify(|network| {
            network.silent = 0;
            network.delay = Duration::ZERO;
        });
    }

    /// Keeps what comes on the connections that there are.
    pub fn hold_old(&self) {
        let accepted = self.accepted();
        self.network
            .send_modify(|network| network.silent = accepted);
    }

    /// Keeps what comes on all connections, also on those to come.
    pub fn hold_all(&self) {
        self.network
            .send_modify(|network| network.silent = u64::MAX);
    }

    /// Resets the connections that there are.
    pub fn reset_all(&self) {
        let accepted = self.accepted();
        self.network.send_modify(|network| network.reset = accepted);
    }

    /// Passes what comes so much later.
    pub fn delay(&self, delay: Duration) {
        self.network.send_modify(|network| network.delay = delay);
    }

    /// Leads the connections to come to another server.
    pub fn retarget(&self, target: SocketAddr) {
        self.network.send_modify(|network| network.target = target);
    }
}

async fn accept(
    listener: std::net::TcpListener,
    accepted: &AtomicU64,
    mut told: watch::Receiver<Network>,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        tokio::select! {
            client = listener.accept() => {
                let (client, _) = client?;
                let number = accepted.fetch_add(1, Ordering::SeqCst);
                let link = Link { number, told: told.clone() };
                tokio::spawn(link.run(client));
            }
            // The proxy is dropped, and its connections with the runtime.
            changed = told.changed() => if changed.is_err() {
                return Ok(());
            },
        }
    }
}

/// A connection.
struct Link {
    number: u64,
    told: watch::Receiver<Network>,
}

impl Link {
    async fn run(self, mut client: TcpStream) {
        let target = self.told.borrow().target;
        // Somebody who is not let in learns it by the end of his connection.
        if let Ok(mut server) = TcpStream::connect(target).await {
            self.join(&mut client, &mut server).await;
            let _ = server.set_zero_linger();
        }
        let _ = client.set_zero_linger();
    }

    /// Passes bytes both ways, until one side ends or the connection is reset.
    async fn join(&self, client: &mut TcpStream, server: &mut TcpStream) {
        // Bytes are passed whether that is set or not.
        let _ = client.set_nodelay(true);
        let _ = server.set_nodelay(true);
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let mut told = self.told.clone();
        tokio::select! {
            _ = self.pass(from_client, to_server) => {}
            _ = self.pass(from_server, to_client) => {}
            _ = told.wait_for(|network| self.number < network.reset) => {}
        }
    }

    async fn pass(&self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> io::Result<()> {
        let mut told = self.told.clone();
        let mut bytes = vec![0; 64 << 10];
        loop {
            let length = from.read(&mut bytes).await?;
            if length == 0 {
                return Ok(());
            }
            let delay = told.borrow().delay;
            if !delay.is_zero() {
                sleep(delay).await;
            }
            let heard: Result<_, RecvError> = told
                .wait_for(|network| self.number >= network.silent)
                .await
                .map(drop);
            heard.map_err(io::Error::other)?;
            to.write_all(&bytes[..length]).await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// Answers every byte with itself.
    fn echo() -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let addr = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                thread::spawn(move || {
                    let mut reader = stream.try_clone().unwrap();
                    io::copy(&mut reader, &mut stream)
                });
            }
        });
        addr
    }

    fn connect(proxy: &Proxy) -> TcpStream {
        let stream = TcpStream::connect(proxy.addr()).unwrap();
        let patience = Duration::from_millis(200);
        stream.set_read_timeout(Some(patience)).unwrap();
        stream
    }

    fn hear(stream: &mut TcpStream) -> io::Result<u8> {
        let mut heard = [0];
        stream.read_exact(&mut heard).map(|()| heard[0])
    }

    fn answers(stream: &mut TcpStream, byte: u8) -> bool {
        stream.write_all(&[byte]).unwrap();
        hear(stream).is_ok_and(|heard| heard == byte)
    }

    #[test]
    fn old_connections_are_silent_and_lose_nothing() {
        let proxy = Proxy::start(echo()).unwrap();
        let mut old = connect(&proxy);
        assert!(answers(&mut old, 1));
        proxy.hold_old();
        assert!(!answers(&mut old, 2));
        assert!(answers(&mut connect(&proxy), 3));
        proxy.pass();
        assert_eq!(hear(&mut old).unwrap(), 2);
    }

    #[test]
    fn new_connections_are_silent_as_well() {
        let proxy = Proxy::start(echo()).unwrap();
        proxy.hold_all();
        assert!(!answers(&mut connect(&proxy), 1));
    }

    #[test]
    fn connections_are_reset_and_led_elsewhere() {
        let nobody = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let proxy = Proxy::start(nobody.local_addr().unwrap()).unwrap();
        let mut old = connect(&proxy);
        assert!(!answers(&mut old, 1));
        proxy.retarget(echo());
        proxy.reset_all();
        let err = hear(&mut old).unwrap_err();
        assert_eq!(err.kind(), io::ErrorKind::ConnectionReset);
        assert!(answers(&mut connect(&proxy), 2));
    }

    #[test]
    fn bytes_are_late() {
        let proxy = Proxy::start(echo()).unwrap();
        let mut stream = connect(&proxy);
        proxy.delay(Duration::from_millis(150));
        assert!(!answers(&mut stream, 1));
        assert_eq!(hear(&mut stream).unwrap(), 1);
    }
}
