//! Pages as Redis has them.

use std::sync::Arc;

use bytes::Bytes;
use dumper::store::{Stamp, Stored, Unavailable};
use dumper::{Key, Path, RequestHeaders};

use crate::frame::{self, Record};
use crate::hints::{Hint, Known};
use crate::keys::{Names, Place, select};
use crate::redis::Redis;
use crate::reply::warn_of_others;
use crate::see::Seen;
use crate::stamp::State;
use crate::wire::read_names;

/// How often what is hinted may be wrong, until a look-up gives up.
const TRIES: usize = 4;

/// What is asked for of a near copy, each time.
struct Near {
    path: Path,
    /// The hash of its pages.
    pages: Vec<u8>,
    /// What makes it true, if its stamp can be read.
    state: Option<State>,
}

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
        let mut known = self.known(key);
        for _ in 0..TRIES {
            match self.find_by(key, &known, headers).await? {
                Found::Page(stored) => return Ok(Some(*stored)),
                Found::Nothing => break,
                Found::Hint(better) => known = self.hints.remember(key, &known, better),
            }
        }
        Ok(None)
    }

    /// Whether a lease or a page is true still.
    pub(crate) async fn is_true(&self, key: &Key, stamp: &Stamp) -> Result<bool, Unavailable> {
        let near = stamp.prepared(|stamp| Near::of(&self.names, key, stamp));
        let Some(Near { path, pages, state }) = near else {
            return Ok(false);
        };
        // A stamp of another key says nothing of this one.
        let Some(state) = state.as_ref().filter(|_| path == key.path()) else {
            return Ok(false);
        };
        self.is(pages, state).await
    }

    /// What is known of a key.
    pub(crate) fn known(&self, key: &Key) -> Arc<Known> {
        self.hints.of(key, |key| self.names.place(key))
    }

    async fn find_by(
        &self,
        key: &Key,
        known: &Known,
        headers: &RequestHeaders<'_>,
    ) -> Result<Found, Unavailable> {
        let Known { place, hint } = known;
        let fields = self.names.fields(key, place, &select(&hint.names, headers));
        let wanted = [&*place.selecting, &*fields.page];
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

impl Near {
    fn of(names: &Names, key: &Key, stamp: &Stamp) -> Self {
        Self {
            path: key.path().clone(),
            pages: names.pages(&key.path().kin()),
            state: State::of(stamp),
        }
    }
}
