//! What a hole may hold, and how a column may be declared.

use dumper::Dumped;
use dumper_tests::Kind;
use sea_orm::{ActiveValue, DbBackend, IntoActiveModel, Set, entity::prelude::*};

use crate::alone::on_databases;
use crate::site::database::{connect, create_table};

mod page {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(schema_name = "main", table_name = "page")]
    #[dumper(paths = [
        "/{locale}/{path:raw}",
        "/by-type/{type}/{locale}",
        "/by-author/{author}/",
        "/by-kind/{kind}/{locale}-{locale}",
        "/{{literal}}/",
    ])]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub locale: String,
        #[sea_orm(primary_key, auto_increment = false, enum_name = "Address")]
        pub path: String,
        pub r#type: i32,
        #[sea_orm(column_name = "author_name", nullable)]
        pub author: Option<String>,
        #[sea_orm(enum_name = "PageKind", column_type = "Text")]
        pub kind: String,
        #[sea_orm(ignore)]
        pub rendered: bool,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

mod author {
    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    /// A type of one's own, behind an alias for its `Option`.
    pub type Nickname = Option<String>;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "author")]
    #[dumper(paths = "/authors/{nickname}/")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub nickname: Nickname,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

fn about() -> page::Model {
    page::Model {
        locale: "de".to_owned(),
        path: "über/uns".to_owned(),
        r#type: 3,
        author: Some("Ada".to_owned()),
        kind: "a/b".to_owned(),
        rendered: false,
    }
}

#[test]
fn each_column_fills_its_hole() {
    assert_eq!(
        about().paths(),
        [
            "/de/%C3%BCber/uns",
            "/by-type/3/de",
            "/by-author/Ada/",
            "/by-kind/a%2Fb/de-de",
            "/%7Bliteral%7D/",
        ]
    );
}

#[test]
fn a_missing_value_leaves_its_path_out() {
    let page = page::Model {
        author: None,
        ..about()
    };
    assert_eq!(page::Entity::hole(&page, "author"), None);
    assert_eq!(page.paths().len(), 4);
    let author = author::Model {
        id: 1,
        nickname: None,
    };
    assert!(author.paths().is_empty());
}

#[test]
fn a_missing_value_is_known_to_be_missing() {
    let page = page::ActiveModel {
        author: Set(None),
        ..Default::default()
    };
    assert_eq!(page::Entity::active_hole(&page, "author"), Set(None));
    assert_eq!(
        page::Entity::active_hole(&page, "type"),
        ActiveValue::NotSet
    );
}

#[test]
fn rows_are_written() {
    // In MariaDB a schema is another database.
    on_databases(&[Kind::Sqlite, Kind::Postgres], async || {
        let db = connect().await;
        if db.get_database_backend() == DbBackend::Postgres {
            db.execute_unprepared("CREATE SCHEMA main").await.unwrap();
        }
        create_table(&db, page::Entity).await;
        create_table(&db, author::Entity).await;

        let mut page = about()
            .into_active_model()
            .insert(&db)
            .await
            .unwrap()
            .into_active_model();
        page.author = Set(None);
        page.update(&db).await.unwrap().delete(&db).await.unwrap();

        let author = author::ActiveModel {
            nickname: Set(Some("ada".to_owned())),
            ..Default::default()
        };
        let author = author.insert(&db).await.unwrap();
        assert_eq!(author.paths(), ["/authors/ada/"]);
    });
}
