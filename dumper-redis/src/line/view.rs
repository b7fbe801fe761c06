//! What a connection knows of its server, so that it need not ask.
//!
//! Who the server is takes longer to ask than a page. So what it has answered is
//! [believed](BELIEVED) for a moment, together with the fields of one hash that seldom
//! changes. The connection tracks that hash: a server that changes it, or exchanges all
//! its data for that of another, says so by the same connection, before it answers
//! anything that was asked later.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dumper::store::Unavailable;
use redis::{Cmd, Value};
use tokio::time::Instant;

use super::Reply;
use super::trouble::Trouble;
use crate::reply::fields;

/// How long it is believed who the server is, from when it was asked. What is written
/// in a new history [settles](super::histories) for longer.
pub(super) const BELIEVED: Duration = Duration::from_millis(50);

/// How many fields are known at most.
const KNOWN: usize = 1024;

/// What is asked for a hit: something of a key, and fields of a hash that seldom
/// changes.
pub(crate) struct Question<'a> {
    pub(crate) key: &'a [u8],
    /// What is asked of the key.
    pub(crate) command: &'a (dyn Fn() -> Cmd + Sync),
    pub(crate) hash: &'a [u8],
    pub(crate) fields: &'a [&'a str],
}

/// What is answered to a question.
#[derive(Debug)]
pub(crate) struct Sight {
    pub(crate) reply: Reply,
    /// The replication id of the server that has the key, after it had replied.
    pub(crate) replid: Arc<str>,
    pub(crate) view: Arc<View>,
}

/// The fields of a hash, and the replication id of the server that has it.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) replid: Arc<str>,
    fields: HashMap<Box<str>, Option<Bytes>>,
}

/// A view, and how long it is true.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) view: Arc<View>,
    /// How often the server had told of changes.
    pub(super) changes: u64,
    pub(super) until: Instant,
}

impl Sight {
    /// What is seen by what was known.
    pub(super) fn by(value: Value, view: Arc<View>) -> Self {
        Self {
            reply: Ok(value),
            replid: Arc::clone(&view.replid),
            view,
        }
    }

    pub(super) fn of(
        reply: Option<Reply>,
        replid: Arc<str>,
        view: View,
    ) -> Result<Self, Unavailable> {
        Ok(Self {
            reply: reply.ok_or_else(|| Trouble::Lost.unavailable())?,
            replid,
            view: view.into(),
        })
    }
}

impl Question<'_> {
    pub(super) fn about_hash(&self) -> Cmd {
        let mut command = redis::cmd("HMGET");
        command.arg(self.hash).arg(self.fields);
        command
    }
}

impl View {
    /// Reads what was replied to a question about its hash.
    pub(super) fn of(
        question: &Question<'_>,
        reply: Option<Reply>,
        replid: Arc<str>,
    ) -> Result<Self, Unavailable> {
        let mut values = fields(reply)?.into_iter();
        let names = question.fields.iter();
        let fields = names.map(|&name| (name.into(), values.next().flatten()));
        Ok(Self {
            replid,
            fields: fields.collect(),
        })
    }

    /// The value of a field that was asked for, if it has one.
    pub(crate) fn field(&self, name: &str) -> Option<&Bytes> {
        self.fields.get(name)?.as_ref()
    }

    pub(super) fn has_all(&self, names: &[&str]) -> bool {
        names.iter().all(|&name| self.fields.contains_key(name))
    }
}

impl Known {
    /// Adds what was known before, and is true still.
    pub(super) fn and(mut self, earlier: &Self) -> Self {
        let is_same = earlier.changes == self.changes && earlier.view.replid == self.view.replid;
        if is_same && earlier.view.fields.len() + self.view.fields.len() <= KNOWN {
            let view = Arc::make_mut(&mut self.view);
            for (name, value) in &earlier.view.fields {
                view.fields
                    .entry(name.clone())
                    .or_insert_with(|| value.clone());
            }
        }
        self
    }
}
