//! What a server says of itself.

use std::sync::Arc;

use redis::{Cmd, Value};

use super::Reply;
use super::trouble::Trouble;

/// Asks who the server is.
pub(super) fn replication() -> Cmd {
    section("replication")
}

/// Asks whether the server has read its data.
pub(super) fn persistence() -> Cmd {
    section("persistence")
}

/// Asks whether the server is a node of a cluster.
pub(super) fn cluster() -> Cmd {
    section("cluster")
}

/// Asks whether the server can save its data: otherwise it refuses this too, and not
/// only what writes.
pub(super) fn ping() -> Cmd {
    redis::cmd("PING")
}

/// Lets the server tell of changes to what is asked for with [`caching`].
pub(super) fn tracking() -> Cmd {
    let mut command = redis::cmd("CLIENT");
    command.arg("TRACKING").arg("ON").arg("OPTIN");
    command
}

/// Lets the server tell of changes to what the next command asks for.
pub(super) fn caching() -> Cmd {
    let mut command = redis::cmd("CLIENT");
    command.arg("CACHING").arg("YES");
    command
}

/// Whether the server takes invalidations. Others must not read from one that does not.
pub(super) fn saves(reply: &Reply) -> Result<(), Trouble> {
    match reply {
        Err(err) if err.code() == "MISCONF" => Err(Trouble::Misconfigured),
        _ => Ok(()),
    }
}

/// Reads the replication id of a primary that takes invalidations.
pub(super) fn replid(reply: Reply) -> Result<Arc<str>, Trouble> {
    let text = text(reply)?;
    match field(&text, "role:") {
        Some("master") => {}
        Some(_) => return Err(Trouble::Replica),
        None => return Err(Trouble::TooOld),
    }
    // Only a server that is to have some tells how many there are.
    if field(&text, "min_slaves_good_slaves:") == Some("0") {
        return Err(Trouble::NoReplicas);
    }
    field(&text, "master_replid:")
        .filter(|replid| !replid.is_empty())
        .map(Arc::from)
        .ok_or(Trouble::TooOld)
}

/// Whether the server has read its data.
pub(super) fn loaded(reply: Reply) -> Result<(), Trouble> {
    match field(&text(reply)?, "loading:") {
        Some("0") | None => Ok(()),
        Some(_) => Err(Trouble::Loading),
    }
}

/// Whether the server has all keys.
pub(super) fn alone(reply: Reply) -> Result<(), Trouble> {
    match field(&text(reply)?, "cluster_enabled:") {
        Some("1") => Err(Trouble::Clustered),
        _ => Ok(()),
    }
}

fn section(name: &str) -> Cmd {
    let mut command = redis::cmd("INFO");
    command.arg(name);
    command
}

fn text(reply: Reply) -> Result<String, Trouble> {
    let bytes = match reply.map_err(|err| Trouble::of_reply(&err))? {
        Value::BulkString(bytes) => bytes,
        Value::VerbatimString { text, .. } => return Ok(text),
        _ => return Err(Trouble::TooOld),
    };
    String::from_utf8(bytes).map_err(|_| Trouble::TooOld)
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    #[test]
    fn a_primary_is_known_by_its_replication_id() {
        let info = "# Replication\r\nrole:master\r\nmaster_replid:abc\r\nmaster_replid2:000\r\n";
        assert_eq!(replid(Ok(said(info))).as_deref(), Ok("abc"));
    }

    #[test]
    fn who_is_no_primary_has_none() {
        let info = "role:slave\r\nmaster_replid:abc\r\n";
        assert_eq!(replid(Ok(said(info))), Err(Trouble::Replica));
    }

    #[test]
    fn who_takes_no_writes_has_none() {
        let info = "role:master\r\nmin_slaves_good_slaves:0\r\nmaster_replid:abc\r\n";
        assert_eq!(replid(Ok(said(info))), Err(Trouble::NoReplicas));
        let info = "role:master\r\nmin_slaves_good_slaves:1\r\nmaster_replid:abc\r\n";
        assert_eq!(replid(Ok(said(info))).as_deref(), Ok("abc"));
    }

    #[test]
    fn what_cannot_be_understood_is_too_old() {
        for info in [
            "",
            "role:master\r\n",
            "role:master\r\nmaster_replid:\r\n",
            "master_replid:abc",
        ] {
            assert_eq!(replid(Ok(said(info))), Err(Trouble::TooOld), "{info}");
        }
        assert_eq!(replid(Ok(Value::Nil)), Err(Trouble::TooOld));
        assert_eq!(
            replid(Ok(Value::BulkString(vec![0xff]))),
            Err(Trouble::TooOld)
        );
    }
}
