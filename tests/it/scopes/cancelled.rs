//! Writes whose end nobody saw: cancelled, failed, panicked.

use std::time::Duration;

use actix_web::http::StatusCode;
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, Set, TransactionTrait};

use super::{FLAVOR, STORIES, hasty_site, name, tell};
use crate::alone::on_each_database;
use crate::http;
use crate::site::Site;
use crate::site::entity::{flavor, note, story};

#[test]
fn a_request_cancelled_between_statement_and_hook_leaves_a_fence() {
    on_each_database(async || {
        let site = hasty_site().await;
        site.visit(&STORIES[..2]).await;
        let target = site.prepare(async |db| tell(&db, "slow").await.map(|()| StatusCode::OK));
        let stream = http::send(site.addr, "POST", &target, &[], b"").await;
        story::STANDS.notified().await;
        // A reset, so that the server drops the handler at once.
        stream.set_zero_linger().unwrap();
        drop(stream);
        site.assert_true(&STORIES).await;
        assert_eq!(site.get("/stories/new/").await.text(), "slow");
        site.until_stored("/stories/new/").await;
        site.assert_true(&STORIES).await;
    });
}

#[test]
fn a_write_that_timed_out_in_a_request_that_ended_well_leaves_a_fence() {
    on_each_database(async || {
        let site = hasty_site().await;
        site.visit(&STORIES[..2]).await;
        let answer = site
            .act(async |db| {
                tokio::select! {
                    _ = tell(&db, "slow") => panic!("it stands"),
                    () = story::STANDS.notified() => Ok(()),
                }
            })
            .await;
        assert_eq!(answer.status, 200);
        let visit = site.get("/stories/new/").await;
        assert_eq!((visit.text().as_str(), visit.is_stored()), ("slow", false));
        site.assert_true(&STORIES).await;
        site.until_stored("/stories/new/").await;
        site.assert_true(&STORIES).await;
    });
}

#[test]
fn a_statement_that_is_done_late_is_seen_at_the_deadline() {
    on_each_database(async || {
        let site = hasty_site().await;
        // Sent, but nobody waits for its end.
        let late = note::ActiveModel {
            owner: Set("flavor".to_owned()),
            owner_id: Set(1),
            text: Set("late".to_owned()),
            ..Default::default()
        };
        dumper::scope(dumper::hooks::before_save::<note::Entity, _>(
            &late, &site.db, true,
        ))
        .await
        .unwrap();
        // Only the row tells which page shows it.
        site.visit(&[FLAVOR]).await;
        note::Entity::insert(late).exec(&site.db).await.unwrap();
        site.until(async || site.get(FLAVOR).await.text().contains("late"))
            .await;
        site.assert_true(&[FLAVOR]).await;
    });
}

#[test]
fn a_failed_statement_drops_all_pages_of_the_entity() {
    on_each_database(async || {
        let site = hasty_site().await;
        site.visit(&[FLAVOR, "/flavors/mint/"]).await;
        let answer = site
            .act(async |db| {
                let taken = flavor::ActiveModel {
                    slug: Set("mint".to_owned()),
                    name: Set("Mint".to_owned()),
                    vendor_id: Set(1),
                    ..Default::default()
                };
                assert!(taken.insert(&db).await.is_err());
                Ok(())
            })
            .await;
        assert_eq!(answer.status, 200);
        assert!(!site.get(FLAVOR).await.is_hit());
        site.assert_true(&[FLAVOR, "/flavors/mint/"]).await;
        site.until_stored("/flavors/mint/").await;
    });
}

#[test]
fn a_handler_that_panics_after_a_write_leaves_the_pages_true() {
    on_each_database(async || {
        let site = hasty_site().await;
        site.visit(&[FLAVOR]).await;
        let answer = site
            .act(async |db| {
                name(&db, "Vanille").await?;
                panic!("as told")
            })
            .await;
        assert_eq!(answer.status, 0);
        site.assert_true(&[FLAVOR]).await;
        site.visit(&[FLAVOR]).await;
        let answer = site
            .act(async |db| {
                let txn = db.begin().await?;
                name(&txn, "never").await?;
                panic!("as told")
            })
            .await;
        assert_eq!(answer.status, 0);
        site.assert_true(&[FLAVOR]).await;
        site.until_stored(FLAVOR).await;
        site.assert_true(&[FLAVOR]).await;
    });
}

#[test]
fn a_hook_of_the_user_that_panics_leaves_the_pages_true() {
    on_each_database(async || {
        let site = hasty_site().await;
        site.visit(&STORIES[..2]).await;
        let answer = site.act(async |db| tell(&db, "panic").await).await;
        assert_eq!(answer.status, 0);
        site.assert_true(&STORIES).await;
        site.until_stored("/stories/new/").await;
        site.assert_true(&STORIES).await;
    });
}

#[test]
fn a_server_error_keeps_the_fences_until_their_deadline() {
    on_each_database(async || {
        let site = hasty_site().await;
        site.visit(&[FLAVOR]).await;
        let answer = site
            .act(async |db| {
                let txn = db.begin().await?;
                name(&txn, "Vanille").await?;
                txn.commit().await?;
                Err(DbErr::Custom("the commit may have timed out".to_owned()))
            })
            .await;
        assert_eq!(answer.status, 500);
        let visit = site.get(FLAVOR).await;
        assert!(visit.text().starts_with("Vanille"));
        assert_eq!(visit.cache(), "fwd=miss; detail=fenced");
        site.until_stored(FLAVOR).await;
        site.assert_true(&[FLAVOR]).await;
    });
}

#[test]
fn a_commit_that_comes_after_its_request_was_cancelled_is_seen() {
    on_each_database(async || {
        let site = hasty_site().await;
        site.visit(&[FLAVOR]).await;
        let (send, receive) = tokio::sync::oneshot::channel();
        let target = site.prepare(async move |db| {
            let txn = db.begin().await?;
            name(&txn, "Vanille").await?;
            // As if the commit were on its way when the client goes away.
            let _ = send.send(txn);
            std::future::pending::<()>().await;
            Ok(StatusCode::OK)
        });
        let stream = http::send(site.addr, "POST", &target, &[], b"").await;
        let txn = receive.await.unwrap();
        stream.set_zero_linger().unwrap();
        drop(stream);
        assert!(site.get(FLAVOR).await.text().starts_with("VANILLA"));
        txn.commit().await.unwrap();
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
        site.until_stored(FLAVOR).await;
        site.assert_true(&[FLAVOR]).await;
    });
}

#[test]
fn the_longest_deadline_is_no_harm() {
    on_each_database(async || {
        let site = Site::setup().cache(|cache| cache.fence_deadline(Duration::MAX));
        let site = site.start().await;
        site.visit(&[FLAVOR]).await;
        let db = site.db.clone();
        let save = tokio::spawn(async move { name(&db, "Vanille").await });
        save.await.unwrap().unwrap();
        site.assert_true(&[FLAVOR]).await;
    });
}
