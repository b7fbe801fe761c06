//! Writes without hooks, and which statements are taken for them.

use std::sync::Arc;

use super::*;

const THREE: Owner = Owner::Scope(3);

impl Clocked {
    /// Raises a fence as a hook does, and announces the statement.
    fn hook(&mut self, owner: Owner, verb: Verb, key: Option<&str>, paths: &[&str]) {
        self.raise(owner, key, paths);
        let key: Option<Arc<str>> = key.map(Arc::from);
        self.ledger.announce(owner, &flavor(), verb, key.as_ref());
    }

    fn excuses(&mut self, owner: Owner, verb: Verb, keys: &[Option<&str>]) -> bool {
        let keys: Vec<Option<Arc<str>>> = keys.iter().map(|key| key.map(Arc::from)).collect();
        self.ledger.excuse(owner, &flavor(), verb, &keys)
    }

    /// A write to any rows of an entity.
    fn bulk(&mut self, owner: Owner, entity: EntityTag) -> Vec<Reach> {
        let observed = Observed::Entities(vec![entity]);
        pages(self.ledger.observe(owner, observed, self.now))
    }

    /// Settles a write to the flavor 1 that has read the vendor 1.
    fn settle_of_vendor(&mut self, owner: Owner, written: &Written) {
        let since = self.reading();
        let read = dependents(&[A, NORTH], &[&row(VENDOR.clone(), "1")]);
        let settled = self.ledger.settle(owner, written, read, since, self.now);
        assert!(settled.is_ok());
    }
}

fn inserted(key: &str) -> Written {
    Written {
        row: row(flavor(), key),
        inserted: true,
        committed: true,
    }
}

const NORTH: &str = "/vendors/north/";
const NORD: &str = "/vendors/nord/";

#[test]
fn an_announced_statement_is_excused_once() {
    for (verb, key) in [
        (Verb::Insert, None),
        (Verb::Insert, Some("1")),
        (Verb::Update, Some("1")),
        (Verb::Delete, Some("1")),
    ] {
        let mut it = start();
        it.hook(ONE, verb, key, &[A]);
        assert!(it.excuses(ONE, verb, &[key]), "{verb:?} {key:?}");
        assert!(!it.excuses(ONE, verb, &[key]), "{verb:?} {key:?}");
    }
}

#[test]
fn a_statement_is_excused_for_its_owner_its_verb_and_its_key_alone() {
    let mut it = start();
    it.hook(ONE, Verb::Update, Some("1"), &[A]);
    assert!(!it.excuses(TWO, Verb::Update, &[Some("1")]));
    assert!(!it.excuses(ONE, Verb::Delete, &[Some("1")]));
    assert!(!it.excuses(ONE, Verb::Insert, &[Some("1")]));
    assert!(!it.excuses(ONE, Verb::Update, &[Some("2")]));
    assert!(!it.excuses(ONE, Verb::Update, &[None]));
    assert!(!it.excuses(ONE, Verb::Update, &[]));
    assert!(it.excuses(ONE, Verb::Update, &[Some("1")]));
}

#[test]
fn a_statement_of_several_rows_is_excused_if_all_were_announced() {
    let mut it = start();
    it.hook(ONE, Verb::Insert, Some("1"), &[A]);
    it.hook(ONE, Verb::Insert, Some("2"), &[B]);
    let three = [Some("1"), Some("2"), Some("3")];
    assert!(!it.excuses(ONE, Verb::Insert, &three));
    assert!(!it.excuses(ONE, Verb::Insert, &[Some("1"), Some("1")]));
    assert!(it.excuses(ONE, Verb::Insert, &three[..2]));
    assert!(!it.excuses(ONE, Verb::Insert, &three[..1]));
}

/// It failed, so no hook told of its end.
#[test]
fn a_statement_that_failed_does_not_excuse_the_next() {
    let mut it = start();
    it.hook(ONE, Verb::Update, Some("1"), &[A]);
    assert!(it.excuses(ONE, Verb::Update, &[Some("1")]));
    assert!(!it.excuses(ONE, Verb::Update, &[Some("1")]));
    it.hook(ONE, Verb::Update, Some("1"), &[A]);
    assert!(it.excuses(ONE, Verb::Update, &[Some("1")]));
    it.settle(ONE, &done(), &[A]);
    assert!(!it.excuses(ONE, Verb::Update, &[Some("1")]));
}

