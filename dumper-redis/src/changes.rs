//! What becomes of pages when rows are written.

use dumper::Kin;
use dumper::store::{Change, Changes, Fence, Moves, Reached, Unavailable};
use futures::future::try_join_all;

use crate::generations::{Renewal, Terms};
use crate::keys::{ALL, Names};
use crate::line::{Call, Reply};
use crate::redis::Redis;
use crate::registry::entry;
use crate::reply::unexpected;
use crate::scripts::FENCE;

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Plan {
    terms: Terms,
    moved: bool,
    /// Pages to be dropped, by their keys.
    unlinked: Vec<Vec<u8>>,
    /// Pages to be dropped, with a fence.
    fenced: Vec<Call>,
    renewals: Vec<Renewal>,
}

/// How many changes go together. Redis takes about 5 us for a script and less for
/// keys, so that a call stays far within its deadline.
const AT_ONCE: usize = 500;
/// How many calls go at the same time to the servers of a cluster.
const CALLS: usize = 64;

impl Plan {
    pub(crate) fn of(changes: &Changes<'_>, names: &Names) -> Self {
        let stands = changes.time_to_live.as_millis().max(1);
        let terms = Terms {
            writer: format!("{:032x}", changes.writer),
            stands: stands.to_string(),
            is_renewal: changes.renew,
        };
        let mut plan = Self::empty(terms, changes.moved);
        for Change { reached, fence } in changes.changes {
            plan.add(*reached, *fence, names);
        }
        plan
    }

    pub(crate) fn empty(terms: Terms, moved: bool) -> Self {
        Self {
            terms,
            moved,
            unlinked: Vec::new(),
            fenced: Vec::new(),
            renewals: Vec::new(),
        }
    }

    fn add(&mut self, reached: Reached<'_>, fence: Fence, names: &Names) {
        match reached {
            // A mark of its own for each that a fence may stand on: one may be lifted
            // and another stand.
            Reached::Path(path) => self.drop_path(&path.kin(), path.as_str(), fence, names),
            Reached::Kin(kin) => self.drop_path(kin, "", fence, names),
            Reached::Tag(tag) => self.renew(names.tag(tag), fence, String::new()),
            Reached::Entity(entity) => self.entity(entity.name(), entity.patterns(), fence, names),
            // What a later version reaches is not known to this one.
            _ => self.renew(ALL.to_owned(), fence, String::new()),
        }
    }

    pub(crate) fn entity(&mut self, name: &str, patterns: &[String], fence: Fence, names: &Names) {
        let id = names.entity(name, patterns);
        let entry = entry(&id, patterns);
        self.renew(id, fence, entry);
    }

    fn drop_path(&mut self, kin: &Kin, path: &str, fence: Fence, names: &Names) {
        let pages = names.pages(kin);
        let fences = Names::fences(&pages);
        let what = match fence {
            Fence::None => return self.unlinked.push(pages),
            Fence::Stands if self.terms.is_renewal => "renew",
            Fence::Stands => "raise",
            Fence::Lifted => "lift",
        };
        let mark = format!("{}{}", self.terms.writer, names.path(path));
        self.fenced.push(Call {
            script: &FENCE,
            keys: vec![pages, fences],
            args: [what, &mark, &self.terms.stands].map(Vec::from).into(),
        });
    }

    fn renew(&mut self, id: String, fence: Fence, entry: String) {
        let fence = match fence {
            Fence::None => "",
            Fence::Stands => "stands",
            Fence::Lifted => "lifted",
        };
        self.renewals.push(Renewal { id, fence, entry });
    }
}

impl Redis {
    /// Does what is planned, all of it or with an error.
    ///
    /// The mark of moves is swapped *before* any page is dropped or fence lifted. Say
    /// that A moves a row from `a` to `c`, and B the same row from `a` to `b`, with B's
    /// commit the later: nobody but A knows of `c`. Once A has lifted its fence from
    /// `c`, the page may be stored as A has left it, before B commits; B has to find
    /// then that somebody has moved rows, in order to drop more than it knows. If A
    /// swapped last, B could come between, find the mark unchanged, and be done.
    ///
    /// If A swaps first, and B still finds the mark where it was, then A's fence on
    /// `c` stands: what is stored there is rendered after A has lifted it, and so after
    /// B's commit.
    pub(crate) async fn carry_out(&self, plan: Plan) -> Result<Moves, Unavailable> {
        let Plan {
            terms,
            moved,
            unlinked,
            fenced,
            renewals,
        } = plan;
        let mut renewals = renewals.into_iter();
        let first = renewals.by_ref().take(AT_ONCE);
        let moves = self.ledger.change(&terms, moved, first).await?;
        while renewals.len() > 0 {
            let some = renewals.by_ref().take(AT_ONCE);
            self.ledger.change(&terms, false, some).await?;
        }
        self.unlink(unlinked).await?;
        self.fence(fenced).await?;
        Ok(moves)
    }

    async fn unlink(&self, keys: Vec<Vec<u8>>) -> Result<(), Unavailable> {
        let (keys_at_once, at_once) = self.at_once();
        let groups: Vec<_> = keys.chunks(keys_at_once).collect();
        for groups in groups.chunks(at_once) {
            let sent = groups.iter().map(|keys| async move {
                let mut command = redis::cmd("UNLINK");
                command.arg(*keys);
                let key = keys.first().map_or(&[][..], Vec::as_slice);
                done(self.line.tell(key, vec![command]).await?)
            });
            try_join_all(sent).await?;
        }
        Ok(())
    }

    async fn fence(&self, calls: Vec<Call>) -> Result<(), Unavailable> {
        let (calls_at_once, at_once) = self.at_once();
        let groups: Vec<_> = calls.chunks(calls_at_once).collect();
        for groups in groups.chunks(at_once) {
            let run = groups.iter().map(|calls| async move {
                let key = calls.first().and_then(|call| call.keys.first());
                let key = key.map_or(&[][..], Vec::as_slice);
                done(self.line.run_and_settle(key, calls.to_vec()).await?)
            });
            try_join_all(run).await?;
        }
        Ok(())
    }

    /// How many keys go together, and how many such groups at the same time: keys of
    /// one command must be on one server.
    fn at_once(&self) -> (usize, usize) {
        if self.settings.is_cluster {
            (1, CALLS)
        } else {
            (AT_ONCE, 1)
        }
    }
}

fn done(replies: Vec<Reply>) -> Result<(), Unavailable> {
    match replies.into_iter().find(Result::is_err) {
        Some(failed) => Err(unexpected(Some(failed))),
        None => Ok(()),
    }
}
