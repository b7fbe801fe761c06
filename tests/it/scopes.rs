//! Transactions, requests that go wrong, and jobs: when a write is done.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::rt;
use futures::future::{Either, select};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel,
    Set, TransactionTrait,
};

use crate::alone::alone;
use crate::http;
use crate::site::Site;
use crate::site::entity::{flavor, story};

const FLAVOR: &str = "/flavors/vanilla/";
const STORIES: [&str; 3] = ["/stories/", "/stories/old/", "/stories/new/"];

/// Names the flavor `vanilla`.
async fn name<C: ConnectionTrait>(db: &C, name: &str) -> Result<(), DbErr> {
    let flavor = flavor::Entity::find_by_id(1).one(db).await?;
    let mut flavor = flavor.expect("vanilla is there").into_active_model();
    flavor.name = Set(name.to_owned());
    flavor.update(db).await.map(drop)
}

/// Renames the story `old` to `new`; its text may tell its hooks to stand still.
async fn tell<C: ConnectionTrait>(db: &C, text: &str) -> Result<(), DbErr> {
    let story = story::ActiveModel {
        id: Set(1),
        slug: Set("new".to_owned()),
        text: Set(text.to_owned()),
    };
    story.update(db).await.map(drop)
}

/// A site whose fences stand for a fifth of a second after their scope.
async fn hasty_site() -> Site {
    let deadline = Duration::from_millis(200);
    let site = Site::setup().cache(|cache| cache.fence_deadline(deadline));
    site.start().await
}

#[test]
fn a_commit_makes_the_write_seen() {
    alone(async || {
        let site = Site::start().await;
        site.visit(&[FLAVOR]).await;
        site.act(async |db| {
            let txn = db.begin().await?;
            name(&txn, "Vanille").await?;
            txn.commit().await
        })
        .await;
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
        site.visit(&[FLAVOR]).await;
    });
}

#[test]
fn a_transaction_closure_makes_the_write_seen() {
    alone(async || {
        let site = Site::start().await;
        site.visit(&[FLAVOR]).await;
        site.act(async |db| {
            let done = db
                .transaction_async(async |txn| name(txn, "Vanille").await)
                .await;
            done.map_err(|err| DbErr::Custom(err.to_string()))
        })
        .await;
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
        site.visit(&[FLAVOR]).await;
    });
}

#[test]
fn a_visit_before_the_commit_is_not_stored() {
    alone(async || {
        let site = Site::start().await;
        site.visit(&[FLAVOR]).await;
        let addr = site.addr;
        let answer = site
            .act(async move |db| {
                let txn = db.begin().await?;
                name(&txn, "Vanille").await?;
                let visit = http::request(addr, "GET", FLAVOR, &[], b"").await;
                assert_eq!(visit.cache(), "fwd=miss; detail=fenced");
                assert!(visit.text().starts_with("VANILLA"));
                txn.commit().await
            })
            .await;
        assert_eq!(answer.status, 200);
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
        site.visit(&[FLAVOR]).await;
    });
}

#[test]
fn a_rollback_leaves_the_pages_true() {
    alone(async || {
        let site = Site::start().await;
        site.visit(&[FLAVOR]).await;
        site.act(async |db| {
            let txn = db.begin().await?;
            name(&txn, "never").await?;
            txn.rollback().await
        })
        .await;
        assert!(site.get(FLAVOR).await.text().starts_with("VANILLA"));
        site.visit(&[FLAVOR]).await;
    });
}

#[test]
fn a_savepoint_rolled_back_in_a_commit_leaves_the_pages_true() {
    alone(async || {
        let site = Site::start().await;
        site.visit(&[FLAVOR, "/flavors/mint/"]).await;
        site.act(async |db| {
            let txn = db.begin().await?;
            name(&txn, "Vanille").await?;
            let inner = txn.begin().await?;
            name(&inner, "never").await?;
            inner.rollback().await?;
            txn.commit().await
        })
        .await;
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
        site.assert_true(&[FLAVOR, "/flavors/mint/"]).await;
    });
}

