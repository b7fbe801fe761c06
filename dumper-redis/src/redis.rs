//! The store.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use dumper::store::{Changes, Leased, Moves, Rendered, Stamp, Store, Stored, Unavailable};
use dumper::{Key, NotStored, RequestHeaders};

use crate::builder::{Builder, Settings};
use crate::changes::Plan;
use crate::frame;
use crate::generations::{Ledger, are_older};
use crate::hints::{Hint, Hints};
use crate::keys::Names;
use crate::line::{Call, ConnectError, Line, Reply, Script};
use crate::random;
use crate::reply::{bytes, list, number, unexpected, warn_of_others};
use crate::scripts::{LEASE, RELEASE, STORE};
use crate::see::Seen;
use crate::stamp::{Claim, Lock, State};
use crate::wire::{read_names, write_names};

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
    hints: Hints,
}

/// How long a lease lasts that nobody renews, in milliseconds.
const LEASE_MS: &str = "60000";

/// How long others wait for a render, at the most.
///
/// The lock goes with the render, whether that is stored or not: its end only matters
/// if its process has died, or the render is slow. All who ask for that page meanwhile
/// wait for as long as this, so it is short; a page that takes longer is rendered by as
/// many more processes as this fits into its time. Nothing but time depends on it.
const LOCK: Duration = Duration::from_secs(2);

/// How often what is hinted may be wrong, until a look-up gives up.
const TRIES: usize = 4;

