//! What is read from the texts of statements.

use proptest::prelude::*;
use sea_orm::DatabaseBackend::{self as DbBackend, MySql, Postgres, Sqlite};

use super::parse::{effects, may_write};
use super::statement::{Change, Effects, Pins, Write};

const ALL: [DbBackend; 3] = [MySql, Postgres, Sqlite];

/// The writes of a text, as `verb table`; `anything`, or nothing.
fn read(sql: &str, backend: DbBackend) -> Vec<String> {
    if !may_write(sql) {
        return Vec::new();
    }
    match effects(sql, backend) {
        Effects::Anything => vec!["anything".to_owned()],
        Effects::Tables(writes) => writes.iter().map(shown).collect(),
    }
}

fn shown(write: &Write) -> String {
    let verb = match &write.change {
        Change::Insert => "insert".to_owned(),
        Change::Update(columns) => format!("update({})", columns.join(" ")),
        Change::Delete => "delete".to_owned(),
        Change::TruncateCascade => "truncate".to_owned(),
        Change::Alter => "alter".to_owned(),
    };
    format!("{verb} {}", write.table)
}

fn assert_reads(backends: &[DbBackend], cases: &[(&str, &[&str])]) {
    for &backend in backends {
        for (sql, writes) in cases {
            assert_eq!(read(sql, backend), *writes, "{backend:?}: {sql}");
        }
    }
}

#[test]
fn queries_and_the_like_write_nothing() {
    let cases: Vec<(&str, &[&str])> = [
        "",
        ";;",
        "SELECT 1",
        "SELECT \"id\", 'update' FROM \"flavor\" WHERE note = 'delete from flavor'",
        "SELECT replace(name, 'a', 'b') FROM flavor",
        "SELECT * FROM flavor WHERE id = 1 -- then update",
        "WITH a AS (SELECT 1) SELECT * FROM a UNION SELECT 2",
        "SAVEPOINT dumper",
        "ROLLBACK TO SAVEPOINT dumper",
        "RELEASE SAVEPOINT dumper",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "CREATE TABLE copy (id int REFERENCES flavor (id) ON DELETE CASCADE)",
        "CREATE TABLE copy AS SELECT replace(name, 'a', 'b') FROM flavor",
        "EXPLAIN DELETE FROM flavor",
    ]
    .map(|sql| (sql, &[] as &[&str]))
    .to_vec();
    assert_reads(&ALL, &cases);
    assert_reads(
        &[MySql, Postgres],
        &[("SELECT * FROM flavor WHERE id = 1 FOR UPDATE", &[])],
    );
    assert_reads(
        &[Postgres],
        &[
            ("SET search_path TO a", &[]),
            ("SHOW ALL", &[]),
            ("COPY flavor TO STDOUT", &[]),
            ("GRANT UPDATE ON flavor TO somebody", &[]),
            ("PREPARE a AS UPDATE flavor SET name = 'a'", &[]),
            ("SELECT a @> '{}' AND b ? 'update' FROM flavor", &[]),
        ],
    );
    assert_reads(&[Sqlite], &[("PRAGMA foreign_keys = ON", &[])]);
    assert_reads(&[MySql], &[("SHOW TABLES LIKE 'update'", &[])]);
}

