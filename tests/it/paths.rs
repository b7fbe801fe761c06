//! A declared path and a requested path meet, however either is written, and
//! distinct paths stay apart.

use std::fmt::Write;

use actix_web::{HttpRequest, web};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::sample::select;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, ModelTrait, Set,
};

use crate::alone::on_each_database;
use crate::site::Site;
use crate::site::entity::flavor;

const SLUGS: [&str; 32] = [
    "crème brûlée",
    "a/b",
    "/",
    "a?b#c",
    "100%",
    "100%25",
    "%2F",
    "%41",
    "a+b",
    "a b",
    " ",
    "..",
    ".",
    "a;b=c",
    "a,b",
    "a:b@c",
    "!$&'()*",
    "\"<>\\^`{|}",
    "a\tb",
    "nul\0",
    "a//b",
    "~-._",
    "ПРИВЕТ",
    "漢字",
    "e\u{301}",
    "é",
    "😀",
    "\u{202e}",
    "A",
    "a",
    "0",
    "00",
];

/// How a byte of a slug is written in a URL.
type Writing = fn(u8) -> String;

/// As our templates write it, and all others that mean the same.
const WRITINGS: [Writing; 5] = [
    |byte| {
        written(
            byte,
            is_unreserved(byte) || b"!$&'()*+,;=:@".contains(&byte),
        )
    },
    |byte| written(byte, is_unreserved(byte)),
    |byte| written(byte, is_unreserved(byte)).to_lowercase_digits(),
    |byte| format!("%{byte:02X}"),
    |byte| format!("%{byte:02x}"),
];