#[test]
fn a_hook_of_which_no_statement_was_observed_excuses_none_later() {
    let mut it = start();
    it.raise(ONE, Some("9"), &[C]);
    it.hook(ONE, Verb::Update, Some("1"), &[A]);
    it.settle(ONE, &done(), &[A]);
    assert!(!it.excuses(ONE, Verb::Update, &[Some("1")]));
    it.hook(ONE, Verb::Insert, None, &[A]);
    it.settle(ONE, &inserted("2"), &[A]);
    assert!(!it.excuses(ONE, Verb::Insert, &[None]));
    it.hook(ONE, Verb::Delete, Some("1"), &[A]);
    it.end(ONE, true);
    it.pass(DEADLINE);
    assert!(!it.excuses(ONE, Verb::Delete, &[Some("1")]));
}

#[test]
fn of_two_inserts_at_once_both_are_excused() {
    let mut it = start();
    it.hook(ONE, Verb::Insert, None, &[A]);
    it.hook(ONE, Verb::Insert, None, &[B]);
    assert!(it.excuses(ONE, Verb::Insert, &[None]));
    it.settle(ONE, &inserted("1"), &[A]);
    assert!(it.excuses(ONE, Verb::Insert, &[None]));
    it.settle(ONE, &inserted("2"), &[B]);
    assert!(!it.excuses(ONE, Verb::Insert, &[None]));
}

#[test]
fn a_write_of_any_rows_fences_the_entity_until_its_scope_ends() {
    let mut it = start();
    let early = it.lease(A).unwrap();
    assert_eq!(it.bulk(ONE, flavor()), [flavor().reach()]);
    assert_eq!(it.check(early, A), Err(Refusal::Invalidated));
    assert!(!it.stores(A));
    assert!(it.stores(NORTH));
    assert_eq!(it.bulk(ONE, flavor()), []);
    assert!(it.end(ONE, true).contains(&flavor().reach()));
    assert!(it.stores(A));
    it.ledger.close(early);
    assert!(it.ledger.fences.is_empty());
}

#[test]
fn outside_a_scope_it_stands_until_the_deadline_after_the_last_write() {
    let mut it = start();
    let task = Owner::Task(1);
    it.bulk(task, flavor());
    it.pass(DEADLINE / 2);
    it.bulk(task, flavor());
    it.pass(DEADLINE / 2);
    assert!(!it.stores(A));
    assert_eq!(it.pass(DEADLINE / 2), [flavor().reach()]);
    assert!(it.stores(A));
    assert!(it.ledger.fences.is_empty());
}

#[test]
fn hooks_before_and_after_it_leave_nothing_behind() {
    let mut it = start();
    it.hook(ONE, Verb::Update, Some("1"), &[A]);
    it.bulk(ONE, flavor());
    it.settle(ONE, &done(), &[A]);
    it.hook(ONE, Verb::Update, Some("2"), &[B]);
    it.settle(ONE, &done(), &[B]);
    assert!(!it.stores(B));
    it.end(ONE, true);
    assert!(it.stores(A));
    assert!(it.ledger.fences.is_empty());
}

#[test]
fn a_write_of_known_rows_fences_their_paths_alone() {
    let mut it = start();
    let observed = Observed::Rows(vec![(row(flavor(), "1"), kin(&[A]))]);
    assert_eq!(pages(it.ledger.observe(ONE, observed, it.now)), kin(&[A]));
    assert!(!it.stores(A));
    assert!(it.stores(B));
    assert_eq!(it.end(ONE, true), kin(&[A]));
    assert!(it.stores(A));
    assert!(it.ledger.fences.is_empty());
}

#[test]
fn a_write_of_anything_fences_everything() {
    let mut it = start();
    let observed = Observed::Anything(vec![flavor()]);
    let drops = it.ledger.observe(ONE, observed, it.now);
    assert!(drops.contains(&Reach::All));
    assert!(!it.stores("/elsewhere/"));
    assert!(it.end(ONE, true).contains(&Reach::All));
    assert!(it.stores("/elsewhere/"));
    assert!(it.ledger.fences.is_empty());
}