#[test]
fn inserts() {
    assert_reads(
        &ALL,
        &[
            (
                "INSERT INTO flavor (name) VALUES ('a'), ('b')",
                &["insert flavor"],
            ),
            ("insert into flavor select * from old", &["insert flavor"]),
            (
                "INSERT INTO Parlour.Flavor VALUES (1)",
                &["insert parlour.flavor"],
            ),
        ],
    );
    assert_reads(
        &[Postgres, Sqlite],
        &[
            (r#"INSERT INTO "flavor" DEFAULT VALUES"#, &["insert flavor"]),
            (
                r#"INSERT INTO "flavor" ("id", "name") VALUES (1, 'a') ON CONFLICT ("id") DO UPDATE SET "name" = "excluded"."name" RETURNING "id""#,
                &["insert flavor", "update(name) flavor"],
            ),
            (
                "INSERT INTO flavor (id) VALUES (1) ON CONFLICT DO NOTHING",
                &["insert flavor"],
            ),
        ],
    );
    assert_reads(
        &[MySql],
        &[
            ("INSERT INTO `flavor` VALUES ()", &["insert flavor"]),
            (
                "INSERT IGNORE INTO `flavor` (`id`) VALUES (?)",
                &["insert flavor"],
            ),
            ("INSERT INTO flavor SET name = 'a'", &["insert flavor"]),
            (
                "INSERT INTO `flavor` (`id`) VALUES (1) ON DUPLICATE KEY UPDATE `id` = `id`",
                &["insert flavor"],
            ),
            (
                "INSERT INTO `flavor` (`id`, `name`) VALUES (1, 'a') ON DUPLICATE KEY UPDATE `name` = VALUES(`name`)",
                &["insert flavor", "update(name) flavor"],
            ),
        ],
    );
    assert_reads(
        &[MySql, Sqlite],
        &[(
            "REPLACE INTO flavor (id) VALUES (1)",
            &["insert flavor", "delete flavor"],
        )],
    );
    assert_reads(
        &[Sqlite],
        &[(
            "INSERT OR REPLACE INTO flavor (id) VALUES (1)",
            &["insert flavor", "delete flavor"],
        )],
    );
}

#[test]
fn updates() {
    assert_reads(
        &ALL,
        &[
            (
                "UPDATE flavor SET name = 'a', Slug = 'b'",
                &["update(name slug) flavor"],
            ),
            (
                "UPDATE flavor AS f SET name = 'a' WHERE f.id IN (SELECT 1)",
                &["update(name) flavor"],
            ),
        ],
    );
    assert_reads(
        &[Postgres, Sqlite],
        &[
            (
                "UPDATE flavor SET name = v.name FROM vendor AS v WHERE v.id = vendor_id",
                &["update(name) flavor"],
            ),
            (
                "UPDATE flavor SET (name, slug) = ('a', 'b') RETURNING id",
                &["update(name slug) flavor"],
            ),
        ],
    );
    assert_reads(
        &[MySql],
        &[(
            "UPDATE flavor AS f JOIN vendor ON vendor.id = f.vendor_id SET f.name = vendor.name",
            &["update(name) flavor", "update(name) vendor"],
        )],
    );
    assert_reads(
        &[Sqlite],
        &[(
            "UPDATE OR REPLACE flavor SET id = 2 WHERE id = 1",
            &["update(id) flavor", "delete flavor"],
        )],
    );
}

#[test]
fn deletes() {
    assert_reads(
        &ALL,
        &[
            ("DELETE FROM flavor", &["delete flavor"]),
            (
                "DELETE FROM flavor WHERE id = 1; DELETE FROM size",
                &["delete flavor", "delete size"],
            ),
            ("DROP TABLE flavor", &["delete flavor"]),
        ],
    );
    assert_reads(
        &[Postgres],
        &[
            (
                "DELETE FROM flavor USING vendor WHERE vendor.id = vendor_id",
                &["delete flavor"],
            ),
            ("DELETE FROM ONLY flavor", &["delete flavor"]),
            ("UPDATE ONLY flavor SET id = 1", &["update(id) flavor"]),
            ("TRUNCATE ONLY flavor", &["delete flavor"]),
            ("TRUNCATE flavor, size", &["delete flavor", "delete size"]),
            ("TRUNCATE flavor CASCADE", &["truncate flavor"]),
        ],
    );
    assert_reads(
        &[MySql],
        &[
            ("TRUNCATE TABLE flavor", &["delete flavor"]),
            (
                "DELETE f, vendor FROM flavor AS f JOIN vendor ON vendor.id = f.vendor_id",
                &["delete flavor", "delete vendor"],
            ),
            (
                "DELETE FROM f USING flavor AS f JOIN vendor ON vendor.id = f.vendor_id",
                &["delete flavor"],
            ),
            ("DELETE FROM flavor ORDER BY id LIMIT 1", &["delete flavor"]),
            ("/*!50000 DELETE FROM flavor */", &["delete flavor"]),
        ],
    );
}

#[test]
fn no_modifier_is_taken_for_the_table() {
    assert_reads(
        &[MySql],
        &[
            (
                "UPDATE LOW_PRIORITY IGNORE flavor SET id = 1",
                &["update(id) flavor"],
            ),
            (
                "DELETE LOW_PRIORITY QUICK IGNORE FROM flavor",
                &["delete flavor"],
            ),
            ("DELETE QUICK f FROM flavor AS f", &["delete flavor"]),
            ("INSERT HIGH_PRIORITY flavor VALUES (1)", &["insert flavor"]),
            (
                "REPLACE DELAYED flavor VALUES (1)",
                &["insert flavor", "delete flavor"],
            ),
            (
                "UPDATE flavor FORCE INDEX (a) SET id = 1",
                &["update(id) flavor"],
            ),
            ("DELETE FROM flavor PARTITION (p)", &["delete flavor"]),
            (r#"DELETE FROM "flavor""#, &["delete flavor"]),
        ],
    );
    assert_reads(
        &[Sqlite],
        &[
            ("UPDATE OR IGNORE flavor SET id = 1", &["update(id) flavor"]),
            ("DELETE FROM [flavor]", &["delete flavor"]),
            ("DELETE FROM `main`.`flavor`", &["delete main.flavor"]),
        ],
    );
    assert_reads(
        &[Postgres],
        &[
            (
                "INSERT INTO flavor AS f (id) VALUES (1)",
                &["insert flavor"],
            ),
            ("UPDATE flavor f SET id = 1", &["update(id) flavor"]),
        ],
    );
}

#[test]
fn what_the_parser_does_not_know_is_not_overlooked() {
    let cases = [
        (Postgres, "UPDATE ONLY (flavor) SET id = 1"),
        (Postgres, "DELETE FROM flavor *"),
        (
            Postgres,
            "UPDATE flavor SET id = 1 WHERE CURRENT OF somewhere",
        ),
        (
            Postgres,
            "INSERT INTO flavor OVERRIDING SYSTEM VALUE VALUES (1)",
        ),
        (Postgres, "DELETE FROM public.\"flavor\" AS \"only\""),
        (MySql, "UPDATE flavor PARTITION (p) SET id = 1"),
        (MySql, "UPDATE vendor, flavor SET flavor.id = 1"),
        (MySql, "DELETE flavor.* FROM flavor"),
        (MySql, "INSERT INTO flavor (id) VALUES ROW(1)"),
        (MySql, "INSERT INTO flavor TABLE old"),
        (
            Sqlite,
            "WITH a AS (SELECT 1) REPLACE INTO flavor SELECT * FROM a",
        ),
        (Sqlite, "UPDATE flavor INDEXED BY a SET id = 1"),
        (Sqlite, "DELETE FROM flavor NOT INDEXED WHERE id = 1"),
    ];
    for (backend, sql) in cases {
        let writes = read(sql, backend);
        let is_seen = writes
            .iter()
            .any(|it| it == "anything" || it.ends_with("flavor"));
        assert!(is_seen, "{backend:?}: {sql}: {writes:?}");
    }
}

#[test]
fn whatever_else_writes() {
    assert_reads(
        &[Postgres],
        &[
            (
                "WITH gone AS (DELETE FROM size RETURNING id) INSERT INTO flavor SELECT * FROM gone",
                &["delete size", "insert flavor"],
            ),
            (
                "WITH a AS (UPDATE size SET slug = 'a' RETURNING id) SELECT * FROM a",
                &["update(slug) size"],
            ),
            (
                "MERGE INTO flavor USING new ON new.id = flavor.id WHEN MATCHED THEN UPDATE SET name = new.name WHEN NOT MATCHED THEN INSERT (id) VALUES (new.id)",
                &["update(name) flavor", "insert flavor"],
            ),
            ("COPY flavor (id, name) FROM STDIN", &["insert flavor"]),
            ("EXPLAIN ANALYZE DELETE FROM flavor", &["delete flavor"]),
            (
                "EXPLAIN (ANALYZE, BUFFERS) DELETE FROM flavor",
                &["delete flavor"],
            ),
        ],
    );
    assert_reads(
        &ALL,
        &[
            ("ALTER TABLE flavor ADD COLUMN a int", &["alter flavor"]),
            (
                "WITH a AS (SELECT 1 AS id) DELETE FROM flavor WHERE id IN (SELECT id FROM a)",
                &["delete flavor"],
            ),
        ],
    );
    assert_reads(
        &[MySql],
        &[("RENAME TABLE a TO b", &["alter a", "alter b"])],
    );
}

#[test]
fn what_is_not_understood_may_write_anything() {
    assert_reads(
        &ALL,
        &[
            ("CALL close_shop()", &["anything"]),
            ("EXECUTE close_shop", &["anything"]),
            ("UPDATE", &["anything"]),
            ("DELETE FROM flavor WHERE name = 'a", &["anything"]),
            ("UPSERT flavor", &["anything"]),
        ],
    );
    assert_reads(
        &[Postgres],
        &[
            ("DO $$ BEGIN DELETE FROM flavor; END $$", &["anything"]),
            ("REFRESH MATERIALIZED VIEW flavors", &["anything"]),
            ("DROP SCHEMA parlour CASCADE", &["anything"]),
        ],
    );
    assert_reads(
        &[MySql],
        &[("LOAD DATA INFILE 'a' INTO TABLE flavor", &["anything"])],
    );
}

const WORDS: [&str; 40] = [
    "SELECT",
    "INSERT",
    "INTO",
    "UPDATE",
    "DELETE",
    "FROM",
    "WHERE",
    "SET",
    "VALUES",
    "WITH",
    "AS",
    "MERGE",
    "USING",
    "ON",
    "CONFLICT",
    "DO",
    "NOTHING",
    "REPLACE",
    "TRUNCATE",
    "TABLE",
    "EXPLAIN",
    "ANALYZE",
    "JOIN",
    "flavor",
    "id",
    "a.b",
    "?",
    "$1",
    "1",
    "'x'",
    "(",
    ")",
    ",",
    ";",
    "=",
    "AND",
    "IN",
    "NOT",
    "*",
    "RETURNING",
];

proptest! {
    #[test]
    fn no_text_panics(sql in "\\PC{0,200}") {
        for backend in ALL {
            effects(&sql, backend);
        }
    }

    #[test]
    fn no_words_panic(words in prop::collection::vec(prop::sample::select(&WORDS[..]), 0..40)) {
        let sql = words.join(" ");
        for backend in ALL {
            effects(&sql, backend);
        }
    }

    #[test]
    fn no_write_is_overlooked_whatever_is_around_it(
        before in "[ \\n\\t;]{0,5}",
        name in "[a-z_][a-z0-9_]{0,9}",
        text in "[^'\\\\]{0,20}",
    ) {
        for backend in ALL {
            let sql = format!("{before}delete\nfrom t_{name} where a = '{text}'");
            prop_assert_eq!(read(&sql, backend), [format!("delete t_{name}")]);
        }
    }
}

#[test]
fn comments_that_are_executed_are_not_overlooked() {
    let hint = "SELECT 1 /*!50000 ; DELETE FROM flavor */";
    assert_eq!(read(hint, MySql), ["delete flavor"]);
    let hint = "/*M!100100 DELETE FROM flavor */";
    assert_eq!(read(hint, MySql), ["anything"]);
}

#[test]
fn a_query_in_a_statement_of_another_kind_is_read() {
    let copy = "COPY (DELETE FROM flavor RETURNING id) TO STDOUT";
    assert_eq!(read(copy, Postgres), ["delete flavor"]);
    let create = "CREATE TABLE old AS WITH gone AS (DELETE FROM flavor RETURNING id) SELECT 1";
    assert_eq!(read(create, Postgres), ["delete flavor"]);
}

/// MySQL reads it as `(id = 1 AND x) XOR id = 2`, the parser does not.
#[test]
fn no_row_is_pinned_beside_xor() {
    let pins = |condition: &str| {
        let sql = format!("DELETE FROM flavor WHERE {condition}");
        match effects(&sql, MySql) {
            Effects::Tables(writes) => writes[0].rows.clone(),
            Effects::Anything => None,
        }
    };
    assert_eq!(
        pins("id = 1 AND x XOR id = 2"),
        Some(Pins::Found(Vec::new()))
    );
    assert_ne!(pins("id = 1 AND x"), Some(Pins::Found(Vec::new())));
}
