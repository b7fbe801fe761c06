//! What a process of the site is started with, as words of a command line.

use std::time::Duration;

/// How long nothing is stored of what a write touches whose end was not seen.
pub(crate) const FENCE_DEADLINE: Duration = Duration::from_secs(2);

/// What a process of the site is started with.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Whether it is dumper that is put to the test.
    pub(crate) is_dumper: bool,
    pub(crate) database: String,
    /// One, or those of a cluster.
    pub(crate) redis: Vec<String>,
    /// Whether it keeps near copies.
    pub(crate) near: bool,
    /// Which version of the application it is.
    pub(crate) release: String,
}

impl Settings {
    pub(crate) fn words(&self) -> Vec<String> {
        let flag = |is: bool| if is { "yes" } else { "no" };
        vec![
            flag(self.is_dumper).to_owned(),
            self.database.clone(),
            self.redis.join(","),
            flag(self.near).to_owned(),
            self.release.clone(),
        ]
    }

    /// Reads what [`words`](Self::words) has written.
    pub(crate) fn read(words: &[String]) -> Option<Self> {
        let [is_dumper, database, redis, near, release] = words else {
            return None;
        };
        Some(Self {
            is_dumper: is_dumper == "yes",
            database: database.clone(),
            redis: redis.split(',').map(str::to_owned).collect(),
            near: near == "yes",
            release: release.clone(),
        })
    }
}
