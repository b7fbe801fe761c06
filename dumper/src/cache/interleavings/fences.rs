//! Two writers of one row, and visitors of its pages.

use std::sync::Arc;

use shuttle::thread;

use super::*;
use crate::ledger::{Dependents, Since, Written};
use crate::reach::RowId;

/// A write of the row by its hooks.
struct Write {
    owner: Owner,
    /// What its fence reaches.
    reach: fn() -> Reach,
}

impl Write {
    fn run(&self, process: &Process, row: &Row) {
        let reaches = vec![(self.reach)()];
        let raised = process.raise(self.owner, &ENTITY, Some("1"), reaches, Cause::Call);
        drop(raised.1);
        let version = match self.owner {
            Owner::Scope(_) => {
                self.settle(process, false);
                let version = row.write();
                drop(process.end(self.owner, true));
                version
            }
            _ => {
                let version = row.write();
                self.settle(process, true);
                version
            }
        };
        row.promise(version);
    }

    fn settle(&self, process: &Process, committed: bool) {
        let written = Written {
            row: RowId {
                entity: ENTITY.clone(),
                key: "1".into(),
            },
            inserted: false,
            committed,
        };
        let dependents = Dependents::reaching(vec![(self.reach)()]);
        let since = Since::Reading(process.tick());
        let settled = process.settle(self.owner, &written, dependents, since, Cause::Call);
        drop(settled.unwrap());
    }
}

fn two_writers(owners: [Owner; 2], reach: fn() -> Reach) {
    explore(move || {
        let (cache, row) = (cache(), Arc::new(Row::default()));
        let tasks = owners.map(|owner| {
            let (cache, row) = (cache.clone(), Arc::clone(&row));
            thread::spawn(move || Write { owner, reach }.run(&cache.process, &row))
        });
        let visitor = thread::spawn({
            let (cache, row) = (cache.clone(), Arc::clone(&row));
            move || {
                visit(&cache, &row, &key("/a/"));
                visit(&cache, &row, &key("/a/"));
            }
        });
        visit(&cache, &row, &key("/a/"));
        visit(&cache, &row, &key("/a/"));
        for task in tasks.into_iter().chain([visitor]) {
            task.join().unwrap();
        }
        assert_eq!(row.promised(), 2);
        visit(&cache, &row, &key("/a/"));
        let page = Shell::select(&cache, &key("/a/")).expect("no fence stands");
        assert_new(&page, 2);
    });
}

#[test]
fn pages_of_a_row_that_two_writes_without_a_transaction_change_are_new() {
    two_writers([Owner::Task(1), Owner::Task(2)], || kin("/a/"));
}

#[test]
fn pages_of_a_row_that_two_transactions_change_are_new() {
    two_writers([Owner::Scope(1), Owner::Scope(2)], || kin("/a/"));
}

#[test]
fn pages_of_a_row_that_a_transaction_and_another_write_change_are_new() {
    two_writers([Owner::Scope(1), Owner::Task(1)], || kin("/a/"));
}

/// A lease does not know the tag yet that its page will have.
#[test]
fn pages_of_a_tag_that_two_writes_change_are_new() {
    two_writers([Owner::Scope(1), Owner::Task(1)], || Reach::Tag(TAG.into()));
}