#[test]
fn a_page_rendered_before_a_write_is_not_stored_after_it() {
    alone(async || {
        let site = Site::start().await;
        let hold = site.hold(FLAVOR);
        let addr = site.addr;
        let early = rt::spawn(async move { http::request(addr, "GET", FLAVOR, &[], b"").await });
        hold.reached().await;
        site.act(async |db| name(&db, "Vanille").await).await;
        hold.release();
        let early = early.await.unwrap();
        assert!(early.text().starts_with("VANILLA"));
        assert_eq!(early.cache(), "fwd=miss; detail=invalidated");
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
    });
}

#[test]
fn a_visitor_after_a_write_does_not_get_the_page_rendered_before_it() {
    alone(async || {
        let site = Site::start().await;
        let hold = site.hold(FLAVOR);
        let addr = site.addr;
        let early = rt::spawn(async move { http::request(addr, "GET", FLAVOR, &[], b"").await });
        hold.reached().await;
        site.act(async |db| name(&db, "Vanille").await).await;
        // The early render still stands: nobody may wait for it now.
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
        assert!(site.get(FLAVOR).await.is_hit());
        hold.release();
        early.await.unwrap();
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
    });
}

#[test]
fn a_page_rendered_before_a_delete_is_not_stored_after_it() {
    alone(async || {
        let site = Site::start().await;
        let hold = site.hold(FLAVOR);
        let addr = site.addr;
        let early = rt::spawn(async move { http::request(addr, "GET", FLAVOR, &[], b"").await });
        hold.reached().await;
        site.act(async |db| {
            let flavor = flavor::Entity::find_by_id(1).one(&db).await?.unwrap();
            flavor.into_active_model().delete(&db).await.map(drop)
        })
        .await;
        hold.release();
        assert_eq!(early.await.unwrap().status, 200);
        assert_eq!(site.get(FLAVOR).await.status, 404);
    });
}

#[test]
fn a_page_rendered_from_a_transaction_that_is_rolled_back_is_not_stored() {
    alone(async || {
        use actix_web::web;

        let preview = async |db: web::Data<DatabaseConnection>| {
            let txn = db.begin().await.unwrap();
            name(&txn, "never").await.unwrap();
            let flavor = flavor::Entity::find_by_id(1)
                .one(&txn)
                .await
                .unwrap()
                .unwrap();
            txn.rollback().await.unwrap();
            flavor.name
        };
        let site = Site::setup().routes(move |routes| {
            // Under a path that the flavor declares.
            routes.route("/flavors/vanilla/", web::get().to(preview));
        });
        let site = site.start().await;
        let answer = site.get(FLAVOR).await;
        assert_eq!(answer.text(), "never");
        assert_eq!(answer.cache(), "fwd=miss; detail=invalidated");
    });
}

