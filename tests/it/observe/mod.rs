//! The table of writes: after each of them, with or without hooks, the next
//! visitor sees the truth, since dumper observes the connection.
//!
//! | write | test |
//! |---|---|
//! | `insert`, `save` of a new row | [`hooked::inserts`] |
//! | `update`, `save` of a row | [`hooked::updates`] |
//! | `update` with nothing set | [`hooked::an_update_of_nothing`] |
//! | `update` of a missing row | [`hooked::an_update_of_a_missing_row`] |
//! | `update_without_returning` | [`hooked::an_update_without_returning`] |
//! | `delete`, of a model and of an active model | [`hooked::deletes`] |
//! | dense: self, has one, has many, belongs to | [`dense::a_row_with_all_its_relations`] |
//! | dense: an unchanged parent of a changed child | [`dense::a_changed_child_of_an_unchanged_parent`] |
//! | dense: replaced children that may be without a parent | [`dense::children_that_are_let_go`] |
//! | dense: replaced children that may not | [`dense::children_that_are_deleted`] |
//! | dense: a new link, a link that goes | [`dense::links_that_come_and_go`] |
//! | `cascade_delete`, and its junction rows | [`dense::a_deep_delete`], [`dense::a_deep_delete_of_a_parent`] |
//! | `Entity::insert`, with each kind of `exec` | [`bulk::an_insert_without_hooks`] |
//! | `insert_many`, with each kind of `exec` | [`bulk::an_insert_of_many`] |
//! | upserts | [`bulk::upserts`] |
//! | `Entity::update`, with each kind of `exec` | [`bulk::an_update_without_hooks`] |
//! | `update_many`, with each kind of `exec` | [`bulk::an_update_of_many`] |
//! | `Entity::delete`, `delete_by_id` | [`bulk::a_delete_without_hooks`] |
//! | `delete_many`, with each kind of `exec` | [`bulk::a_delete_of_many`] |
//! | `execute`, `execute_raw`, and queries that write | [`bulk::raw_statements`] |
//! | `execute_unprepared` | none: [`limits::what_is_executed_unprepared_is_not_seen`] |
//! | `ON DELETE` and `ON UPDATE` of foreign keys | [`cascades`] |
//! | triggers | none |
//! | queries | [`limits::queries_drop_nothing`] |

mod bulk;
mod cascades;
mod dense;
mod hooked;
mod limits;
mod shelves;

use std::future::Future;

use sea_orm::{DatabaseConnection, DbErr};

use crate::site::Site;
use crate::site::entity::note;

/// All pages of flavors that are there, and what they are shown on.
const FLAVORS: [&str; 5] = [
    "/flavors/",
    "/flavors/vanilla/",
    "/flavors/mint/",
    "/vendors/north/",
    "/sizes/small/",
];

async fn observed_site() -> Site {
    dumper::register_derived::<note::Entity>();
    Site::setup().observed().start().await
}

/// Asserts that a request leaves no page of these stale, whose pages are all in
/// the cache before.
async fn assert_kept_true<T, F>(site: &Site, pages: &[&str], action: T)
where
    T: FnOnce(DatabaseConnection) -> F + Send + 'static,
    F: Future<Output = Result<(), DbErr>> + 'static,
{
    for page in pages {
        site.get(page).await;
    }
    let before = texts(site, pages).await;
    let answer = site.act(action).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    site.assert_true(pages).await;
    assert_ne!(texts(site, pages).await, before, "nothing has changed");
}

async fn texts(site: &Site, pages: &[&str]) -> Vec<String> {
    let mut texts = Vec::new();
    for page in pages {
        texts.push(site.get(page).await.text());
    }
    texts
}
