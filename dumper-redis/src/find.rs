//! Pages as Redis has them.

use bytes::Bytes;
use dumper::store::{Stamp, Stored, Unavailable};
use dumper::{Key, RequestHeaders};

use crate::frame::{self, Record};
use crate::hints::Hint;
use crate::keys::{Place, select};
use crate::redis::Redis;
use crate::reply::warn_of_others;
use crate::see::Seen;
use crate::stamp::State;
use crate::wire::read_names;

/// How often what is hinted may be wrong, until a look-up gives up.
const TRIES: usize = 4;

/// What became of a look-up.
enum Found {
    Page(Box<Stored>),
    Nothing,
    /// What is to be asked for is this, and not what was.
    Hint(Hint),
}

impl Redis {
    /// The page for a request.
    ///
    /// What is hinted is right but for the first request of a process, and when it
    /// changes: then there is a second round trip, and a third if both have changed,
    /// the headers that select a page and its tags.
    pub(crate) async fn find(
        &self,
        key: &Key,
        headers: &RequestHeaders<'_>,
    ) -> Result<Option<Stored>, Unavailable> {
        let place = self.names.place(key);
        let mut hint = self.hints.of(&place.hash);
        for _ in 0..TRIES {
            match self.find_by(key, &place, headers, &hint).await? {
                Found::Page(stored) => return Ok(Some(*stored)),
                Found::Nothing => break,
                Found::Hint(better) => hint = better,
            }
            self.hints.remember(&place.hash, hint.clone());
        }
        Ok(None)
    }

    /// Whether a lease or a page is true still.
    pub(crate) async fn is_true(&self, key: &Key, stamp: &Stamp) -> Result<bool, Unavailable> {
        let Some(state) = State::of(stamp) else {
            return Ok(false);
        };
        let pages = self.names.pages(&key.path().kin());
        let ids: Vec<_> = state.generations.ids().map(ToOwned::to_owned).collect();
        let seen = self.see(&pages, &[], &ids).await?;
        Ok(seen.is_some_and(|seen: Seen<0>| seen.state == state))
    }

    async fn find_by(
        &self,
        key: &Key,
        place: &Place,
        headers: &RequestHeaders<'_>,
        hint: &Hint,
    ) -> Result<Found, Unavailable> {
        let fields = self.names.fields(key, place, &select(&hint.names, headers));
        let wanted = [&*self.names.selecting(place), &*fields.page];
        let Some(Seen { state, fields }) = self.see(&place.pages, &wanted, &hint.ids).await? else {
            return Ok(Found::Nothing);
        };
        let [names, frame] = fields;
        let Some(names) = read_names(names.unwrap_or_default()) else {
            warn_of_others();
            return Ok(Found::Nothing);
        };
        if *names != *hint.names {
            return Ok(Found::Hint(Hint {
                names: names.into(),
                ids: hint.ids.clone(),
            }));
        }
        let Some(Record { page, generations }) = self.read(place, frame) else {
            return Ok(Found::Nothing);
        };
        if !generations.ids().eq(hint.ids.iter().map(String::as_str)) {
            return Ok(Found::Hint(Hint {
                names: hint.names.clone(),
                ids: generations.ids().map(ToOwned::to_owned).collect(),
            }));
        }
        if generations != state.generations || !page.answers(headers) {
            return Ok(Found::Nothing);
        }
        let stamp = state.stamp();
        Ok(Found::Page(Box::new(Stored { page, stamp })))
    }

    fn read(&self, place: &Place, frame: Option<Bytes>) -> Option<Record> {
        let record = frame::decode(self.settings.version, &place.identity, frame?);
        if record.is_none() {
            warn_of_others();
        }
        record
    }
}
