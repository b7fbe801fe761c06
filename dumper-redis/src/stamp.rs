//! The state of Redis that a page is rendered under.

use bytes::Bytes;
use dumper::store::Stamp;

use crate::wire::{Reader, write_count, write_long, write_option};

/// What makes a page true: it is for as long as Redis has all of it as it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// The token of its path and kin.
    pub(crate) token: Bytes,
    pub(crate) generations: Generations,
}

/// The generations of what a page is filed under, besides its path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Generations {
    /// The generation of all.
    pub(crate) base: Bytes,
    /// Those of tags and entities, in the order of their ids.
    pub(crate) pairs: Vec<Pair>,
}

/// A tag or entity, and its generation, if it was ever invalidated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) id: String,
    pub(crate) generation: Option<Bytes>,
}

/// A right to store a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) state: State,
    /// How many generations there had been. Those that came later are younger than
    /// the lease.
    pub(crate) sequence: u64,
    /// The headers that are known to select among the pages of the key, with their
    /// values in the request.
    pub(crate) selected: Vec<(String, Option<Vec<u8>>)>,
    pub(crate) lock: Option<Lock>,
}

/// What keeps others from rendering the page at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lock {
    pub(crate) field: String,
    pub(crate) owner: String,
}

impl State {
    pub(crate) fn stamp(&self) -> Stamp {
        let mut out = Vec::with_capacity(256);
        self.write(&mut out);
        Stamp::new(out)
    }

    /// Reads the state of the stamp of a page, or of a lease.
    pub(crate) fn of(stamp: &Stamp) -> Option<Self> {
        let mut from = Reader::new(stamp.as_bytes().clone());
        let state = Self::read(&mut from)?;
        if from.is_at_end() {
            return Some(state);
        }
        Claim::of(stamp).map(|claim| claim.state)
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_long(out, &self.token);
        self.generations.write(out);
    }

    fn read(from: &mut Reader) -> Option<Self> {
        Some(Self {
            token: from.long()?,
            generations: Generations::read(from)?,
        })
    }
}

impl Generations {
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|pair| pair.id.as_str())
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        write_long(out, &self.base);
        write_count(out, self.pairs.len());
        for Pair { id, generation } in &self.pairs {
            write_long(out, id.as_bytes());
            write_option(out, generation.as_deref());
        }
    }

    pub(crate) fn read(from: &mut Reader) -> Option<Self> {
        Some(Self {
            base: from.long()?,
            pairs: from.many(|from| {
                Some(Pair {
                    id: from.text()?,
                    generation: from.option()?,
                })
            })?,
        })
    }
}

impl Claim {
    pub(crate) fn stamp(&self) -> Stamp {
        let mut out = Vec::with_capacity(512);
        self.state.write(&mut out);
        out.extend(self.sequence.to_be_bytes());
        write_count(&mut out, self.selected.len());
        for (name, value) in &self.selected {
            write_long(&mut out, name.as_bytes());
            write_option(&mut out, value.as_deref());
        }
        out.push(u8::from(self.lock.is_some()));
        if let Some(Lock { field, owner }) = &self.lock {
            write_long(&mut out, field.as_bytes());
            write_long(&mut out, owner.as_bytes());
        }
        Stamp::new(out)
    }

    pub(crate) fn of(stamp: &Stamp) -> Option<Self> {
        let from = &mut Reader::new(stamp.as_bytes().clone());
        let claim = Self {
            state: State::read(from)?,
            sequence: from.u64()?,
            selected: from.many(|from| {
                let name = from.text()?;
                Some((name, from.option()?.map(|value| value.to_vec())))
            })?,
            lock: if from.flag()? {
                Some(Lock::read(from)?)
            } else {
                None
            },
        };
        from.is_at_end().then_some(claim)
    }
}

impl Lock {
    fn read(from: &mut Reader) -> Option<Self> {
        Some(Self {
            field: from.text()?,
            owner: from.text()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_as_it_was_written() {
        let state = State {
            token: Bytes::from_static(b"token"),
            generations: Generations {
                base: Bytes::from_static(b"base"),
                pairs: vec![
                    Pair {
                        id: "t1".to_owned(),
                        generation: None,
                    },
                    Pair {
                        id: "t2".to_owned(),
                        generation: Some(Bytes::from_static(b"1:f")),
                    },
                ],
            },
        };
        assert_eq!(State::of(&state.stamp()).as_ref(), Some(&state));
        assert_eq!(Claim::of(&state.stamp()), None);
        let claim = Claim {
            state: state.clone(),
            sequence: 7,
            selected: vec![
                ("accept".to_owned(), Some(b"x".to_vec())),
                ("dnt".to_owned(), None),
            ],
            lock: Some(Lock {
                field: "l".to_owned(),
                owner: "o".to_owned(),
            }),
        };
        assert_eq!(Claim::of(&claim.stamp()), Some(claim.clone()));
        assert_eq!(State::of(&claim.stamp()), Some(state));
        let without = Claim {
            lock: None,
            ..claim
        };
        assert_eq!(Claim::of(&without.stamp()), Some(without));
    }
}
