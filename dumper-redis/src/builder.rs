//! How a store is connected.

use std::time::Duration;

use crate::keys::Names;
use crate::line::{ConnectError, Line, Target};
use crate::redis::Redis;
use crate::release;

/// Sets how a [`Redis`] is connected; made by [`Redis::builder`].
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it connects"]
pub struct Builder {
    url: String,
    nodes: Option<Vec<String>>,
    namespace: String,
    release: Option<String>,
    deadline: Duration,
    compress: bool,
    version: u8,
}

/// What a store needs to know of how it was built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) version: u8,
    pub(crate) compress: bool,
    pub(crate) is_cluster: bool,
}

/// The version of the form in which pages are kept, and of where.
const VERSION: u8 = 1;

impl Builder {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            nodes: None,
            namespace: "dumper.cached_path.".to_owned(),
            release: None,
            deadline: Duration::from_millis(50),
            compress: true,
            version: VERSION,
        }
    }

    /// Sets what all keys begin with: `dumper.cached_path.` by default.
    ///
    /// Two applications must not share it, nor one application in test and in
    /// production.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Names the release of the application: pages of another are not served, while
    /// the writes of all releases drop the pages of all.
    ///
    /// By default it is a hash of the program's file, so that a new build does not
    /// show what older templates made; of a build with debug assertions, its time and
    /// length. Name it yourself if templates are read at run
    /// time, or if machines that are to share pages run different files.
    pub fn release(mut self, release: impl Into<String>) -> Self {
        self.release = Some(release.into());
        self
    }

    /// Sets how long a call may take until the page is rendered instead: 50 ms by
    /// default.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets whether bodies from 2 KiB are compressed in Redis, by zstd, where that
    /// makes them smaller: `true` by default.
    pub fn compress(mut self, compress: bool) -> Self {
        self.compress = compress;
        self
    }

    /// Connects to a Redis cluster, of which the URL is one node's, and these are
    /// others', to begin with if that one is down. There may be none.
    pub fn cluster<U: Into<String>>(mut self, urls: impl IntoIterator<Item = U>) -> Self {
        self.nodes = Some(urls.into_iter().map(Into::into).collect());
        self
    }

    #[cfg(test)]
    pub(crate) fn version(mut self, version: u8) -> Self {
        self.version = version;
        self
    }

    /// Connects; see [`Redis::connect`].
    ///
    /// # Errors
    ///
    /// Returns [`ConnectError`] for what will never work.
    pub async fn connect(self) -> Result<Redis, ConnectError> {
        let target = match &self.nodes {
            None => Target::server(&self.url)?,
            Some(nodes) => Target::cluster([&self.url].into_iter().chain(nodes))?,
        };
        let release = self.release.as_deref().unwrap_or_else(|| release::own());
        let names = Names::new(&self.namespace, self.version, release);
        let settings = Settings {
            version: self.version,
            compress: self.compress,
            is_cluster: self.nodes.is_some(),
        };
        let line = Line::start(target.deadline(self.deadline));
        line.first_try().await;
        Ok(Redis::new(line, names, settings))
    }
}
