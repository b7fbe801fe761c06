//! Leases, and the locks that keep others from rendering the same.

use std::time::Duration;

use bytes::Bytes;
use dumper::store::{Leased, Stamp, Unavailable};
use dumper::{Key, RequestHeaders};
use futures::future::try_join;
use redis::Value;

use crate::hints::Known;
use crate::keys::{Names, Place, select};
use crate::random;
use crate::redis::Redis;
use crate::reply::{bytes, list, unexpected};
use crate::scripts::{LEASE, RELEASE};
use crate::stamp::{Claim, Lock, State};
use crate::wire::read_names;

/// How long a lease lasts that nobody renews, in milliseconds.
const LEASE_MS: &str = "60000";

/// How long others wait for a render, at the most.
///
/// The lock goes with the render, whether that is stored or not: its end only matters
/// if its process has died, or the render is slow. All who ask for that page meanwhile
/// wait for as long as this, so it is short; a page that takes longer is rendered by as
/// many more processes as this fits into its time. Nothing but time depends on it.
const LOCK: Duration = Duration::from_secs(2);

/// What the script answers.
enum Answer {
    Fenced,
    Awaited(Duration),
    Granted { token: Bytes, names: Option<Bytes> },
}

impl Redis {
    /// Gives a lease, and takes the lock of the render for who could have waited for
    /// another's.
    ///
    /// Generations and token need not be of one moment, since both are read before
    /// anything is read for the page.
    pub(crate) async fn grant(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
        may_wait: bool,
    ) -> Result<Leased, Unavailable> {
        let known = self.known(key);
        let Known { place, hint } = &*known;
        let tags = hint.ids.iter().cloned().collect();
        let paths = [key.path().as_str()];
        let mut selected = select(&hint.names, headers);
        let lock = may_wait.then(|| Lock {
            field: self.names.fields(key, place, &selected).lock.clone(),
            owner: random::draw(),
        });
        let (current, answer) = try_join(
            self.ledger.current(&paths, &tags),
            self.take(place, lock.as_ref()),
        )
        .await?;
        let Some(current) = current else {
            self.unlock(&place.pages, lock);
            return Ok(Leased::Fenced);
        };
        let (token, names) = match answer {
            Answer::Fenced => return Ok(Leased::Fenced),
            Answer::Awaited(left) => return Ok(Leased::Awaited(left)),
            Answer::Granted { token, names } => (token, names.and_then(read_names)),
        };
        if let Some(names) = names {
            selected = select(&names, headers);
        }
        let generations = current.generations;
        let claim = Claim {
            state: State { token, generations },
            sequence: current.sequence,
            selected,
            lock,
        };
        Ok(Leased::Granted(claim.stamp()))
    }

    /// Lets others render the page.
    pub(crate) fn give_back(&self, key: &Key, stamp: &Stamp) {
        let pages = self.names.pages(&key.path().kin());
        self.unlock(&pages, Claim::of(stamp).and_then(|claim| claim.lock));
    }

    /// Takes the lock of a render away, and does not wait to hear of it.
    fn unlock(&self, pages: &[u8], lock: Option<Lock>) {
        let Some(Lock { field, owner }) = lock else {
            return;
        };
        let mut command = redis::cmd("EVAL");
        command.arg(RELEASE).arg(1).arg(pages);
        command.arg(field).arg(owner);
        self.line.post(pages, vec![command]);
    }

    async fn take(&self, place: &Place, lock: Option<&Lock>) -> Result<Answer, Unavailable> {
        let args = [
            lock.map_or_else(random::draw, |lock| lock.owner.clone()),
            LEASE_MS.to_owned(),
            place.selecting.clone(),
            lock.map_or_else(String::new, |lock| lock.field.clone()),
            LOCK.as_millis().to_string(),
        ];
        let keys = vec![place.pages.clone(), Names::fences(&place.pages)];
        let reply = self.run(&LEASE, keys, args.map(Vec::from).into()).await?;
        let mut answer = list(reply)?.into_iter();
        let what = answer.next().and_then(bytes);
        match (what.as_deref(), answer.next(), answer.next()) {
            (Some(b"fenced"), ..) => Ok(Answer::Fenced),
            (Some(b"awaited"), Some(Value::Int(left)), _) => {
                let left = Duration::from_millis(left.unsigned_abs());
                Ok(Answer::Awaited(left.min(LOCK)))
            }
            (Some(b"granted"), Some(Value::BulkString(token)), names) => Ok(Answer::Granted {
                token: token.into(),
                names: names.and_then(bytes),
            }),
            _ => Err(unexpected(None)),
        }
    }
}
