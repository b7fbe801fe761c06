//! Sending a pair.

use super::pair::Pair;
use super::shrink::shrunk;
use super::site::Site;
use super::verdict::complaint;
use super::{Setting, setting};

/// Sites to send pairs to, one for each setting.
#[derive(Debug)]
pub struct Trial {
    sites: Vec<Site>,
}

/// How it went with a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server reads one of the requests as none.
    Refused,
    /// The second request was answered by the app.
    Rendered,
    /// The second request was answered from the cache.
    Hit {
        /// Whether it was another request than the first.
        differs: bool,
    },
    /// It was answered as the app would not have.
    Failed(String),
}

impl Trial {
    /// Starts the app in each setting.
    pub async fn start() -> Self {
        let mut sites = Vec::new();
        for setting in Setting::ALL {
            sites.push(setting::site(setting).await);
        }
        Self { sites }
    }

    /// Takes one site for all settings.
    #[must_use]
    pub fn of(site: Site) -> Self {
        Self { sites: vec![site] }
    }

    /// Sends the pair that some bytes make, to an empty cache.
    pub async fn send(&self, bytes: &[u8]) -> Outcome {
        let pair = Pair::of(bytes);
        let at = Setting::ALL
            .iter()
            .position(|setting| *setting == pair.setting);
        let site = at
            .and_then(|at| self.sites.get(at))
            .unwrap_or(&self.sites[0]);
        try_pair(site, pair).await.unwrap_or(Outcome::Refused)
    }

    /// Sends the pair that some bytes make, and panics with the simplest one that
    /// fails in the same way, if it does.
    pub async fn check(&self, bytes: &[u8]) -> Outcome {
        let outcome = self.send(bytes).await;
        if let Outcome::Failed(_) = outcome {
            panic!("{}", self.told(bytes).await);
        }
        outcome
    }

    /// Tells of a pair that fails in the simplest form that still does.
    pub async fn told(&self, bytes: &[u8]) -> String {
        let bytes = shrunk(self, bytes).await;
        let pair = Pair::of(&bytes);
        match self.send(&bytes).await {
            Outcome::Failed(complaint) => format!("{pair}\nis answered with {complaint}"),
            outcome => format!("{pair}\nfailed once, and then was {outcome:?}"),
        }
    }
}

async fn try_pair(site: &Site, pair: Pair) -> Option<Outcome> {
    site.forget();
    let differs = pair.differs();
    let setting = pair.setting;
    let earlier = site.cached(pair.first.read()?).await;
    let mut request = pair.second;
    if pair.knows_first
        && earlier.status == 200
        && let Some(etag) = earlier.header("etag")
    {
        request
            .headers
            .push(("if-none-match", etag.as_bytes().to_vec()));
    }
    let answer = site.cached(request.read()?).await;
    Some(
        match complaint(site, setting, &request, &answer, &earlier).await {
            Some(complaint) => Outcome::Failed(complaint),
            None if answer.is_hit() => Outcome::Hit { differs },
            None => Outcome::Rendered,
        },
    )
}
