//! Calls of scripts.

use dumper::store::Unavailable;
use redis::{Cmd, ServerErrorKind};

use super::{Line, Reply};

/// A script in Lua, with the hash that Redis knows it by.
#[derive(Debug)]
pub(crate) struct Script {
    code: &'static str,
    hash: String,
}

impl Script {
    pub(crate) fn new(code: &'static str) -> Self {
        let hash = redis::Script::new(code).get_hash().to_owned();
        Self { code, hash }
    }
}

/// A script with what it is given.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) script: &'static Script,
    pub(crate) keys: Vec<Vec<u8>>,
    pub(crate) args: Vec<Vec<u8>>,
}

impl Call {
    fn by_hash(&self) -> Cmd {
        self.command("EVALSHA", &self.script.hash)
    }

    fn by_code(&self) -> Cmd {
        self.command("EVAL", self.script.code)
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len());
        for part in self.keys.iter().chain(&self.args) {
            command.arg(part.as_slice());
        }
        command
    }
}

impl Line {
    /// Runs scripts on the primary that has the slot of a key, in order, and returns
    /// what they return. Those that Redis does not know are sent to it, and run after
    /// the others.
    ///
    /// # Errors
    ///
    /// As [`tell`](Self::tell).
    pub(crate) async fn run(
        &self,
        key: &[u8],
        calls: Vec<Call>,
    ) -> Result<Vec<Reply>, Unavailable> {
        self.run_all(key, calls, false).await
    }

    /// Runs scripts that invalidate, as [`tell`](Self::tell) does commands.
    ///
    /// # Errors
    ///
    /// As [`tell`](Self::tell).
    pub(crate) async fn run_and_settle(
        &self,
        key: &[u8],
        calls: Vec<Call>,
    ) -> Result<Vec<Reply>, Unavailable> {
        self.run_all(key, calls, true).await
    }

    async fn run_all(
        &self,
        key: &[u8],
        calls: Vec<Call>,
        settles: bool,
    ) -> Result<Vec<Reply>, Unavailable> {
        let by = self.by();
        let commands = calls.iter().map(Call::by_hash).collect();
        let mut replies = self.send_by(key, commands, by, settles).await?;
        let (unknown, commands): (Vec<_>, Vec<_>) = replies
            .iter_mut()
            .zip(&calls)
            .filter(|(reply, _)| is_unknown(reply))
            .map(|(reply, call)| (reply, call.by_code()))
            .unzip();
        if commands.is_empty() {
            return Ok(replies);
        }
        for (reply, second) in unknown
            .into_iter()
            .zip(self.send_by(key, commands, by, settles).await?)
        {
            *reply = second;
        }
        Ok(replies)
    }
}

fn is_unknown(reply: &Reply) -> bool {
    reply
        .as_ref()
        .is_err_and(|err| err.kind() == Some(ServerErrorKind::NoScript))
}
