//! What dumper asks of the database, by the log of the connection: what an entity
//! with pages sends beyond what the same one without them does.
//!
//! Savepoints are in no log of SeaORM.

use std::sync::{Arc, Mutex};

use sea_orm::{
    ActiveModelTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, ModelTrait, Set,
    TransactionTrait,
};

use crate::alone::on_each_database;
use crate::site::Site;
use crate::site::database::connect;
use crate::site::entity::{flavor, story};

/// The tables of the site, without pages.
mod plain {
    #![allow(
        missing_docs,
        unreachable_pub,
        reason = "entities as a user writes them"
    )]

    pub(super) mod story {
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
        #[sea_orm(table_name = "story")]
        pub struct Model {
            #[sea_orm(primary_key)]
            pub id: i32,
            pub slug: String,
            pub text: String,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    }

    pub(super) mod flavor {
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
        #[sea_orm(table_name = "flavor")]
        pub struct Model {
            #[sea_orm(primary_key)]
            pub id: i32,
            pub slug: String,
            pub name: String,
            pub vendor_id: i32,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    }
}

/// A connection, and what is sent on it.
struct Logged {
    db: DatabaseConnection,
    log: Arc<Mutex<Vec<String>>>,
    _site: Site,
}

impl Logged {
    async fn connect() -> Self {
        let site = Site::start().await;
        let log = Arc::new(Mutex::new(Vec::new()));
        let mut db = connect().await;
        let statements = Arc::clone(&log);
        db.set_metric_callback(move |info| {
            statements.lock().unwrap().push(info.statement.sql.clone());
        });
        Self {
            db,
            log,
            _site: site,
        }
    }

    async fn log_of(
        &self,
        write: impl AsyncFnOnce(&DatabaseConnection) -> Result<(), DbErr>,
    ) -> Vec<String> {
        self.log.lock().unwrap().clear();
        write(&self.db).await.unwrap();
        std::mem::take(&mut *self.log.lock().unwrap())
    }

    /// What `write` sends beyond what `plain` does.
    async fn added(
        &self,
        plain: impl AsyncFnOnce(&DatabaseConnection) -> Result<(), DbErr>,
        write: impl AsyncFnOnce(&DatabaseConnection) -> Result<(), DbErr>,
    ) -> Vec<String> {
        let plain = self.log_of(plain).await;
        assert!(!plain.is_empty());
        let mut added = self.log_of(write).await;
        for statement in &plain {
            let of_plain = added.iter().position(|added| added == statement);
            added.remove(of_plain.unwrap_or_else(|| panic!("{statement} is not in {added:?}")));
        }
        added
    }
}

/// Changes a column of the first row, as one does who has just read it.
macro_rules! update {
    ($entity:path, $column:ident, $value:expr) => {
        async |db| {
            use $entity as entity;
            let row = entity::Entity::find_by_id(1).one(db).await?;
            let mut row = row.expect("it is there").into_active_model();
            row.$column = Set($value.to_owned());
            row.update(db).await.map(drop)
        }
    };
}

/// Asserts that statements read these tables, one each, in any order.
fn assert_reads(statements: &[String], tables: &[&str]) {
    let mut read: Vec<&str> = statements
        .iter()
        .map(|statement| {
            assert!(statement.starts_with("SELECT"), "{statement}");
            let from = statement.split(" FROM ").nth(1).unwrap();
            from.split(['"', '`']).nth(1).unwrap()
        })
        .collect();
    read.sort_unstable();
    assert_eq!(read, tables, "{statements:?}");
}

#[test]
fn an_update_that_leaves_the_path_alone_sends_nothing_more() {
    on_each_database(async || {
        let logged = Logged::connect().await;
        let added = logged
            .added(
                update!(plain::story, text, "twice"),
                update!(story, text, "thrice"),
            )
            .await;
        assert_reads(&added, &[]);
    });
}

#[test]
fn a_rename_reads_the_row_first() {
    on_each_database(async || {
        let logged = Logged::connect().await;
        let added = logged
            .added(
                update!(plain::story, slug, "new"),
                update!(story, slug, "newer"),
            )
            .await;
        assert_reads(&added, &["story"]);
    });
}

#[test]
fn an_update_of_a_model_made_by_hand_reads_the_row_first() {
    on_each_database(async || {
        let logged = Logged::connect().await;
        let added = logged
            .added(
                async |db| {
                    let plain = plain::story::ActiveModel {
                        id: Set(1),
                        text: Set("twice".to_owned()),
                        ..Default::default()
                    };
                    plain.update(db).await.map(drop)
                },
                async |db| {
                    let story = story::ActiveModel {
                        id: Set(1),
                        text: Set("thrice".to_owned()),
                        ..Default::default()
                    };
                    story.update(db).await.map(drop)
                },
            )
            .await;
        assert_reads(&added, &["story"]);
    });
}

#[test]
fn an_insert_sends_nothing_more() {
    on_each_database(async || {
        let logged = Logged::connect().await;
        let added = logged
            .added(
                async |db| {
                    let plain = plain::story::ActiveModel {
                        slug: Set("new".to_owned()),
                        text: Set("once".to_owned()),
                        ..Default::default()
                    };
                    plain.insert(db).await.map(drop)
                },
                async |db| {
                    let story = story::ActiveModel {
                        slug: Set("newer".to_owned()),
                        text: Set("once".to_owned()),
                        ..Default::default()
                    };
                    story.insert(db).await.map(drop)
                },
            )
            .await;
        assert_reads(&added, &[]);
    });
}

#[test]
fn a_delete_reads_the_row_first() {
    on_each_database(async || {
        let logged = Logged::connect().await;
        let story = story::ActiveModel {
            slug: Set("new".to_owned()),
            text: Set("once".to_owned()),
            ..Default::default()
        };
        let story = story.insert(&logged.db).await.unwrap();
        let added = logged
            .added(
                async |db| {
                    let plain = plain::story::ActiveModel {
                        id: Set(1),
                        ..Default::default()
                    };
                    plain.delete(db).await.map(drop)
                },
                async |db| story.delete(db).await.map(drop),
            )
            .await;
        assert_reads(&added, &["story"]);
    });
}

#[test]
fn a_rename_in_a_transaction_reads_the_row_without_a_lock() {
    on_each_database(async || {
        let logged = Logged::connect().await;
        let added = logged
            .added(
                async |db| {
                    let txn = db.begin().await?;
                    let plain = plain::story::Entity::find_by_id(1).one(&txn).await?;
                    let mut plain = plain.expect("it is there").into_active_model();
                    plain.slug = Set("new".to_owned());
                    plain.update(&txn).await?;
                    txn.commit().await
                },
                async |db| {
                    dumper::try_scope(async {
                        let txn = db.begin().await?;
                        let story = story::Entity::find_by_id(1).one(&txn).await?;
                        let mut story = story.expect("it is there").into_active_model();
                        story.slug = Set("newer".to_owned());
                        story.update(&txn).await?;
                        txn.commit().await
                    })
                    .await
                },
            )
            .await;
        assert_reads(&added, &["story"]);
        assert!(!added[0].contains(" FOR "), "{added:?}");
    });
}

#[test]
fn an_update_with_related_rows_asks_for_them_before_and_after() {
    on_each_database(async || {
        let logged = Logged::connect().await;
        let added = logged
            .added(
                update!(plain::flavor, name, "Vanille"),
                update!(flavor, name, "Vainilla"),
            )
            .await;
        assert_reads(&added, &["flavor", "size", "size", "vendor", "vendor"]);
    });
}
