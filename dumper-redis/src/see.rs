//! What Redis has of a page now.

use std::iter;

use bytes::Bytes;
use dumper::store::Unavailable;
use redis::Cmd;

use crate::keys::{BASE, TOKEN};
use crate::line::{Question, Sight, View};
use crate::redis::Redis;
use crate::reply::{field, fields};
use crate::stamp::{Generations, Pair, State};

/// The fields that were asked for, and the state that is true now.
pub(crate) struct Seen<const N: usize> {
    pub(crate) state: State,
    pub(crate) fields: [Option<Bytes>; N],
}

impl Redis {
    /// Asks for fields of the pages of a path, and for the generations of tags and
    /// entities, with what tells whether any of it is true. `None` if nothing is.
    ///
    /// The parts need not be of one moment: each is read after the call began, or
    /// has not changed since, so that whatever an invalidation before has changed is
    /// seen changed. The replication id comes last, or is known: what was read is not
    /// of an earlier history.
    pub(crate) async fn see<const N: usize>(
        &self,
        pages: &[u8],
        wanted: &[&str; N],
        ids: &[String],
    ) -> Result<Option<Seen<N>>, Unavailable> {
        let command = || {
            // Room for all of it in most cases.
            let mut command = Cmd::with_capacity(8, 256);
            command.arg("HMGET").arg(pages).arg(TOKEN).arg(wanted);
            command
        };
        let ids_and_base = with_base(ids.iter().map(String::as_str));
        let Sight {
            reply,
            replid,
            view,
        } = self
            .line
            .see(&self.question(pages, &command, &ids_and_base))
            .await?;
        let mut page = fields(Some(reply))?.into_iter();
        let token = page.next().flatten();
        let (Some(token), Some(generations)) = (
            token.filter(|token| is_of(token, &replid)),
            generations(&view, ids),
        ) else {
            return Ok(None);
        };
        Ok(Some(Seen {
            state: State { token, generations },
            fields: std::array::from_fn(|_| page.next().flatten()),
        }))
    }

    /// Whether the pages of a path are in a state still.
    pub(crate) async fn is(&self, pages: &[u8], state: &State) -> Result<bool, Unavailable> {
        let command = || {
            let mut command = Cmd::with_capacity(3, 128);
            command.arg("HGET").arg(pages).arg(TOKEN);
            command
        };
        let State { token, generations } = state;
        let ids = with_base(generations.ids());
        let sight = self.line.see(&self.question(pages, &command, &ids)).await?;
        let found = field(Some(sight.reply))?;
        let base = sight.view.field(BASE);
        let mut pairs = generations.pairs.iter();
        Ok(found.as_ref() == Some(token)
            && is_of(token, &sight.replid)
            && base == Some(&generations.base)
            && is_of(&generations.base, &sight.view.replid)
            && pairs.all(|pair| sight.view.field(&pair.id) == pair.generation.as_ref()))
    }

    fn question<'a>(
        &'a self,
        pages: &'a [u8],
        command: &'a (dyn Fn() -> Cmd + Sync),
        fields: &'a [&'a str],
    ) -> Question<'a> {
        Question {
            key: pages,
            command,
            hash: self.ledger.key(),
            fields,
        }
    }
}

/// What is asked for of the generations.
fn with_base<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    iter::once(BASE).chain(ids).collect()
}

/// The generations as they are, if the base was made under this replication id.
fn generations(view: &View, ids: &[String]) -> Option<Generations> {
    let base = view.field(BASE)?;
    let pairs = ids.iter().map(|id| Pair {
        id: id.clone(),
        generation: view.field(id).cloned(),
    });
    is_of(base, &view.replid).then(|| Generations {
        base: base.clone(),
        pairs: pairs.collect(),
    })
}

/// Whether a token or a base was made under a replication id.
fn is_of(value: &[u8], replid: &str) -> bool {
    value.len() == replid.len() + 32 && value.starts_with(replid.as_bytes())
}