/// The largest page: a larger one would keep others waiting on the way.
const LARGEST: usize = 64 << 20;

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
    async fn run(
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
        let place = self.names.place(key);
        let names_field = self.names.selecting(&place);
        let mut hint = self.hints.of(&place.hash);
        for _ in 0..TRIES {
            let fields = self
                .names
                .fields(key, &place, &select(&hint.names, headers));
            let wanted = [names_field.as_str(), fields.page.as_str()];
            let Some(seen) = self.see(&place.pages, &wanted, &hint.ids).await? else {
                return Ok(None);
            };
            let [names, frame] = seen.fields;
            let Some(names) = read_names(names.unwrap_or_default()) else {
                warn_of_others();
                return Ok(None);
            };
            if *names != *hint.names {
                hint.names = names.into();
                self.hints.remember(&place.hash, hint.clone());
                continue;
            }
            let Some(frame) = frame else { return Ok(None) };
            let Some(record) = frame::decode(self.settings.version, &place.identity, frame) else {
                warn_of_others();
                return Ok(None);
            };
            if !record
                .generations
                .ids()
                .eq(hint.ids.iter().map(String::as_str))
            {
                hint.ids = record.generations.ids().map(ToOwned::to_owned).collect();
                self.hints.remember(&place.hash, hint.clone());
                continue;
            }
            if record.generations != seen.state.generations || !record.page.answers(headers) {
                return Ok(None);
            }
            return Ok(Some(Stored {
                page: record.page,
                stamp: seen.state.stamp(),
            }));
        }
        Ok(None)
    }

    async fn is_current(&self, key: &Key, stamp: &Stamp) -> Result<bool, Unavailable> {
        let Some(state) = State::of(stamp) else {
            return Ok(false);
        };
        let (pages, _) = self.names.pages(&key.path().kin());
        let ids: Vec<_> = state.generations.ids().map(ToOwned::to_owned).collect();
        let seen = self.see(&pages, &[], &ids).await?;
        Ok(seen.is_some_and(|seen: Seen<0>| seen.state == state))
    }

    async fn lease(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
        may_wait: bool,
    ) -> Result<Leased, Unavailable> {
        let place = self.names.place(key);
        let hint = self.hints.of(&place.hash);
        let tags = hint.ids.iter().cloned().collect();
        let Some(current) = self.ledger.current(&[key.path().as_str()], &tags).await? else {
            return Ok(Leased::Fenced);
        };
        let selected = select(&hint.names, headers);
        let lock = may_wait.then(|| Lock {
            field: self.names.fields(key, &place, &selected).lock,
            owner: random::draw(),
        });
        let random = lock
            .as_ref()
            .map_or_else(random::draw, |lock| lock.owner.clone());
        let args = [
            random.as_str(),
            LEASE_MS,
            &self.names.selecting(&place),
            lock.as_ref().map_or("", |lock| &lock.field),
            &LOCK.as_millis().to_string(),
        ];
        let keys = vec![place.pages, place.fences];
        let mut answer =
            list(self.run(&LEASE, keys, args.map(Vec::from).into()).await?)?.into_iter();
        let mut next = || answer.next();
        match next().and_then(bytes).as_deref() {
            Some(b"fenced") => return Ok(Leased::Fenced),
            Some(b"awaited") => return awaited(next().as_ref()),
            Some(b"granted") => {}
            _ => return Err(unexpected(None)),
        }
        let token = next().and_then(bytes).ok_or_else(|| unexpected(None))?;
        let names = next().and_then(bytes).and_then(read_names);
        let selected = match names {
            Some(names) if *names != *hint.names => select(&names, headers),
            _ => selected,
        };
        let state = State {
            token,
            generations: current.generations,
        };
        let sequence = current.sequence;
        Ok(Leased::Granted(
            Claim {
                state,
                sequence,
                selected,
                lock,
            }
            .stamp(),
        ))
    }

    async fn fill(&self, rendered: Rendered<'_>) -> Result<Stamp, NotStored> {
        let Rendered { key, page, .. } = rendered;
        let claim = Claim::of(rendered.stamp).ok_or(NotStored::Invalidated)?;
        let kin = key.path().kin();
        let paths: Vec<_> = rendered.filing.paths().collect();
        if paths.iter().any(|path| path.kin() != kin) {
            return Err(NotStored::Elsewhere);
        }
        let paths: Vec<_> = paths.iter().map(|path| path.as_str()).collect();
        let tags = rendered.filing.tags().map(|tag| self.names.tag(tag));
        let current = self.ledger.current(&paths, &tags.collect()).await;
        let current = current.map_err(|_| NotStored::Unavailable)?;
        let generations = current.ok_or(NotStored::Fenced)?.generations;
        let is_same = generations.base == claim.state.generations.base;
        if !is_same || !are_older(&generations, claim.sequence) {
            return Err(NotStored::Invalidated);
        }

        let place = self.names.place(key);
        let selected = both(claim.selected, page.selected_by());
        let fields = self.names.fields(key, &place, &selected);
        let Settings {
            version, compress, ..
        } = self.settings;
        let frame = frame::encode(version, &place.identity, page, &generations, compress);
        let frame = frame.filter(|frame| frame.len() <= LARGEST);
        let frame = frame.ok_or(NotStored::TooLarge)?;
        let mut names = Vec::new();
        write_names(&mut names, selected.iter().map(|(name, _)| name.as_bytes()));
        let (lock, owner) = claim
            .lock
            .map_or_else(Default::default, |lock| (lock.field, lock.owner));
        let args = vec![
            claim.state.token.to_vec(),
            fields.page.into(),
            frame,
            self.names.selecting(&place).into(),
            names,
            rendered.max_variants.to_string().into(),
            self.names.label().into(),
            fastrand::u32(..).to_string().into(),
            lock.into(),
            owner.into(),
        ];
        let reply = self.run(&STORE, vec![place.pages], args).await;
        match reply.and_then(number).map_err(|_| NotStored::Unavailable)? {
            1 => {}
            0 => return Err(NotStored::Invalidated),
            _ => return Err(NotStored::TooLarge),
        }
        let hint = Hint {
            names: selected.into_iter().map(|(name, _)| name).collect(),
            ids: generations.ids().map(ToOwned::to_owned).collect(),
        };
        self.hints.remember(&place.hash, hint);
        let token = claim.state.token;
        Ok(State { token, generations }.stamp())
    }

    fn release(&self, key: &Key, stamp: &Stamp) {
        let Some(Lock { field, owner }) = Claim::of(stamp).and_then(|claim| claim.lock) else {
            return;
        };
        let (pages, _) = self.names.pages(&key.path().kin());
        let mut command = redis::cmd("EVAL");
        command
            .arg(RELEASE)
            .arg(1)
            .arg(&pages)
            .arg(field)
            .arg(owner);
        self.line.post(&pages, vec![command]);
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

/// The values that headers have in a request.
fn select(names: &[String], headers: &RequestHeaders<'_>) -> Vec<(String, Option<Vec<u8>>)> {
    names
        .iter()
        .map(|name| (name.clone(), headers(name)))
        .collect()
}

/// The headers that select a page, and those that select others of its key, in order.
fn both(
    known: Vec<(String, Option<Vec<u8>>)>,
    own: &[(String, Option<Vec<u8>>)],
) -> Vec<(String, Option<Vec<u8>>)> {
    let both: BTreeMap<_, _> = known.into_iter().chain(own.iter().cloned()).collect();
    both.into_iter().collect()
}

fn awaited(left: Option<&redis::Value>) -> Result<Leased, Unavailable> {
    match left {
        Some(redis::Value::Int(left)) => {
            let left = Duration::from_millis(left.unsigned_abs());
            Ok(Leased::Awaited(left.min(LOCK)))
        }
        _ => Err(unexpected(None)),
    }
}
