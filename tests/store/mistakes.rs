//! Stores that break a promise each, to prove that the suite sees it.

mod mistaken;

use std::panic::{AssertUnwindSafe, catch_unwind};

use dumper::store::MemoryStore;

use self::mistaken::{Mistake, Mistaken};

/// Lets a store with a mistake fail a check.
macro_rules! mistakes {
    ($($test:ident: $mistake:ident fails $($check:literal),*;)*) => {$(
        #[test]
        fn $test() {
            for check in [$($check),*] {
                fails(Mistake::$mistake, check);
            }
        }
    )*};
}

mistakes! {
    leases_that_are_not_checked: LeasesAreNotChecked fails
        "leases::a_change_voids_the_leases_it_reaches",
        "orders::two_renders_and_a_change_in_every_order",
        "orders::two_renders_and_a_fenced_write_in_every_order",
        "tags::a_tag_named_by_the_response_is_checked_since_the_lease",
        "stress::nobody_is_answered_with_an_older_page";
    copies_that_are_not_asked_about: CopiesAreServed fails
        "leases::a_change_drops_the_pages_it_reaches",
        "stress::nobody_is_answered_with_an_older_page";
    stamps_that_are_always_current: EverythingIsCurrent fails
        "leases::a_change_drops_the_pages_it_reaches",
        "loss::a_stamp_of_nowhere_is_not_current",
        "stress::nobody_is_answered_with_an_older_page";
    changes_that_come_late: ChangesComeLate fails
        "leases::a_change_drops_the_pages_it_reaches",
        "stress::nobody_is_answered_with_an_older_page";
    handles_of_two_stores: HandlesAreApart fails
        "leases::a_page_is_found_by_both_handles",
        "fences::nothing_is_leased_where_a_fence_stands";
    fences_that_are_ignored: FencesAreIgnored fails
        "fences::nothing_is_leased_where_a_fence_stands",
        "orders::two_renders_and_a_fenced_write_in_every_order";
    fences_that_stand_for_ever: FencesStandForEver fails
        "fences::a_fence_ends_by_its_time";
    fences_that_are_not_renewed: RenewalsAreForgotten fails
        "fences::a_fence_that_is_renewed_stands_on";
    fences_of_all_writers_lifted_by_one: WritersAreOne fails
        "fences::a_fence_is_lifted_by_its_writer_alone",
        "orders::two_fenced_writes_and_a_render_in_every_order";
    tags_that_are_forgotten: TagsAreForgotten fails
        "tags::a_tag_drops_its_pages_and_no_others",
        "tags::any_of_its_tags_drops_a_page";
    kin_that_are_one_path: KinAreOnePath fails
        "tags::kin_drop_together";
    entities_that_are_ignored: EntitiesAreIgnored fails
        "tags::an_entity_drops_pages_stored_before_it_was_known";
    everything_dropped_by_any_change: EverythingIsDropped fails
        "leases::a_change_leaves_other_paths_alone";
    headers_that_select_nothing: HeadersSelectNothing fails
        "variants::the_headers_that_vary_names_select_a_page";
    lifetimes_that_are_forgotten: LifetimesAreForgotten fails
        "variants::a_page_is_not_found_when_its_time_is_over",
        "variants::a_page_keeps_its_age";
    variants_without_number: VariantsHaveNoBound fails
        "variants::a_path_has_at_most_so_many_pages";
    bodies_that_are_text: BodiesAreText fails
        "bounds::any_body_comes_back";
    pages_that_may_all_be_transformed: AnythingIsTransformed fails
        "bounds::any_status_and_header_comes_back";
    changes_past_a_thousand_forgotten: FewChangesAreMade fails
        "bulk::ten_thousand_paths_drop_at_once";
    moves_without_a_mark: MovesAreNotMarked fails
        "moves::the_mark_changes_with_every_move";
    moves_marked_by_every_change: EverythingMoves fails
        "moves::the_mark_stays_without_a_move";
    renders_awaited_for_ever: RendersAreAwaitedForEver fails
        "waiting::a_render_that_never_ends_is_waited_for_no_longer_than_told",
        "waiting::who_may_not_wait_is_given_a_lease";
    pages_that_are_not_stored: NothingIsStored fails
        "leases::a_page_is_found_by_both_handles";
    calls_that_must_not_be_given_up: CallsMustEnd fails
        "loss::calls_given_up_leave_nothing_wrong";
}

#[test]
fn a_store_without_a_mistake_fails_nothing() {
    for check in [
        "leases::a_page_is_found_by_both_handles",
        "stress::nobody_is_answered_with_an_older_page",
    ] {
        crate::run(check, async || handles(None));
    }
}

fn fails(mistake: Mistake, check: &str) {
    let run = AssertUnwindSafe(|| crate::run(check, async || handles(Some(mistake))));
    let panic = catch_unwind(run).expect_err("the mistake is seen");
    let message = panic.downcast_ref::<String>().map_or("", String::as_str);
    assert!(message.starts_with(check), "{message}");
}

fn handles(mistake: Option<Mistake>) -> (Mistaken, Mistaken) {
    let store = MemoryStore::new(64 << 20);
    let other = match mistake {
        Some(Mistake::HandlesAreApart) => MemoryStore::new(64 << 20),
        _ => store.clone(),
    };
    (Mistaken::new(store, mistake), Mistaken::new(other, mistake))
}
