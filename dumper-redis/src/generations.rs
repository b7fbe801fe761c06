//! Generations of tags, entities and all, as Redis has them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use dumper::store::{Moves, Unavailable};

use crate::keys::{BASE, Names, REGISTRY};
use crate::line::{Call, Line, Script};
use crate::random;
use crate::registry::Registry;
use crate::reply::{bytes, fields, list, unexpected};
use crate::scripts::{CHANGE, CURRENT};
use crate::stamp::{Generations, Pair};

/// The hash of generations, and what is known of it.
#[derive(Debug)]
pub(crate) struct Ledger {
    line: Line,
    key: Vec<u8>,
    fences: Vec<u8>,
    registry: Mutex<Arc<Registry>>,
}

/// The generations as they are.
#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) generations: Generations,
    /// How many were made under their base.
    pub(crate) sequence: u64,
}

/// What becomes of a tag, an entity, or all pages.
#[derive(Debug)]
pub(crate) struct Renewal {
    pub(crate) id: String,
    /// `stands`, `lifted` or nothing.
    pub(crate) fence: &'static str,
    /// The entity's entry in the registry.
    pub(crate) entry: String,
}

/// What is common to changes made at a time.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) writer: String,
    pub(crate) stands: String,
    pub(crate) is_renewal: bool,
}

/// How often something may change while it is asked for, until that is given up.
const TRIES: usize = 4;

impl Ledger {
    pub(crate) fn new(line: Line, names: &Names) -> Self {
        Self {
            line,
            key: names.generations(),
            fences: names.generations_fences(),
            registry: Mutex::default(),
        }
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The generations of all that may have a page at these paths, and of what is
    /// named. `None` if a fence stands on any of it.
    pub(crate) async fn current(
        &self,
        paths: &[&str],
        named: &BTreeSet<String>,
    ) -> Result<Option<Current>, Unavailable> {
        for _ in 0..TRIES {
            let registry = self.known();
            let mut ids = named.clone();
            for path in paths {
                ids.extend(registry.ids(path).map(ToOwned::to_owned));
            }
            let Some(current) = self.ask(ids).await? else {
                return Ok(None);
            };
            if current.generations.base == registry.base {
                return Ok(Some(current));
            }
            self.learn().await?;
        }
        Err(Unavailable::new("too many changes"))
    }

    /// Makes renewals, and tells of moves.
    pub(crate) async fn change(
        &self,
        terms: &Terms,
        moved: bool,
        renewals: impl IntoIterator<Item = Renewal>,
    ) -> Result<Moves, Unavailable> {
        let terms = [
            if moved { "moved" } else { "" },
            if terms.is_renewal { "renew" } else { "" },
            &terms.writer,
            &terms.stands,
        ];
        let mut args: Vec<Vec<u8>> = vec![random::draw().into()];
        args.extend(terms.map(Vec::from));
        for Renewal { id, fence, entry } in renewals {
            args.extend([id.into(), fence.into(), entry.into()]);
        }
        let calls = self.call(&CHANGE, args);
        let replies = self.line.run_and_settle(&self.key, calls).await?;
        let reply = list(replies.into_iter().next())?;
        match reply.into_iter().map(bytes).collect::<Vec<_>>().as_slice() {
            [Some(found), Some(left)] => Ok(Moves {
                found: found.clone(),
                left: left.clone(),
            }),
            _ => Err(unexpected(None)),
        }
    }

    async fn ask(&self, ids: BTreeSet<String>) -> Result<Option<Current>, Unavailable> {
        let names = ids.iter().map(|id| id.clone().into_bytes());
        let args = [random::draw().into_bytes()].into_iter().chain(names);
        let calls = self.call(&CURRENT, args.collect());
        let replies = self.line.run(&self.key, calls).await?;
        let mut reply = list(replies.into_iter().next())?.into_iter().map(bytes);
        match reply.next().flatten().as_deref() {
            Some(b"fenced") => return Ok(None),
            Some(b"open") => {}
            _ => return Err(unexpected(None)),
        }
        let (base, sequence) = (reply.next().flatten(), reply.next().flatten());
        let sequence = sequence.as_deref().and_then(number);
        let (Some(base), Some(sequence)) = (base, sequence) else {
            return Err(unexpected(None));
        };
        let pairs = ids.into_iter().zip(reply);
        let pairs = pairs.map(|(id, generation)| Pair { id, generation });
        let generations = Generations {
            base,
            pairs: pairs.collect(),
        };
        Ok(Some(Current {
            generations,
            sequence,
        }))
    }

    /// Reads the registry anew.
    async fn learn(&self) -> Result<(), Unavailable> {
        let mut command = redis::cmd("HMGET");
        command.arg(&self.key).arg(BASE).arg(REGISTRY);
        let answer = self.line.ask(&self.key, vec![command]).await?;
        let mut known = fields(answer.replies.into_iter().next())?.into_iter();
        let base = known.next().flatten().unwrap_or_default();
        let text = known.next().flatten().unwrap_or_default();
        match Registry::read(base, &text) {
            Some(registry) => {
                *self.registry.lock().unwrap_or_else(PoisonError::into_inner) = registry.into();
                Ok(())
            }
            None => self.forget_registry().await,
        }
    }

    /// Begins a registry anew that cannot be read: all pages go, since it is not known
    /// which entities they are of.
    async fn forget_registry(&self) -> Result<(), Unavailable> {
        crate::reply::warn_of_others();
        let terms = Terms {
            writer: "0".repeat(32),
            stands: "0".to_owned(),
            is_renewal: false,
        };
        let registry = Renewal {
            id: REGISTRY.to_owned(),
            fence: "",
            entry: String::new(),
        };
        self.change(&terms, false, [registry]).await.map(drop)
    }

    fn known(&self) -> Arc<Registry> {
        let registry = self.registry.lock();
        registry.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn call(&self, script: &'static Script, args: Vec<Vec<u8>>) -> Vec<Call> {
        vec![Call {
            script,
            keys: vec![self.key.clone(), self.fences.clone()],
            args,
        }]
    }
}

/// The number of a generation: how many had been made under its base. It stands at both
/// ends, or somebody else has changed it.
pub(crate) fn number(generation: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(generation).ok()?;
    let (number, rest) = text.split_once(':')?;
    let again = rest.rsplit(':').next();
    number.parse().ok().filter(|_| again == Some(number))
}

/// Whether all of these generations were there when so many had been made.
pub(crate) fn are_older(generations: &Generations, sequence: u64) -> bool {
    let mut made = generations
        .pairs
        .iter()
        .filter_map(|pair| pair.generation.as_deref());
    made.all(|generation| number(generation).is_some_and(|number| number <= sequence))
}
