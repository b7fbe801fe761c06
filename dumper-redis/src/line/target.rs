//! What to connect to.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use redis::io::tcp::TcpSettings;
use redis::{ConnectionInfo, IntoConnectionInfo, ProtocolVersion};

use super::view::BELIEVED;

/// What a [`Line`](super::Line) connects to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(super) servers: Servers,
    pub(super) deadline: Duration,
    /// How long it is [believed](super::view) who the server is.
    pub(super) believed: Duration,
}

/// The servers, by their parsed URLs.
#[derive(Clone, Debug)]
pub(super) enum Servers {
    One(Box<ConnectionInfo>),
    Cluster(Vec<ConnectionInfo>),
}

impl Target {
    /// One server.
    pub(crate) fn server(url: &str) -> Result<Self, ConnectError> {
        Ok(Self::new(Servers::One(Box::new(parse(url)?))))
    }

    /// A cluster, by some of its nodes.
    pub(crate) fn cluster<U: AsRef<str>>(
        urls: impl IntoIterator<Item = U>,
    ) -> Result<Self, ConnectError> {
        let nodes = urls
            .into_iter()
            .map(|url| parse(url.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        if nodes.is_empty() {
            return Err(ConnectError::NoServer);
        }
        Ok(Self::new(Servers::Cluster(nodes)))
    }

    fn new(servers: Servers) -> Self {
        Self {
            servers,
            deadline: Duration::from_millis(50),
            believed: BELIEVED,
        }
    }

    /// Whether it is one server, which has all keys.
    pub(super) fn is_server(&self) -> bool {
        matches!(self.servers, Servers::One(_))
    }

    /// How long a call may take; 50 ms if not given.
    pub(crate) fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    #[cfg(test)]
    pub(super) fn believed(self, believed: Duration) -> Self {
        Self { believed, ..self }
    }
}

/// The addresses, without users and passwords.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.servers {
            Servers::One(server) => server.addr().fmt(f),
            Servers::Cluster(nodes) => {
                let addresses = nodes.iter().map(|node| node.addr().to_string());
                f.write_str(&addresses.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// Why one cannot connect to a Redis server, whether it is up or not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is not one of a Redis server, for this reason.
    InvalidUrl(String),
    /// The URL asks for TLS, and the feature `tls` is off.
    NoTls,
    /// No node of the cluster is given.
    NoServer,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidUrl(reason) => write!(f, "the URL of Redis is not valid: {reason}"),
            Self::NoTls => f.write_str(
                "the URL of Redis asks for TLS: enable the feature `tls` of dumper-redis",
            ),
            Self::NoServer => f.write_str("a Redis cluster needs the URL of a node"),
        }
    }
}

impl Error for ConnectError {}

fn parse(url: &str) -> Result<ConnectionInfo, ConnectError> {
    if ["rediss:", "valkeys:"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
    {
        choose_crypto()?;
    }
    let info = url.into_connection_info().map_err(|err| {
        // The error says what is wrong and not with what, so a password stays unknown.
        let reason = err.to_string();
        ConnectError::InvalidUrl(reason.trim_end_matches(" - InvalidClientConfig").to_owned())
    })?;
    let settings = info.redis_settings().clone();
    Ok(info
        .set_tcp_settings(tcp())
        // A server tells of changes by this protocol alone. Without a name for the
        // library the user needs no right to give one.
        .set_redis_settings(
            settings
                .set_protocol(ProtocolVersion::RESP3)
                .set_skip_set_lib_name(),
        ))
}

/// What is sent is complete, and sent at once.
pub(super) fn tcp() -> TcpSettings {
    TcpSettings::default().set_nodelay(true)
}

/// Sees to it that rustls has an implementation of its ciphers: more than one may be
/// compiled in, and it does not choose among them.
#[cfg(feature = "tls")]
#[allow(clippy::unnecessary_wraps, reason = "it fails without the feature")]
fn choose_crypto() -> Result<(), ConnectError> {
    use rustls::crypto::{CryptoProvider, ring};

    if CryptoProvider::get_default().is_none() {
        // An error means that somebody else has just chosen.
        let _ = ring::default_provider().install_default();
    }
    Ok(())
}

#[cfg(not(feature = "tls"))]
fn choose_crypto() -> Result<(), ConnectError> {
    Err(ConnectError::NoTls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_url_of_redis_is_refused_without_its_password() {
        for url in [
            "",
            "localhost",
            "http://user:secret@localhost",
            "redis://user:secret@localhost:99999",
            "redis://user:secret@localhost/first",
        ] {
            let Err(ConnectError::InvalidUrl(reason)) = Target::server(url) else {
                panic!("{url}");
            };
            assert!(!reason.contains("secret"), "{reason}");
        }
        let nodes: [&str; 0] = [];
        assert_eq!(Target::cluster(nodes).err(), Some(ConnectError::NoServer));
    }

    #[test]
    fn a_password_is_not_shown() {
        let target = Target::server("redis://user:secret@localhost").unwrap();
        assert_eq!(target.to_string(), "localhost:6379");
        assert!(!format!("{target:?}").contains("secret"));
    }

    #[test]
    fn tls_is_a_feature() {
        let refused = Target::server("rediss://localhost").err();
        assert_eq!(
            refused,
            (!cfg!(feature = "tls")).then_some(ConnectError::NoTls)
        );
    }
}
