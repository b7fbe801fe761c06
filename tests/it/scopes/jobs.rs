//! Writes outside a request, and scopes in scopes.

use futures::future::{Either, select};
use sea_orm::{ActiveModelTrait, DbErr, Set, TransactionTrait};

use super::{FLAVOR, hasty_site, name};
use crate::alone::on_each_database;
use crate::http;
use crate::site::Site;
use crate::site::entity::story;

#[test]
fn a_save_in_a_spawned_task_is_seen() {
    on_each_database(async || {
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
    on_each_database(async || {
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
    on_each_database(async || {
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
    on_each_database(async || {
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
    on_each_database(async || {
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
    on_each_database(async || {
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
    on_each_database(async || {
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
    on_each_database(async || {
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
        scope.end().await;
        site.assert_true(&[FLAVOR]).await;
        site.until_stored(FLAVOR).await;
        site.assert_true(&[FLAVOR]).await;
    });
}

#[test]
fn an_import_of_many_rows_in_one_scope_holds_one_fence() {
    on_each_database(async || {
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
