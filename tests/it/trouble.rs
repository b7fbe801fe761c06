//! What goes wrong in a user's `dependent_paths` never fails a save, and leaves
//! nothing stale.

use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};

use crate::alone::on_each_database;
use crate::logs;
use crate::site::Site;
use crate::site::entity::note;

const PAGES: [&str; 3] = ["/flavors/vanilla/", "/flavors/mint/", "/vendors/north/"];

/// Saves a note that commands its `dependent_paths` to go wrong, as an insert and
/// as an update, and asserts that both succeed and show.
async fn try_note(text: &'static str) {
    logs::capture();
    let site = Site::start().await;
    site.visit(&PAGES).await;
    site.visit(&["/sign/"]).await;
    let answer = site
        .act(async move |db| {
            let note = note::ActiveModel {
                owner: Set("flavor".to_owned()),
                owner_id: Set(1),
                text: Set(text.to_owned()),
                ..Default::default()
            };
            note.insert(&db).await.map(drop)
        })
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(site.get("/flavors/vanilla/").await.text().contains(text));
    site.assert_true(&PAGES).await;
    site.visit(&PAGES).await;
    let answer = site
        .act(async |db| {
            let note = note::Entity::find_by_id(1).one(&db).await?.unwrap();
            let mut note = note.into_active_model();
            note.text = Set("well".to_owned());
            note.update(&db).await.map(drop)
        })
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(site.get("/flavors/vanilla/").await.text().contains("well"));
    site.assert_true(&PAGES).await;
    assert!(
        site.get("/sign/").await.is_hit(),
        "what is not within is left"
    );
}

fn is_logged(trouble: &str) -> bool {
    logs::has_line(&["ERROR dumper::invalidation", "#1 of note", trouble])
}

#[test]
fn paths_that_error_are_logged_and_drop_all_pages_within() {
    on_each_database(async || {
        try_note("error").await;
        assert!(is_logged("no paths today"));
    });
}

#[test]
fn paths_that_panic_are_logged_and_drop_all_pages_within() {
    on_each_database(async || {
        try_note("panic").await;
        assert!(is_logged("panicked"));
    });
}

#[test]
fn an_empty_path_is_logged_and_drops_all_pages_within() {
    on_each_database(async || {
        try_note("empty").await;
        assert!(is_logged("\"\" is not a path"));
    });
}

#[test]
fn a_path_without_a_leading_slash_is_logged_and_drops_all_pages_within() {
    on_each_database(async || {
        try_note("relative").await;
        assert!(is_logged("\"flavors/vanilla/\" is not a path"));
    });
}

#[test]
fn a_full_url_stands_for_its_path() {
    on_each_database(async || {
        try_note("url").await;
        assert!(!is_logged(""));
    });
}

#[test]
fn a_path_with_a_query_stands_for_all_queries() {
    on_each_database(async || {
        try_note("query").await;
        assert!(!is_logged(""));
    });
}

#[test]
fn ten_thousand_paths_are_all_dropped() {
    on_each_database(async || {
        try_note("many").await;
        assert!(!is_logged(""));
    });
}
