//! Statements that wait behind somebody else's lock when nobody waits for them.

use std::time::Duration;

use actix_web::http::StatusCode;
use sea_orm::{ActiveModelTrait, ConnectionTrait, Set, TransactionTrait};

use super::{has_row_locks, patient_site, until_locked_out};
use crate::alone::on_each_database;
use crate::http;
use crate::site::entity::story;

const PAGES: [&str; 3] = ["/stories/", "/stories/old/", "/stories/new/"];

#[test]
fn an_update_that_timed_out_behind_a_lock_leaves_no_page_when_it_is_done_at_last() {
    on_each_database(async || {
        let site = patient_site().await;
        site.visit(&PAGES[..2]).await;
        let lock = site.db.begin().await.unwrap();
        let unseen = "UPDATE story SET text = text WHERE id = 1";
        lock.execute_unprepared(unseen).await.unwrap();
        let (time_is_up, timed_out) = tokio::sync::oneshot::channel();
        let target = site.prepare(async move |db| {
            let renamed = story::ActiveModel {
                id: Set(1),
                slug: Set("new".to_owned()),
                ..Default::default()
            };
            tokio::select! {
                done = renamed.update(&db) => panic!("there is a lock: {done:?}"),
                _ = timed_out => Ok(StatusCode::OK),
            }
        });
        let request = http::request(site.addr, "POST", &target, &[], b"");
        let wait = async {
            if has_row_locks(&site.db) {
                until_locked_out(&site).await;
            } else {
                // SQLite does not tell who waits.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            time_is_up.send(()).unwrap();
        };
        let (answer, ()) = tokio::join!(request, wait);
        assert_eq!(answer.status, 200);
        assert_eq!(site.get(PAGES[1]).await.cache(), "fwd=miss; detail=fenced");
        lock.commit().await.unwrap();
        site.until(async || site.truth(PAGES[2]).await.status == 200)
            .await;
        assert_eq!(site.get(PAGES[2]).await.cache(), "fwd=miss; detail=fenced");
        site.assert_true(&PAGES).await;
        site.until_stored(PAGES[2]).await;
        site.assert_true(&PAGES).await;
    });
}
