//! What a row may be, as far as its writes tell.

/// A moment in the order of all that clients and writers do.
pub type Moment = u64;

/// What a write makes of a row. What is `None` it leaves as it was.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change {
    /// Whether there is such a row.
    pub exists: Option<bool>,
    /// Which name it has.
    pub name: Option<u64>,
    /// The mark of the row, or the number of the board, that it belongs to.
    pub parent: Option<u64>,
    /// What its page shows as its revision.
    pub rev: Option<u64>,
}

/// A write that has been sent to the database.
#[derive(Clone, Debug)]
pub struct Write {
    /// A number that no other write has.
    pub number: u64,
    /// What it changes.
    pub change: Change,
    /// It has no effect before this moment.
    pub started: Moment,
    /// It has its effect by this moment, if it ever has any.
    pub settled: Option<Moment>,
    /// It is promised to whoever asks after this moment.
    pub done: Option<Moment>,
}

/// The writes of a row that may be the last ones.
///
/// A write is certain to be overwritten for a request if another one of the same
/// field was done before that request, and started after the first had settled.
/// Writes that overlap may have come in either order.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// In the order in which they were sent.
    pub writes: Vec<Write>,
}

impl Row {
    /// Whether there may be such a row for a request that began at `asked`.
    #[must_use]
    pub fn may_exist(&self, asked: Moment) -> bool {
        self.may(asked, |change| change.exists, |exists| exists)
    }

    /// Whether there may be no such row.
    #[must_use]
    pub fn may_be_missing(&self, asked: Moment) -> bool {
        let was_ever = self.overwritten_until(asked, |change| change.exists) > 0;
        !was_ever || self.may(asked, |change| change.exists, |exists| !exists)
    }

    /// Whether it may have a name that is so.
    pub fn may_have_name(&self, asked: Moment, is: impl Fn(u64) -> bool) -> bool {
        self.may(asked, |change| change.name, is)
    }

    /// Whether it may belong to one that is so.
    pub fn may_belong_to(&self, asked: Moment, is: impl Fn(u64) -> bool) -> bool {
        self.may(asked, |change| change.parent, is)
    }

    /// Whether its page may show this revision.
    #[must_use]
    pub fn may_show(&self, asked: Moment, rev: u64) -> bool {
        self.may(asked, |change| change.rev, |shown| shown == rev)
    }

    /// Forgets the writes that are certain to be overwritten for everybody who
    /// asks at `oldest` or later.
    pub fn forget(&mut self, oldest: Moment) {
        let exists = self.overwritten_until(oldest, |change| change.exists);
        let name = self.overwritten_until(oldest, |change| change.name);
        let parent = self.overwritten_until(oldest, |change| change.parent);
        let rev = self.overwritten_until(oldest, |change| change.rev);
        self.writes.retain(|write| {
            let Change {
                exists: of_exists,
                name: of_name,
                parent: of_parent,
                rev: of_rev,
            } = write.change;
            write.settled.is_none_or(|settled| {
                of_exists.is_some() && settled >= exists
                    || of_name.is_some() && settled >= name
                    || of_parent.is_some() && settled >= parent
                    || of_rev.is_some() && settled >= rev
            })
        });
    }

    fn may<T>(
        &self,
        asked: Moment,
        field: impl Fn(&Change) -> Option<T>,
        is: impl Fn(T) -> bool,
    ) -> bool {
        let overwritten = self.overwritten_until(asked, &field);
        self.writes.iter().any(|write| {
            write.settled.is_none_or(|settled| settled >= overwritten)
                && field(&write.change).is_some_and(&is)
        })
    }

    /// The moment by which what had settled is overwritten in this field.
    fn overwritten_until<T>(&self, asked: Moment, field: impl Fn(&Change) -> Option<T>) -> Moment {
        let done = self.writes.iter().filter(|write| {
            write.done.is_some_and(|done| done <= asked) && field(&write.change).is_some()
        });
        done.map(|write| write.started).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(number: u64, span: (Moment, Option<Moment>), done: Option<Moment>) -> Write {
        let change = Change {
            exists: (number == 1).then_some(true),
            rev: Some(number),
            ..Change::default()
        };
        Write {
            number,
            change,
            started: span.0,
            settled: span.1,
            done,
        }
    }

    fn shown(row: &Row, asked: Moment) -> Vec<u64> {
        (1..4).filter(|rev| row.may_show(asked, *rev)).collect()
    }

    #[test]
    fn a_write_that_is_done_replaces_those_before() {
        let first = write(1, (1, Some(2)), Some(3));
        let second = write(2, (4, Some(6)), Some(8));
        let mut row = Row {
            writes: vec![first, second],
        };
        assert_eq!(shown(&row, 7), [1, 2]);
        assert_eq!(shown(&row, 8), [2]);
        row.forget(7);
        assert_eq!(row.writes.len(), 2);
        row.writes.push(write(3, (9, Some(10)), Some(11)));
        row.forget(12);
        assert_eq!(shown(&row, 12), [3]);
        // The first tells that there is such a row.
        assert_eq!(row.writes.len(), 2);
        assert!(row.may_exist(12) && !row.may_be_missing(12));
    }

    #[test]
    fn writes_that_overlap_may_come_in_either_order() {
        let first = write(1, (1, Some(4)), Some(5));
        let second = write(2, (3, Some(6)), Some(7));
        let row = Row {
            writes: vec![first, second],
        };
        assert_eq!(shown(&row, 8), [1, 2]);
    }

    #[test]
    fn a_write_whose_end_nobody_saw_may_come_till_another_one_replaces_it() {
        let first = write(1, (1, Some(2)), Some(3));
        let mut row = Row {
            writes: vec![first, write(2, (4, None), None)],
        };
        assert_eq!(shown(&row, 9), [1, 2]);
        row.writes[1].settled = Some(10);
        row.writes.push(write(3, (11, Some(12)), Some(13)));
        assert_eq!(shown(&row, 13), [3]);
    }
}
