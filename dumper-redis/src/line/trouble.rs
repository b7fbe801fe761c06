//! What can be wrong with Redis.

use std::borrow::Cow;
use std::fmt;

use dumper::store::Unavailable;
use redis::{ErrorKind, RedisError, ServerError, ServerErrorKind};

/// Why Redis cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The first attempt to connect is still going on.
    NotConnected,
    Refused,
    TimedOut,
    Lost,
    Loading,
    Unauthenticated,
    /// A command is not allowed, as the server says it.
    Forbidden(String),
    Replica,
    ClusterDown,
    /// It answers, and refuses every invalidation.
    Misconfigured,
    /// As before, for another reason.
    NoReplicas,
    /// A node of a cluster has some of the keys only.
    Clustered,
    TooOld,
    Ended,
    /// As the client or the server says it.
    Other(String),
}

/// Why Redis refuses some commands, and answers others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    OutOfMemory,
    Misconfigured,
    NoReplicas,
    /// As the server says it.
    Forbidden(String),
}

impl Trouble {
    /// What an attempt to connect has failed with, or a connection.
    pub(super) fn of_connection(err: &RedisError) -> Self {
        if err.is_connection_refusal() {
            return Self::Refused;
        }
        if err.is_timeout() {
            return Self::TimedOut;
        }
        if err.is_connection_dropped() {
            return Self::Lost;
        }
        if matches!(err.code(), Some("NOAUTH" | "WRONGPASS")) {
            return Self::Unauthenticated;
        }
        match err.kind() {
            ErrorKind::AuthenticationFailed => Self::Unauthenticated,
            ErrorKind::Server(ServerErrorKind::BusyLoading) => Self::Loading,
            ErrorKind::Server(ServerErrorKind::ClusterDown) => Self::ClusterDown,
            ErrorKind::ClusterConnectionNotFound => Self::Lost,
            ErrorKind::RESP3NotSupported => Self::TooOld,
            _ => Self::Other(err.to_string()),
        }
    }

    /// What a reply says that should not have been an error.
    pub(super) fn of_reply(err: &ServerError) -> Self {
        Self::told_by(err).unwrap_or_else(|| match Refusal::told_by(err) {
            Some(Refusal::Forbidden(what)) => Self::Forbidden(what),
            _ => Self::Other(err.to_string()),
        })
    }

    /// Whether a reply tells that the server cannot be used at all.
    pub(super) fn told_by(err: &ServerError) -> Option<Self> {
        match err.code() {
            "LOADING" => Some(Self::Loading),
            "NOAUTH" | "WRONGPASS" => Some(Self::Unauthenticated),
            "READONLY" | "MASTERDOWN" | "NOTPRIMARY" => Some(Self::Replica),
            "CLUSTERDOWN" => Some(Self::ClusterDown),
            _ => None,
        }
    }

    pub(super) fn unavailable(&self) -> Unavailable {
        let reason: Cow<'static, str> = match self {
            Self::NotConnected => "not connected".into(),
            Self::Refused => "connection refused".into(),
            Self::TimedOut => "timed out".into(),
            Self::Lost => "connection lost".into(),
            Self::Loading => "is loading".into(),
            Self::Unauthenticated => "wrong password".into(),
            Self::Forbidden(_) => "no permission".into(),
            Self::Replica => "is a replica".into(),
            Self::ClusterDown => "the cluster is down".into(),
            Self::Misconfigured => "cannot save its data".into(),
            Self::NoReplicas => "has too few replicas".into(),
            Self::Clustered => "is a node of a cluster".into(),
            Self::TooOld => "too old".into(),
            Self::Ended => "ended".into(),
            Self::Other(what) => what.clone().into(),
        };
        Unavailable::new(reason)
    }
}

/// For the log.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotConnected => "not connected yet",
            Self::Refused => "it refuses the connection",
            Self::TimedOut => "it does not answer in time",
            Self::Lost => "the connection is lost",
            Self::Loading => "it is loading its data",
            Self::Unauthenticated => "it does not accept the user and password of the URL",
            Self::Forbidden(what) => {
                return write!(
                    f,
                    "{what}: its user needs +@read +@write +@scripting +info +time +ping"
                );
            }
            Self::Replica => "it is a replica, not a primary",
            Self::ClusterDown => "the cluster is down",
            Self::Misconfigured => "it cannot save its data to disk (MISCONF)",
            Self::NoReplicas => "it has too few replicas (NOREPLICAS)",
            Self::Clustered => "it is a node of a cluster: connect by `Builder::cluster`",
            Self::TooOld => "Redis 6 or newer is needed",
            Self::Ended => "the connection has ended",
            Self::Other(what) => what,
        })
    }
}

impl Refusal {
    /// Whether a reply tells that the server refuses such commands now.
    pub(super) fn told_by(err: &ServerError) -> Option<Self> {
        let details = err.details().unwrap_or_default();
        match err.code() {
            "OOM" => Some(Self::OutOfMemory),
            "MISCONF" => Some(Self::Misconfigured),
            "NOREPLICAS" => Some(Self::NoReplicas),
            "NOPERM" => Some(Self::Forbidden(details.to_owned())),
            // A script is told so without a code of its own.
            "ERR" if details.contains("executing the script can't") => {
                Some(Self::Forbidden(details.to_owned()))
            }
            _ => None,
        }
    }
}

/// For the log.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfMemory => "it is out of memory",
            Self::Misconfigured => "it cannot save its data to disk (MISCONF)",
            Self::NoReplicas => "it has too few replicas (NOREPLICAS)",
            Self::Forbidden(what) => {
                return write!(
                    f,
                    "{what}: its user needs +@read +@write +@scripting +info +time +ping"
                );
            }
        })
    }
}
