//! Pages on their way to Redis.

use std::collections::BTreeMap;

use dumper::store::{Filing, Rendered, Stamp};
use dumper::{NotStored, Path};

use crate::builder::Settings;
use crate::frame;
use crate::generations::are_older;
use crate::hints::Hint;
use crate::keys::Selected;
use crate::redis::Redis;
use crate::reply::number;
use crate::scripts::STORE;
use crate::stamp::{Claim, Generations, State};
use crate::wire::write_names;

/// The largest page: a larger one would keep others waiting on the way.
const LARGEST: usize = 8 << 20;

impl Redis {
    /// Stores a page under a lease.
    ///
    /// The generations are asked for before the page is stored. If one changes between,
    /// the page is stored, and is not true: it bears the one before.
    pub(crate) async fn keep(&self, rendered: Rendered<'_>) -> Result<Stamp, NotStored> {
        let Rendered { key, page, .. } = rendered;
        let claim = Claim::of(rendered.stamp).ok_or(NotStored::Invalidated)?;
        let kin = key.path().kin();
        if rendered.filing.paths().any(|path| path.kin() != kin) {
            return Err(NotStored::Elsewhere);
        }
        let generations = self.generations(&claim, rendered.filing).await?;

        let known = self.known(key);
        let place = &known.place;
        let selected = both(claim.selected, page.selected_by());
        let fields = self.names.fields(key, place, &selected);
        let Settings {
            version, compress, ..
        } = self.settings;
        let frame = frame::encode(version, &place.identity, page, &generations, compress);
        let frame = frame.filter(|frame| frame.len() <= LARGEST);
        let mut names = Vec::new();
        write_names(&mut names, selected.iter().map(|(name, _)| name.as_bytes()));
        let lock = claim.lock.map(|lock| (lock.field, lock.owner));
        let (lock, owner) = lock.unwrap_or_default();
        let args = vec![
            claim.state.token.to_vec(),
            fields.page.clone().into(),
            frame.ok_or(NotStored::TooLarge)?,
            place.selecting.clone().into(),
            names,
            rendered.max_variants.to_string().into(),
            self.names.label().into(),
            fastrand::u32(..).to_string().into(),
            lock.into(),
            owner.into(),
        ];
        let reply = self.run(&STORE, vec![place.pages.clone()], args).await;
        match reply.and_then(number).map_err(|_| NotStored::Unavailable)? {
            1 => {}
            0 => return Err(NotStored::Invalidated),
            _ => return Err(NotStored::TooLarge),
        }
        let hint = Hint {
            names: selected.into_iter().map(|(name, _)| name).collect(),
            ids: generations.ids().map(ToOwned::to_owned).collect(),
        };
        self.hints.remember(key, &known, hint);
        let token = claim.state.token;
        Ok(State { token, generations }.stamp())
    }

    /// The generations of all that a page is filed under, if none of them is younger
    /// than its lease.
    async fn generations(&self, claim: &Claim, filing: &Filing) -> Result<Generations, NotStored> {
        let paths: Vec<_> = filing.paths().map(Path::as_str).collect();
        let tags = filing.tags().map(|tag| self.names.tag(tag)).collect();
        let current = self.ledger.current(&paths, &tags).await;
        let current = current.map_err(|_| NotStored::Unavailable)?;
        let generations = current.ok_or(NotStored::Fenced)?.generations;
        let is_same = generations.base == claim.state.generations.base;
        if is_same && are_older(&generations, claim.sequence) {
            Ok(generations)
        } else {
            Err(NotStored::Invalidated)
        }
    }
}

/// The headers that select a page, and those that select others of its key, in order.
fn both(known: Vec<(String, Option<Vec<u8>>)>, own: &Selected) -> Vec<(String, Option<Vec<u8>>)> {
    let both: BTreeMap<_, _> = known.into_iter().chain(own.iter().cloned()).collect();
    both.into_iter().collect()
}
