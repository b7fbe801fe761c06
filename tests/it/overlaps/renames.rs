//! Writes of one row: whichever is done last, no page of a name between stays.

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr, IsolationLevel, Set,
    TransactionTrait,
};

use super::writer::Writer;
use super::{has_row_locks, patient_site, until_locked_out};
use crate::alone::on_each_database;
use crate::site::Site;
use crate::site::entity::story;

const PAGES: [&str; 4] = ["/stories/", "/stories/old/", "/stories/b/", "/stories/c/"];

/// What is done to the story `old`.
#[derive(Clone, Copy)]
enum Write {
    Rename(&'static str),
    Delete,
}

impl Write {
    async fn run<C: ConnectionTrait>(self, db: &C) -> Result<(), DbErr> {
        let mut story = story::ActiveModel {
            id: Set(1),
            ..Default::default()
        };
        match self {
            Self::Rename(slug) => {
                story.slug = Set(slug.to_owned());
                story.update(db).await.map(drop)
            }
            Self::Delete => story.delete(db).await.map(drop),
        }
    }

    async fn run_in_transaction(self, db: &DatabaseConnection) -> Result<(), DbErr> {
        let isolation = Some(IsolationLevel::ReadCommitted);
        let txn = db.begin_with_config(isolation, None).await?;
        self.run(&txn).await?;
        txn.commit().await
    }

    /// Where it stands still: when it has read the row, and when it has written.
    fn stops(self) -> &'static [&'static str] {
        match self {
            Self::Rename(_) => &["SELECT", "UPDATE"],
            Self::Delete => &["SELECT", "DELETE"],
        }
    }
}

/// Asks for all pages, so that those which may be stored are.
async fn ask(site: &Site) {
    for path in PAGES {
        site.get(path).await;
    }
}

/// Runs two transactions of which the second begins before the first commits, and
/// returns what became of the second. The first always succeeds.
///
/// Both have read the row as it was. With locks of rows the second then waits for the
/// first, and writes over what it has done. In SQLite it fails.
async fn overlap(first: Write, second: Write) -> (Site, Result<(), DbErr>) {
    let site = patient_site().await;
    ask(&site).await;
    let mut one = Writer::start(first.stops(), async move |db| {
        first.run_in_transaction(db).await
    });
    one.reached().await;
    one.release();
    one.reached().await;
    let mut two = Writer::start(second.stops(), async move |db| {
        second.run_in_transaction(db).await
    });
    two.reached().await;
    ask(&site).await;
    two.release();
    if has_row_locks(&site.db) {
        until_locked_out(&site).await;
    }
    ask(&site).await;
    one.release();
    one.done().await.unwrap();
    if has_row_locks(&site.db) {
        two.reached().await;
        ask(&site).await;
        two.release();
    }
    let outcome = two.done().await;
    site.assert_true(&PAGES).await;
    (site, outcome)
}

#[test]
fn of_two_transactions_that_rename_a_row_none_leaves_the_name_between() {
    on_each_database(async || {
        let (site, outcome) = overlap(Write::Rename("b"), Write::Rename("c")).await;
        assert_eq!(outcome.is_ok(), has_row_locks(&site.db), "{outcome:?}");
        let last = if outcome.is_ok() { PAGES[3] } else { PAGES[2] };
        assert_eq!(site.get(last).await.status, 200);
        site.until_stored(last).await;
        site.assert_true(&PAGES).await;
    });
}

#[test]
fn a_delete_that_waits_for_a_rename_leaves_none_of_its_pages() {
    on_each_database(async || {
        let (site, outcome) = overlap(Write::Rename("b"), Write::Delete).await;
        assert_eq!(outcome.is_ok(), has_row_locks(&site.db), "{outcome:?}");
        let status = if outcome.is_ok() { 404 } else { 200 };
        assert_eq!(site.get("/stories/b/").await.status, status);
        site.until_stored("/stories/").await;
        site.assert_true(&PAGES).await;
    });
}

#[test]
fn a_rename_that_waits_for_a_delete_leaves_none_of_its_pages() {
    on_each_database(async || {
        let (site, outcome) = overlap(Write::Delete, Write::Rename("b")).await;
        assert!(outcome.is_err());
        assert_eq!(site.get("/stories/old/").await.status, 404);
        site.until_stored("/stories/").await;
        site.assert_true(&PAGES).await;
    });
}

#[test]
fn a_rename_that_overtakes_another_leaves_no_page_of_either() {
    on_each_database(async || {
        let site = Site::start().await;
        ask(&site).await;
        // It has read the old name.
        let mut slow = Writer::start(&["SELECT"], async |db| Write::Rename("c").run(db).await);
        slow.reached().await;
        site.act(async |db| Write::Rename("b").run(&db).await).await;
        assert_eq!(site.get("/stories/b/").await.status, 200);
        ask(&site).await;
        slow.release();
        slow.done().await.unwrap();
        site.assert_true(&PAGES).await;
        assert_eq!(site.get("/stories/b/").await.status, 404);
        site.visit(&PAGES[3..]).await;
    });
}

#[test]
fn a_rename_that_is_told_late_leaves_no_page_of_either() {
    on_each_database(async || {
        let site = Site::start().await;
        ask(&site).await;
        // It has written the new name, and dumper does not know yet.
        let mut slow = Writer::start(&["UPDATE"], async |db| Write::Rename("b").run(db).await);
        slow.reached().await;
        assert_eq!(site.get("/stories/b/").await.status, 200);
        ask(&site).await;
        site.act(async |db| Write::Rename("c").run(&db).await).await;
        ask(&site).await;
        slow.release();
        slow.done().await.unwrap();
        site.assert_true(&PAGES).await;
        assert_eq!(site.get("/stories/b/").await.status, 404);
        site.visit(&PAGES[3..]).await;
    });
}