fn written(byte: u8, raw: bool) -> String {
    if raw {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

trait LowercaseDigits {
    fn to_lowercase_digits(self) -> String;
}

impl LowercaseDigits for String {
    fn to_lowercase_digits(self) -> String {
        if self.starts_with('%') {
            self.to_lowercase()
        } else {
            self
        }
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// All ways to ask for the page of a slug.
fn targets(slug: &str) -> Vec<String> {
    let slugs = WRITINGS.iter().map(|write| slug.bytes().map(write));
    let targets = slugs.map(|slug| format!("/flavors/{}/", slug.collect::<String>()));
    targets.collect()
}

/// A site whose database tells any two slugs apart.
async fn exacting_site() -> Site {
    let site = Site::start().await;
    if site.db.get_database_backend() == DbBackend::MySql {
        // It overlooks case, accents and spaces at the end, unless told otherwise.
        let column = "ALTER TABLE flavor MODIFY slug VARCHAR(3000) \
                      CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL";
        site.db.execute_unprepared(column).await.unwrap();
    }
    site
}

/// Whether the database can store a slug.
fn holds(site: &Site, slug: &str) -> bool {
    site.db.get_database_backend() != DbBackend::Postgres || !slug.contains('\0')
}

async fn create(site: &Site, slug: &str, name: &str) -> flavor::Model {
    let flavor = flavor::ActiveModel {
        slug: Set(slug.to_owned()),
        name: Set(name.to_owned()),
        vendor_id: Set(1),
        ..Default::default()
    };
    flavor.insert(&site.db).await.unwrap()
}

/// Saves a row with some columns changed.
async fn save(site: &Site, id: i32, change: impl FnOnce(&mut flavor::ActiveModel)) {
    let flavor = flavor::Entity::find_by_id(id).one(&site.db).await.unwrap();
    let mut flavor = flavor.unwrap().into_active_model();
    change(&mut flavor);
    flavor.update(&site.db).await.unwrap();
}

/// Puts pages in the cache, shows that they are there, and that they are of the
/// row of this name.
async fn visit(site: &Site, targets: &[String], name: &str) {
    for target in targets {
        site.get(target).await;
        let answer = site.get(target).await;
        assert!(answer.is_hit(), "{target}: {answer:?}");
        let text = answer.text();
        assert!(text.starts_with(&format!("{name}: ")), "{target}: {text}");
    }
}

async fn assert_true(site: &Site, targets: &[String]) {
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    site.assert_true(&targets).await;
}

/// All slugs at once, so that a page of the one could be taken for another's.
#[test]
fn a_save_reaches_the_page_of_any_slug_however_it_is_asked_for() {
    on_each_database(async || {
        let site = exacting_site().await;
        let mut slugs = SLUGS.map(str::to_owned).to_vec();
        slugs.retain(|slug| holds(&site, slug));
        slugs.push("long".repeat(500));
        slugs.push("длинный".repeat(200));
        let mut rows = Vec::new();
        for (number, slug) in slugs.iter().enumerate() {
            rows.push(create(&site, slug, &format!("name {number}")).await);
        }
        for (number, slug) in slugs.iter().enumerate() {
            visit(&site, &targets(slug), &format!("name {number}")).await;
        }
        for (row, slug) in rows.iter().zip(&slugs) {
            save(&site, row.id, |row| row.name = Set("new".to_owned())).await;
            assert_true(&site, &targets(slug)).await;
            visit(&site, &targets(slug), "new").await;
        }
        for (number, (row, slug)) in rows.iter().zip(&slugs).enumerate() {
            save(&site, row.id, |row| {
                row.slug = Set(format!("moved-{number}"));
            })
            .await;
            assert_true(&site, &targets(slug)).await;
        }
        for slug in &slugs {
            for target in targets(slug) {
                assert_eq!(site.get(&target).await.status, 404, "{target}");
            }
        }
    });
}

#[test]
fn a_model_writes_its_paths_as_they_are_asked_for() {
    on_each_database(async || {
        let site = exacting_site().await;
        for slug in SLUGS.into_iter().filter(|slug| holds(&site, slug)) {
            let row = create(&site, slug, "name").await;
            let paths = ["/flavors/".to_owned(), targets(slug).swap_remove(0)];
            assert_eq!(row.paths(), paths);
            row.delete(&site.db).await.unwrap();
        }
    });
}

#[test]
fn a_row_that_appears_is_seen_at_once_however_it_is_asked_for() {
    on_each_database(async || {
        let site = exacting_site().await;
        for slug in SLUGS.into_iter().filter(|slug| holds(&site, slug)) {
            for target in targets(slug) {
                assert_eq!(site.get(&target).await.status, 404, "{target}");
            }
            let row = create(&site, slug, "new").await;
            visit(&site, &targets(slug), "new").await;
            row.delete(&site.db).await.unwrap();
            for target in targets(slug) {
                assert_eq!(site.get(&target).await.status, 404, "{target}");
            }
        }
    });
}

/// MariaDB finds `vanilla` by any of these, unless told otherwise.
#[test]
fn a_page_found_by_a_looser_comparison_of_the_database_is_dropped() {
    on_each_database(async || {
        let site = Site::start().await;
        let targets = [
            "/flavors/vanilla/",
            "/flavors/VANILLA/",
            "/flavors/Vanilla/",
            "/flavors/v%C3%A4nilla/",
            "/flavors/vanill%C3%A1/",
            "/flavors/vanilla%20/",
            "/flavors/vanilla%20%20/",
        ];
        let is_loose = site.db.get_database_backend() == DbBackend::MySql;
        for target in targets {
            site.get(target).await;
            let answer = site.get(target).await;
            assert_eq!(
                answer.is_hit(),
                is_loose || target == targets[0],
                "{target}"
            );
        }
        save(&site, 1, |row| row.name = Set("new".to_owned())).await;
        site.assert_true(&targets).await;
        assert!(site.get(targets[0]).await.text().starts_with("new: "));
        save(&site, 1, |row| row.slug = Set("moved".to_owned())).await;
        site.assert_true(&targets).await;
        assert_eq!(site.get(targets[0]).await.status, 404);
    });
}

/// What a handler knows of its path and query, apart from how the URL was
/// written where RFC 3986 §6.2.2 says that it makes no difference.
async fn echo(req: HttpRequest, tail: web::Path<String>) -> String {
    let matched = req.match_info().get("tail").unwrap();
    // The router leaves these as they are, but for `%25`.
    let matched = matched.replace("%2f", "%2F").replace("%2b", "%2B");
    let query = req.query_string();
    format!("{tail:?} {matched:?} {} ?{query}", normalized(req.path()))
}

fn normalized(path: &str) -> String {
    let mut normal = String::new();
    let mut rest = path.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        let digits = after
            .get(..2)
            .and_then(|digits| str::from_utf8(digits).ok());
        let encoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match encoded {
            Some(encoded) if *byte == b'%' => {
                normal.push_str(&written(encoded, is_unreserved(encoded)));
                rest = &after[2..];
            }
            _ => write!(normal, "{}", written(*byte, byte.is_ascii())).unwrap(),
        }
    }
    normal
}

async fn site_that_echoes() -> Site {
    let site = Site::setup().routes(|routes| {
        routes.route("/{tail:.*}", web::get().to(echo));
    });
    site.start().await
}

#[test]
fn distinct_paths_never_share_a_page() {
    let mut targets: Vec<String> = [
        "/page",
        "/page/",
        "//page",
        "/page//",
        "/Page",
        "//evil/page/",
        "/evil/page/",
        "/page%3Fx",
        "/page?x",
        "/page%23x",
        "/page%23",
        "/page%3F",
        "/page%2F",
        "/page%2f",
        "/%2Fpage",
        "/./page",
        "/page/.",
        "/a/../page",
        "/page/..",
        "/%2E%2E/page",
        "/../page",
        "/page;x",
        "/page;x=1",
        "/page%3Bx",
        "/page+x",
        "/page%2Bx",
        "/page%20x",
        "/page%2520x",
        "/page%00",
        "/page%00x",
        "/page%0d%0ax",
        "/page%5C",
        "/page%26x",
        "/page&x",
        "/page!",
        "/page%21",
        "/p%61ge",
        "/%70%61%67%65",
        "/page%7E",
        "/page~",
        "/caf%C3%A9",
        "/caf%c3%a9",
        "/caf%E9",
        "/café",
        "/cafe%CC%81",
        "/page?",
        "/page?x=1",
        "/page?x=%31",
        "/page%FF",
        "/page%",
        "/page%zz",
        "/page%4",
        "/page%%32%30",
        "/page%25",
        "/page%2525",
        "*",
        "/",
        "//",
        "/%2F",
        "http://parlour.example/page",
    ]
    .map(str::to_owned)
    .to_vec();
    for letter in ["x", "y"] {
        targets.push(format!("/{}{letter}", "long/".repeat(1_638)));
        targets.push(format!("/{}{letter}", "%C3%A9".repeat(1_365)));
    }
    on_each_database(async || {
        let site = site_that_echoes().await;
        for _ in 0..2 {
            for target in &targets {
                let truth = site.truth(target).await;
                let answer = site.get(target).await;
                assert_eq!(
                    (answer.status, answer.text()),
                    (truth.status, truth.text()),
                    "{target} ({})",
                    answer.cache()
                );
            }
        }
        let stats = site.cache.stats();
        assert!(stats.hits >= 40, "most of them are stored: {stats:?}");
    });
}

#[test]
fn an_invalidated_path_leaves_its_look_alikes() {
    on_each_database(async || {
        let site = site_that_echoes().await;
        let others = [
            "/a%2Fb",
            "/a/b/",
            "/a//b",
            "//a/b",
            "/a/./b",
            "/a/b/.",
            "/a/x/../b",
            "/A/b",
            "/a%3Fb",
            "/a%5Cb",
            "/a/b%23",
            "/a/b%20",
            "/a/b%00",
            "/a/b;",
            "/a",
            "/a/",
            "/",
        ];
        site.visit(&others).await;
        site.visit(&["/a/b", "/a/%62", "/%61/b?x"]).await;
        site.cache.invalidate_paths(["/a/b"]).await;
        for other in others {
            assert!(site.get(other).await.is_hit(), "{other}");
        }
        for target in ["/a/b", "/%61/b?x"] {
            assert!(!site.get(target).await.is_hit(), "{target}");
        }
        site.visit(&["/a/b"]).await;
        site.cache.invalidate_paths(["/a%2Fb"]).await;
        assert!(site.get("/a/b").await.is_hit());
        assert!(!site.get("/a%2fb").await.is_hit());
    });
}

#[test]
fn an_invalidated_path_may_be_written_as_one_likes() {
    on_each_database(async || {
        let site = site_that_echoes().await;
        let pages = [
            "/caf%C3%A9/a%21b/",
            "/c%61f%c3%a9/a!b/?page=2",
            "/café/a%21b/",
        ];
        for written in [
            "/café/a!b/",
            "/caf%c3%a9/a%21b/",
            "/caf%C3%A9/%61!b/",
            "/café/a!b/?page=7#top",
            "https://parlour.example/café/a!b/",
        ] {
            for page in pages {
                site.get(page).await;
            }
            site.visit(&["/caf%C3%A9/"]).await;
            site.cache.invalidate_paths([written]).await;
            for page in pages {
                assert!(!site.get(page).await.is_hit(), "{page} after {written}");
            }
            assert!(site.get("/caf%C3%A9/").await.is_hit());
            site.cache.invalidate_all().await;
        }
    });
}

#[test]
fn a_percent_sign_that_encodes_nothing_bypasses() {
    on_each_database(async || {
        let site = site_that_echoes().await;
        for target in ["/100%", "/%", "/%zz", "/%4", "/%%34%31", "/%4g/", "/%u00e9"] {
            for _ in 0..2 {
                let answer = site.get(target).await;
                let expected = "fwd=bypass; detail=malformed-path";
                assert_eq!(answer.cache(), expected, "{target}");
            }
        }
        site.visit(&["/100%25", "/?100%"]).await;
    });
}

#[test]
fn a_path_of_eight_kibibytes_is_a_path_like_others() {
    on_each_database(async || {
        let site = site_that_echoes().await;
        let long = format!("/{}", "a/%C3%A9".repeat(1_024));
        let alias = format!("/{}", "%61/%c3%a9".repeat(1_024));
        site.visit(&[&long]).await;
        assert!(site.get(&alias).await.is_hit());
        site.cache.invalidate_paths([&alias]).await;
        assert!(site.get(&long).await.is_stored());
    });
}

/// The same table, with pages that are found by a number and by a path.
mod item {
    #![allow(
        missing_docs,
        unreachable_pub,
        reason = "an entity as a user writes it"
    )]

    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "flavor")]
    #[dumper(paths = ["/items/{id}/", "/tree/{slug:raw}"])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(unique)]
        pub slug: String,
        pub name: String,
        pub vendor_id: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