#[test]
fn a_request_cancelled_between_statement_and_hook_leaves_a_fence() {
    alone(async || {
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
    alone(async || {
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
    alone(async || {
        let site = hasty_site().await;
        // Sent, but nobody waits for its end.
        let late = flavor::ActiveModel {
            slug: Set("mango".to_owned()),
            name: Set("Mango".to_owned()),
            vendor_id: Set(1),
            ..Default::default()
        };
        dumper::scope(dumper::hooks::before_save::<flavor::Entity, _>(
            &late, &site.db, true,
        ))
        .await;
        // A page that is found by the row once it is there.
        site.visit(&["/vendors/north/"]).await;
        flavor::Entity::insert(late).exec(&site.db).await.unwrap();
        site.until(async || site.get("/vendors/north/").await.text().contains("Mango"))
            .await;
        site.assert_true(&["/vendors/north/", "/flavors/", "/flavors/mango/"])
            .await;
    });
}

#[test]
fn a_failed_statement_drops_all_pages_of_the_entity() {
    alone(async || {
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
    alone(async || {
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
    alone(async || {
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
    alone(async || {
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
    alone(async || {
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
fn a_save_in_a_spawned_task_is_seen() {
    alone(async || {
        let site = hasty_site().await;
        site.visit(&[FLAVOR]).await;
        site.act(async |db| {
            let save = tokio::spawn(async move { name(&db, "Vanille").await });
            save.await.unwrap()
        })
        .await;
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
        site.visit(&[FLAVOR]).await;
        let db = site.db.clone();
        let job = tokio::spawn(async move {
            let txn = db.begin().await?;
            name(&txn, "Vainilla").await?;
            txn.commit().await
        });
        job.await.unwrap().unwrap();
        let visit = site.get(FLAVOR).await;
        assert!(visit.text().starts_with("Vainilla"));
        assert_eq!(visit.cache(), "fwd=miss; detail=fenced");
        site.until_stored(FLAVOR).await;
        site.assert_true(&[FLAVOR]).await;
    });
}

#[test]
fn a_job_in_a_scope_is_done_when_it_ends() {
    alone(async || {
        let site = Site::start().await;
        site.visit(&[FLAVOR]).await;
        let db = site.db.clone();
        let job = tokio::spawn(dumper::scope(async move {
            let txn = db.begin().await?;
            name(&txn, "Vanille").await?;
            txn.commit().await
        }));
        job.await.unwrap().unwrap();
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
        site.visit(&[FLAVOR]).await;
    });
}

#[test]
fn a_job_that_fails_keeps_its_fences_until_their_deadline() {
    alone(async || {
        let site = hasty_site().await;
        site.visit(&[FLAVOR]).await;
        let db = site.db.clone();
        let job = dumper::try_scope(async move {
            let txn = db.begin().await?;
            name(&txn, "Vanille").await?;
            txn.commit().await?;
            Err::<(), _>(DbErr::Custom("the commit may have timed out".to_owned()))
        });
        job.await.unwrap_err();
        assert_eq!(site.get(FLAVOR).await.cache(), "fwd=miss; detail=fenced");
        site.until_stored(FLAVOR).await;
        site.assert_true(&[FLAVOR]).await;
    });
}

#[test]
fn a_job_cancelled_before_its_commit_keeps_its_fences_until_their_deadline() {
    alone(async || {
        let site = hasty_site().await;
        site.visit(&[FLAVOR]).await;
        let db = site.db.clone();
        let (send, receive) = tokio::sync::oneshot::channel();
        let job = Box::pin(dumper::scope(async move {
            let txn = db.begin().await.unwrap();
            name(&txn, "Vanille").await.unwrap();
            // As if the commit were on its way when the job is cancelled.
            let _ = send.send(txn);
            std::future::pending::<()>().await;
        }));
        let Either::Right((txn, job)) = select(job, receive).await else {
            panic!("the job waits for ever");
        };
        drop(job);
        assert_eq!(site.get(FLAVOR).await.cache(), "fwd=miss; detail=fenced");
        txn.unwrap().commit().await.unwrap();
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
        site.until_stored(FLAVOR).await;
        site.assert_true(&[FLAVOR]).await;
    });
}

#[test]
fn a_scope_in_a_scope_ends_with_the_outer_one() {
    alone(async || {
        let site = Site::start().await;
        site.visit(&[FLAVOR]).await;
        let addr = site.addr;
        let answer = site
            .act(async move |db| {
                let txn = db.begin().await?;
                dumper::scope(name(&txn, "Vanille")).await?;
                let visit = http::request(addr, "GET", FLAVOR, &[], b"").await;
                assert_eq!(visit.cache(), "fwd=miss; detail=fenced");
                txn.commit().await
            })
            .await;
        assert_eq!(answer.status, 200);
        assert!(site.get(FLAVOR).await.text().starts_with("Vanille"));
        site.visit(&[FLAVOR]).await;
    });
}

#[test]
fn a_job_in_a_request_that_fails_keeps_the_fences_though_the_request_ends_well() {
    alone(async || {
        let site = hasty_site().await;
        site.visit(&[FLAVOR]).await;
        let (send, receive) = tokio::sync::oneshot::channel();
        let answer = site
            .act(async move |db| {
                let job = dumper::try_scope(async {
                    let txn = db.begin().await?;
                    name(&txn, "Vanille").await?;
                    // As if the commit had timed out, and were on its way.
                    let _ = send.send(txn);
                    Err::<(), _>(DbErr::Custom("timed out".to_owned()))
                });
                job.await.unwrap_err();
                Ok(())
            })
            .await;
        assert_eq!(answer.status, 200);
        assert_eq!(site.get(FLAVOR).await.cache(), "fwd=miss; detail=fenced");
        receive.await.unwrap().commit().await.unwrap();
        site.assert_true(&[FLAVOR]).await;
        site.until_stored(FLAVOR).await;
        site.assert_true(&[FLAVOR]).await;
    });
}

#[test]
fn a_job_in_a_request_that_is_cancelled_keeps_the_fences() {
    alone(async || {
        let site = hasty_site().await;
        site.visit(&[FLAVOR]).await;
        let answer = site
            .act(async |db| {
                let (send, receive) = tokio::sync::oneshot::channel();
                let job = Box::pin(dumper::scope(async {
                    let txn = db.begin().await.unwrap();
                    name(&txn, "never").await.unwrap();
                    let _ = send.send(txn);
                    std::future::pending::<()>().await;
                }));
                let Either::Right((_txn, job)) = select(job, receive).await else {
                    panic!("the job waits for ever");
                };
                drop(job);
                Ok(())
            })
            .await;
        assert_eq!(answer.status, 200);
        assert_eq!(site.get(FLAVOR).await.cache(), "fwd=miss; detail=fenced");
        site.until_stored(FLAVOR).await;
        site.assert_true(&[FLAVOR]).await;
    });
}

#[test]
fn a_joined_scope_that_outlives_its_request_is_a_task() {
    alone(async || {
        let site = hasty_site().await;
        site.visit(&[FLAVOR]).await;
        let (send, receive) = tokio::sync::oneshot::channel();
        site.act(async move |_| {
            let _ = send.send(dumper::Scope::new());
            Ok(())
        })
        .await;
        let scope = receive.await.unwrap();
        let write = Box::pin(scope.run(async {
            let txn = site.db.begin().await.unwrap();
            name(&txn, "Vanille").await.unwrap();
            txn.commit().await.unwrap();
        }));
        write.await;
        scope.end();
        site.assert_true(&[FLAVOR]).await;
        site.until_stored(FLAVOR).await;
        site.assert_true(&[FLAVOR]).await;
    });
}

#[test]
fn the_longest_deadline_is_no_harm() {
    alone(async || {
        let site = Site::setup().cache(|cache| cache.fence_deadline(Duration::MAX));
        let site = site.start().await;
        site.visit(&[FLAVOR]).await;
        let db = site.db.clone();
        let save = tokio::spawn(async move { name(&db, "Vanille").await });
        save.await.unwrap().unwrap();
        site.assert_true(&[FLAVOR]).await;
    });
}

#[test]
fn a_fenced_page_is_not_left_to_the_guess_of_browsers() {
    alone(async || {
        let site = Site::start().await;
        let txn = site.db.begin().await.unwrap();
        name(&txn, "never").await.unwrap();
        let answer = site.get(FLAVOR).await;
        assert_eq!(answer.cache(), "fwd=miss; detail=fenced");
        assert_eq!(answer.header("cache-control").as_deref(), Some("no-cache"));
    });
}

#[test]
fn an_import_of_many_rows_in_one_scope_holds_one_fence() {
    alone(async || {
        let site = Site::start().await;
        site.visit(&["/stories/", "/stories/old/", FLAVOR]).await;
        let db = site.db.clone();
        let addr = site.addr;
        let job = dumper::try_scope(async move {
            let txn = db.begin().await?;
            for number in 0..3_000 {
                let story = story::ActiveModel {
                    slug: Set(format!("story-{number}")),
                    text: Set("imported".to_owned()),
                    ..Default::default()
                };
                story.insert(&txn).await?;
            }
            let old = http::request(addr, "GET", "/stories/old/", &[], b"").await;
            assert_eq!(old.cache(), "fwd=miss; detail=fenced");
            let flavor = http::request(addr, "GET", FLAVOR, &[], b"").await;
            assert!(flavor.is_hit());
            txn.commit().await
        });
        job.await.unwrap();
        site.assert_true(&["/stories/", "/stories/old/", "/stories/story-2999/"])
            .await;
        site.visit(&["/stories/", "/stories/old/", "/stories/story-0/"])
            .await;
    });
}

#[test]
fn a_cache_made_while_a_fence_stands_obeys_it() {
    alone(async || {
        let site = hasty_site().await;
        let db = site.db.clone();
        let txn = db.begin().await.unwrap();
        name(&txn, "Vanille").await.unwrap();
        let late = Site::setup().start().await;
        assert_eq!(late.get(FLAVOR).await.cache(), "fwd=miss; detail=fenced");
        txn.commit().await.unwrap();
    });
}