/// The save is the last to write the row: what the other made of it in between may
/// have been seen.
#[test]
fn a_save_drops_what_a_write_of_any_rows_meanwhile_made_of_its_row() {
    for is_first in [true, false] {
        let mut it = start();
        if is_first {
            it.hook(ONE, Verb::Update, Some("1"), &[A]);
            it.bulk(TWO, flavor());
        } else {
            it.bulk(TWO, flavor());
            it.hook(ONE, Verb::Update, Some("1"), &[A]);
        }
        it.end(TWO, true);
        assert!(!it.stores(C));
        let drops = it.settle(ONE, &done(), &[B]);
        assert!(drops.contains(&flavor().reach()));
        assert!(it.stores(C));
        assert!(it.ledger.fences.is_empty());
    }
}

/// Or a busy site would keep the fence for ever, each save leaving it to the next.
#[test]
fn a_save_that_begins_after_a_write_of_any_rows_has_nothing_to_do_with_it() {
    let mut it = start();
    it.hook(ONE, Verb::Update, Some("1"), &[A]);
    it.bulk(TWO, flavor());
    it.end(TWO, true);
    it.hook(THREE, Verb::Update, Some("2"), &[B]);
    it.settle(ONE, &done(), &[A]);
    assert!(it.stores(C));
    assert!(!it.stores(B));
}

/// The flavor 1 belongs to the vendor 1, whom a write of any rows renames.
#[test]
fn a_related_row_renamed_without_a_hook_is_dropped_by_the_write_that_read_it() {
    for reads_before in [true, false] {
        let mut it = start();
        it.raise(ONE, Some("1"), &[A]);
        if reads_before {
            it.settle_of_vendor(ONE, &in_transaction());
            it.bulk(TWO, VENDOR.clone());
        } else {
            it.bulk(TWO, VENDOR.clone());
            it.settle_of_vendor(ONE, &in_transaction());
        }
        it.end(TWO, true);
        assert!(!it.stores(NORD), "it shows the flavor as it was");
        assert!(it.end(ONE, true).contains(&VENDOR.reach()));
        assert!(it.stores(NORD));
        assert!(it.ledger.fences.is_empty());
    }
}

#[test]
fn a_row_that_comes_to_show_another_is_dropped_by_the_write_of_any_rows() {
    let mut it = start();
    it.bulk(ONE, VENDOR.clone());
    it.raise(TWO, Some("1"), &[A]);
    it.settle_of_vendor(TWO, &done());
    assert!(!it.stores(A), "it would show the vendor as it was");
    assert!(it.end(ONE, true).contains(&kin(&[A])[0]));
    assert!(it.stores(A));
    assert!(it.ledger.fences.is_empty());
}

/// The vendor's hook does not see which flavors come to it.
#[test]
fn a_row_that_comes_without_a_hook_is_dropped_by_the_write_to_what_it_shows() {
    for is_first in [true, false] {
        let mut it = start();
        let vendor = row(VENDOR.clone(), "1");
        if !is_first {
            it.bulk(TWO, flavor());
        }
        it.ledger
            .raise(ONE, &vendor.entity, Some("1"), kin(&[NORTH]), it.now);
        if is_first {
            it.bulk(TWO, flavor());
        }
        let renamed = Written {
            row: vendor,
            ..in_transaction()
        };
        it.settle(ONE, &renamed, &[NORD]);
        it.end(TWO, true);
        assert!(!it.stores(A), "it would show the vendor as it was");
        assert!(it.end(ONE, true).contains(&flavor().reach()));
        assert!(it.stores(A));
        assert!(it.ledger.fences.is_empty());
    }
}

#[test]
fn a_related_row_written_without_a_hook_after_it_was_read_is_to_be_read_again() {
    let mut it = start();
    it.raise(ONE, Some("1"), &[A]);
    let since = it.reading();
    it.bulk(TWO, VENDOR.clone());
    it.end(TWO, true);
    let read = dependents(&[A, NORTH], &[&row(VENDOR.clone(), "1")]);
    let settled = it.ledger.settle(ONE, &done(), read, since, it.now);
    assert_eq!(settled, Err(Moved));
}

/// A flavor comes to a vendor by a write of any rows.
#[test]
fn what_comes_to_a_row_without_a_hook_counts_as_a_write_to_it() {
    let mut it = start();
    let began = it.ledger.tick();
    it.bulk(TWO, flavor());
    it.end(TWO, true);
    assert_eq!(related::read_vendor(&mut it, ONE, Some(began)), Err(Moved));
}