async fn rename_item(site: &Site, name: &str) {
    let item = item::Entity::find_by_id(1).one(&site.db).await.unwrap();
    let mut item = item.unwrap().into_active_model();
    item.name = Set(name.to_owned());
    item.update(&site.db).await.unwrap();
}

#[test]
fn a_number_that_is_read_leniently_is_never_stale() {
    on_each_database(async || {
        let site = Site::start().await;
        let targets = [
            "/items/1/",
            "/items/01/",
            "/items/0000001/",
            "/items/+1/",
            "/items/%2B1/",
            "/items/+001/",
            "/items/%31/",
            "/items/%30%31/",
            "/items/1/?x",
        ];
        site.visit(&targets).await;
        site.visit(&["/items/2/"]).await;
        rename_item(&site, "changed").await;
        site.assert_true(&targets).await;
        assert!(site.get("/items/01/").await.text().starts_with("changed"));
        assert!(site.get("/items/2/").await.is_hit());
    });
}

#[test]
fn a_path_in_a_hole_is_reached_with_its_slashes_encoded_or_not() {
    async fn leaf(
        slug: web::Path<String>,
        db: web::Data<sea_orm::DatabaseConnection>,
    ) -> Result<String, actix_web::Error> {
        use sea_orm::{ColumnTrait, QueryFilter};

        let item = item::Entity::find().filter(item::Column::Slug.eq(slug.as_str()));
        let item = item.one(&**db).await.unwrap();
        let item = item.ok_or_else(|| actix_web::error::ErrorNotFound("no such leaf"))?;
        Ok(item.name)
    }
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/tree/{slug:.*}", web::get().to(leaf));
        });
        let site = site.start().await;
        save(&site, 1, |row| row.slug = Set("a b/ä/c".to_owned())).await;
        let targets = [
            "/tree/a%20b/%C3%A4/c",
            "/tree/a%20b/%c3%a4/%63",
            "/tree/a%20b%2F%C3%A4%2fc",
        ];
        site.visit(&targets).await;
        rename_item(&site, "changed").await;
        site.assert_true(&targets).await;
        assert_eq!(site.get(targets[0]).await.text(), "changed");
    });
}

