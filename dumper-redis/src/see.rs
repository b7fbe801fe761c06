//! What Redis has of a page now.

use std::sync::Arc;

use bytes::Bytes;
use dumper::store::Unavailable;
use futures::future::try_join;
use redis::Cmd;

use crate::keys::{BASE, TOKEN};
use crate::line::{Answer, Reply};
use crate::redis::Redis;
use crate::reply::fields;
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
    /// The parts need not be of one moment: each is read after the call began, so that
    /// whatever an invalidation before has changed is seen changed. The replication id
    /// comes last: what was read before it is not of an earlier history.
    pub(crate) async fn see<const N: usize>(
        &self,
        pages: &[u8],
        wanted: &[&str; N],
        ids: &[String],
    ) -> Result<Option<Seen<N>>, Unavailable> {
        let page = hmget(pages, TOKEN, wanted.iter().copied());
        let generations = hmget(self.ledger.key(), BASE, ids.iter().map(String::as_str));
        let [page, generations] = self.both(pages, page, generations).await?;
        let (Some((token, mut page)), Some((base, mut generations))) =
            (page.true_fields()?, generations.true_fields()?)
        else {
            return Ok(None);
        };
        let pairs = ids.iter().map(|id| Pair {
            id: id.clone(),
            generation: generations.next().flatten(),
        });
        let generations = Generations {
            base,
            pairs: pairs.collect(),
        };
        Ok(Some(Seen {
            state: State { token, generations },
            fields: std::array::from_fn(|_| page.next().flatten()),
        }))
    }

    /// Asks for pages and for generations. On one server they go together; in a
    /// cluster they may be on two, of which each has its own replication id.
    async fn both(
        &self,
        pages: &[u8],
        page: Cmd,
        generations: Cmd,
    ) -> Result<[Told; 2], Unavailable> {
        if self.settings.is_cluster {
            let (page, generations) = try_join(
                self.line.ask(pages, vec![page]),
                self.line.ask(self.ledger.key(), vec![generations]),
            )
            .await?;
            return Ok([page, generations].map(|Answer { replies, replid }| Told {
                reply: replies.into_iter().next(),
                replid,
            }));
        }
        let answer = self.line.ask(pages, vec![page, generations]).await?;
        let mut replies = answer.replies.into_iter();
        Ok([(); 2].map(|()| Told {
            reply: replies.next(),
            replid: answer.replid.clone(),
        }))
    }
}

/// What a server has told.
struct Told {
    reply: Option<Reply>,
    replid: Arc<str>,
}

impl Told {
    /// The first field and the others, if the first was made under this replication id.
    fn true_fields(
        self,
    ) -> Result<Option<(Bytes, impl Iterator<Item = Option<Bytes>>)>, Unavailable> {
        let mut fields = fields(self.reply)?.into_iter();
        let first = fields.next().flatten();
        let first = first.filter(|first| is_of(first, &self.replid));
        Ok(first.map(|first| (first, fields)))
    }
}

/// Whether a token or a base was made under a replication id.
fn is_of(value: &[u8], replid: &str) -> bool {
    value.len() == replid.len() + 32 && value.starts_with(replid.as_bytes())
}

fn hmget<'a>(key: &[u8], first: &str, others: impl Iterator<Item = &'a str>) -> Cmd {
    // Room for all of it in most cases.
    let mut command = Cmd::with_capacity(8, 256);
    command.arg("HMGET").arg(key).arg(first);
    for field in others {
        command.arg(field);
    }
    command
}
