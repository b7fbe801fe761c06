//! The suite that a [`Store`] has to pass, with the feature `acceptance`.
//!
//! Each check is a function of two handles of one fresh, empty store, such as two
//! processes have. It drives them by the trait alone, and panics with what the store
//! did and what it [promises](crate::store). What takes time is polled for; fences
//! are given a second or less. A check may be run by name, so that a harness can
//! make each a test of its own: [`acceptance_checks`](crate::acceptance_checks).
//!
//! They need a Tokio runtime with its time and, to show what happens in parallel,
//! more than one thread. Calls that fail with [`Unavailable`] fail the check: let
//! the store have a deadline of seconds.
//!
//! # Examples
//!
//! ```
//! use dumper::acceptance;
//! use dumper::store::MemoryStore;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let check = acceptance::CHECKS[0];
//! acceptance::run(check, async || {
//!     let store = MemoryStore::new(64 << 20);
//!     (store.clone(), store)
//! })
//! .await;
//! # }
//! ```

#![allow(clippy::missing_panics_doc, reason = "every check panics if it fails")]

mod acts;
pub mod bounds;
pub mod bulk;
pub mod fences;
pub mod leases;
pub mod loss;
pub mod moves;
pub mod orders;
pub mod stress;
pub mod tags;
pub mod variants;
pub mod waiting;

use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use futures::FutureExt;

use crate::store::Store;
#[cfg(doc)]
use crate::store::Unavailable;

/// Gives the names of all checks of [`acceptance`](crate::acceptance) to another
/// macro, by their topics, so that it can make each a test.
///
/// # Examples
///
/// ```
/// macro_rules! list {
///     ($($topic:ident: $($check:ident)*;)*) => {
///         [$($(concat!(stringify!($topic), "::", stringify!($check)),)*)*]
///     };
/// }
///
/// assert_eq!(dumper::acceptance_checks!(list), dumper::acceptance::CHECKS);
/// ```
#[macro_export]
macro_rules! acceptance_checks {
    ($macro:ident) => {
        $macro! {
            leases:
                nothing_is_found_in_an_empty_store
                a_page_is_found_by_both_handles
                a_change_drops_the_pages_it_reaches
                a_change_voids_the_leases_it_reaches
                a_lease_stores_what_is_rendered_after_a_change
                a_change_leaves_other_paths_alone
                a_page_that_is_replaced_is_the_new_one;
            orders:
                two_renders_and_a_change_in_every_order
                two_renders_and_a_fenced_write_in_every_order
                two_fenced_writes_and_a_render_in_every_order;
            fences:
                nothing_is_leased_where_a_fence_stands
                nothing_is_stored_where_a_fence_stands
                a_fence_is_lifted_by_its_writer_alone
                a_fence_stands_until_the_last_writer_lifts_it
                a_fence_raised_twice_is_lifted_once
                a_fence_stands_on_what_it_reaches_alone
                a_change_without_a_fence_leaves_it_standing
                lifting_what_does_not_stand_drops_pages
                a_fence_ends_by_its_time
                a_fence_that_is_renewed_stands_on
                a_lease_before_a_fence_that_ended_is_void
                a_page_leased_under_the_fence_of_its_tag_is_not_stored;
            tags:
                a_tag_drops_its_pages_and_no_others
                any_of_its_tags_drops_a_page
                a_tag_named_by_the_response_is_checked_since_the_lease
                a_tag_may_be_any_text
                kin_drop_together
                a_page_is_dropped_by_each_path_it_is_filed_under
                an_entity_drops_pages_stored_before_it_was_known
                an_entity_voids_leases_given_before_it_was_known
                an_entity_leaves_pages_that_it_cannot_have
                all_drops_all;
            variants:
                each_key_has_its_own_page
                the_headers_that_vary_names_select_a_page
                a_header_that_is_missing_is_not_one_that_is_empty
                pages_of_a_key_may_vary_by_different_headers
                all_variants_drop_together
                a_path_has_at_most_so_many_pages
                a_plain_page_is_the_last_to_go
                a_page_is_not_found_when_its_time_is_over
                a_page_keeps_its_age;
            bounds:
                any_body_comes_back
                any_status_and_header_comes_back
                any_path_and_query_has_its_page;
            bulk:
                ten_thousand_paths_drop_at_once
                a_thousand_pages_of_a_tag_drop_at_once
                a_thousand_fences_rise_and_are_lifted_at_once
                nothing_to_change_changes_nothing
                changes_made_twice_are_made_once;
            moves:
                the_mark_changes_with_every_move
                the_mark_stays_without_a_move;
            waiting:
                who_may_not_wait_is_given_a_lease
                a_render_that_is_over_is_not_waited_for
                a_render_is_not_waited_for_when_its_lease_is_void
                a_render_that_nobody_waits_for_may_be_stored
                a_render_that_never_ends_is_waited_for_no_longer_than_told;
            loss:
                a_stamp_of_nowhere_is_not_current
                what_is_dropped_is_never_current_again
                a_released_lease_leaves_pages_alone
                calls_given_up_leave_nothing_wrong;
            stress:
                nobody_is_answered_with_an_older_page;
        }
    };
}

macro_rules! checks {
    ($($topic:ident: $($check:ident)*;)*) => {
        /// The names of all checks, each with its topic: `leases::a_change_voids_…`.
        pub const CHECKS: &[&str] = &[
            $($(concat!(stringify!($topic), "::", stringify!($check)),)*)*
        ];

        async fn run_on<S: Store>(check: &str, one: S, two: S) {
            match check {
                $($(concat!(stringify!($topic), "::", stringify!($check)) => {
                    begin($topic::$check, one, two).await;
                })*)*
                _ => panic!("there is no check of this name"),
            }
        }
    };
}

/// Puts a check into a box where no other has a place on the stack: together they
/// would take more of it than a thread has.
fn begin<S, F>(check: impl FnOnce(S, S) -> F, one: S, two: S) -> Pin<Box<F>> {
    Box::pin(check(one, two))
}

acceptance_checks!(checks);

/// Runs all checks, each on a store of its own.
///
/// # Panics
///
/// Panics if one fails, and names it.
pub async fn all<S: Store>(stores: impl AsyncFn() -> (S, S)) {
    for check in CHECKS {
        run(check, &stores).await;
    }
}

/// Runs one of the [`CHECKS`] on two handles of a fresh, empty store.
///
/// # Panics
///
/// Panics if it fails, and names it.
pub async fn run<S: Store>(check: &str, stores: impl AsyncFn() -> (S, S)) {
    let (one, two) = stores().await;
    let run = AssertUnwindSafe(run_on(check, one, two));
    if let Err(panic) = run.catch_unwind().await {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
        panic!("{check}: {}", message.unwrap_or("failed"));
    }
}