/// How many random cases are tried; each takes about a dozen requests.
const CASES: usize = 64;

const SLUG_PARTS: [&str; 32] = [
    "a", "b", "A", "0", "1", "%", "%2F", "%41", "/", "//", "?", "#", "+", " ", ".", "..", ";", "=",
    "&", "'", "\"", "\\", "{", "}", "~", "|", "\0", "é", "e\u{301}", "ß", "漢", "😀",
];

/// Writes a slug with each byte raw or encoded, as the numbers say.
fn spelled(slug: &str, choices: &[u8]) -> String {
    let choices = choices.iter().cycle();
    let spelled = slug.bytes().zip(choices);
    let spelled =
        spelled.map(|(byte, choice)| WRITINGS[usize::from(*choice) % WRITINGS.len()](byte));
    format!("/flavors/{}/", spelled.collect::<String>())
}

#[test]
#[allow(clippy::print_stdout, reason = "shown when the case fails")]
fn no_page_of_a_random_slug_is_stale_after_it_moves() {
    on_each_database(async || {
        let site = exacting_site().await;
        let mut parts = SLUG_PARTS.to_vec();
        parts.retain(|part| holds(&site, part));
        let slug = || vec(select(parts.clone()), 1..5).prop_map(|parts| parts.concat());
        let cases = (slug(), slug(), vec(any::<u8>(), 8));
        let mut runner = TestRunner::default();
        for case in 0..CASES {
            let (from, to, choices) = cases.new_tree(&mut runner).unwrap().current();
            println!("case {case}: {from:?} moves to {to:?}, written by {choices:?}");
            let mut targets = targets(&from);
            targets.extend([&from, &to].map(|slug| spelled(slug, &choices)));
            let row = create(&site, &from, "old").await;
            visit(&site, &[spelled(&from, &choices)], "old").await;
            assert_true(&site, &targets).await;
            save(&site, row.id, |row| row.slug = Set(to.clone())).await;
            assert_true(&site, &targets).await;
            visit(&site, &[spelled(&to, &choices)], "old").await;
            save(&site, row.id, |row| row.name = Set("new".to_owned())).await;
            assert_true(&site, &targets).await;
            visit(&site, &[spelled(&to, &choices)], "new").await;
            row.delete(&site.db).await.unwrap();
            assert_true(&site, &targets).await;
        }
    });
}

const TARGET_PARTS: [&str; 36] = [
    "a", "b", "A", "/", "//", "%2F", "%2f", "%61", "%41", "%3F", "%23", "%25", "%2525", "%C3%A9",
    "%c3%a9", "é", "%E9", "!", "%21", "+", "%2B", ";", ".", "..", "%2E", "?", "?a", "?a=b", "&",
    "%20", "%", "%zz", "%00", "~", "%7E", "%7e",
];

#[test]
fn no_random_path_is_answered_with_the_page_of_another() {
    on_each_database(async || {
        let site = site_that_echoes().await;
        let target = || vec(select(&TARGET_PARTS[..]), 0..4);
        let target = || target().prop_map(|parts| format!("/{}", parts.concat()));
        let mut runner = TestRunner::default();
        for _ in 0..CASES {
            let pair = (target(), target())
                .new_tree(&mut runner)
                .unwrap()
                .current();
            for target in [&pair.0, &pair.1, &pair.0, &pair.1] {
                let truth = site.truth(target).await;
                let answer = site.get(target).await;
                assert_eq!(
                    (answer.status, answer.text()),
                    (truth.status, truth.text()),
                    "{target} of {pair:?} ({})",
                    answer.cache()
                );
            }
        }
    });
}
