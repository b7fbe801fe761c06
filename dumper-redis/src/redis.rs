//! The store.

use std::fmt;

use dumper::store::{Changes, Leased, Moves, Rendered, Stamp, Store, Stored, Unavailable};
use dumper::{Key, NotStored, RequestHeaders};

use crate::builder::{Builder, Settings};
use crate::changes::Plan;
use crate::generations::Ledger;
use crate::hints::Hints;
use crate::keys::Names;
use crate::line::{Call, ConnectError, Line, Reply, Script};

/// The pages of a cache in Redis, for all processes that use the same server and
/// namespace.
///
/// A page that another process has stored is served by this one, and a write that any
/// of them makes drops it for all. What that rests on is told in the [crate's
/// documentation](crate).
///
/// # Examples
///
/// ```no_run
/// # async fn doc() -> Result<(), dumper_redis::ConnectError> {
/// use dumper_redis::Redis;
///
/// let redis = Redis::connect("redis://127.0.0.1").await?;
/// # drop(redis);
/// # Ok(())
/// # }
/// ```
pub struct Redis {
    pub(crate) line: Line,
    pub(crate) names: Names,
    pub(crate) ledger: Ledger,
    pub(crate) settings: Settings,
    pub(crate) hints: Hints,
}

impl Redis {
    /// Connects to the server of a URL such as `redis://user:password@host:6379/0`;
    /// see [`builder`](Self::builder) for more.
    ///
    /// It waits for the first attempt, and no longer: a server that is not there is
    /// tried again and again in the background, and until it answers nothing is
    /// served from it.
    ///
    /// # Errors
    ///
    /// Returns [`ConnectError`] for what will never work.
    pub async fn connect(url: impl Into<String>) -> Result<Self, ConnectError> {
        Self::builder(url).connect().await
    }

    /// Begins with the URL of a server.
    pub fn builder(url: impl Into<String>) -> Builder {
        Builder::new(url.into())
    }

    pub(crate) fn new(line: Line, names: Names, settings: Settings) -> Self {
        Self {
            ledger: Ledger::new(line.clone(), &names),
            line,
            names,
            settings,
            hints: Hints::default(),
        }
    }

    /// Runs one script on the pages of a path.
    pub(crate) async fn run(
        &self,
        script: &'static Script,
        keys: Vec<Vec<u8>>,
        args: Vec<Vec<u8>>,
    ) -> Result<Option<Reply>, Unavailable> {
        let key = keys.first().cloned().unwrap_or_default();
        let calls = vec![Call { script, keys, args }];
        Ok(self.line.run(&key, calls).await?.into_iter().next())
    }
}

impl Store for Redis {
    async fn look_up(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
    ) -> Result<Option<Stored>, Unavailable> {
        self.find(key, headers).await
    }

    async fn is_current(&self, key: &Key, stamp: &Stamp) -> Result<bool, Unavailable> {
        self.is_true(key, stamp).await
    }

    async fn lease(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
        may_wait: bool,
    ) -> Result<Leased, Unavailable> {
        self.grant(key, headers, may_wait).await
    }

    async fn fill(&self, rendered: Rendered<'_>) -> Result<Stamp, NotStored> {
        self.keep(rendered).await
    }

    fn release(&self, key: &Key, stamp: &Stamp) {
        self.give_back(key, stamp);
    }

    async fn apply(&self, changes: &Changes<'_>) -> Result<Moves, Unavailable> {
        self.carry_out(Plan::of(changes, &self.names)).await
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").finish_non_exhaustive()
    }
}
