//! What django-dumper 0.2.7 promised, and what went wrong with it.
//!
//! Its 33 tests promise:
//!
//! | promise | test |
//! |---|---|
//! | a second GET costs no queries | [`a_second_visit_costs_nothing`] |
//! | after a save the next GET renders again | `writes::a_save_drops_all_pages_that_show_the_row` |
//! | many to many: add, remove, delete or update of the related drop the owner | `writes::a_junction_row_drops_both_ends_when_it_comes_and_goes`, `writes::an_update_or_delete_at_the_far_end_of_a_link_drops_the_owner`, `writes::a_dense_save_renames_links_and_unlinks` |
//! | generic relation: create, remove and update drop the owner | `writes::a_generic_relation_drops_its_owner` |
//! | an exception is never cached, twice | [`an_error_is_never_stored`] |
//! | an ignored path is not stored and not served | `visitors::left_out::ignored_paths_are_neither_stored_nor_served`, [`an_ignored_path_is_not_served_though_the_cache_has_it`] |
//! | a list of paths is accepted, a string refused | all of `site::entity`: both are accepted; `trouble::an_empty_path…` for what is no path |
//! | other paths and methods, other keys; a fragment is none | `visitors::selected::path_query_and_host_select_the_page`, `paths::an_invalidated_path_may_be_written_as_one_likes` |
//! | an invalidation drops the pages of all methods | [`a_save_drops_the_page_for_every_method`] |
//! | names beyond ASCII are logged | [`names_beyond_ascii_are_logged`] |
//!
//! Its defects, by the rows of our table of them (`—`: nothing to test):
//!
//! | row | test |
//! |---|---|
//! | 1 for ever is 300 s | `visitors::lifetime::a_page_with_a_lifetime_is_rendered_again_after_it` (the other page stays) |
//! | 2 more than 300 pages | [`a_site_of_a_thousand_pages_is_kept_whole`] |
//! | 3 a hit stores the page again | [`a_hit_stores_nothing`] |
//! | 4 write during a render | `scopes::transactions::a_page_rendered_before_a_write_is_not_stored_after_it` |
//! | 5 read before the commit | `scopes::transactions::a_visit_before_the_commit_is_not_stored` |
//! | 6 page of a transaction that rolls back | `scopes::transactions::a_page_rendered_from_a_transaction_that_is_rolled_back_is_not_stored`, `scopes::transactions::a_rollback_leaves_the_pages_true` |
//! | 7 read before the DELETE | `scopes::transactions::a_page_rendered_before_a_delete_is_not_stored_after_it` |
//! | 8 slug change | `writes::a_rename_drops_the_old_page_and_the_new` |
//! | 9 foreign key move, parent's slug | `writes::a_foreign_key_move_drops_both_parents`, `writes::a_rename_of_a_parent_drops_its_page_and_those_of_its_children` |
//! | 10 bulk writes, raw SQL | [`a_bulk_write_is_told_by_model_or_by_path`] |
//! | 11 proxy models | [`another_entity_of_the_table_drops_what_it_declares`] |
//! | 12 both ends of a link, once | `writes::a_junction_row_drops_both_ends_when_it_comes_and_goes` |
//! | 13 the far side has no paths | `ui/related_not_dumped.rs` |
//! | 14 paths that fail | `trouble::paths_that_error_…`, `trouble::paths_that_panic_…`, `ui/custom_without_impl.rs` |
//! | 15 registering twice | `writes::registering_twice_is_the_same_as_once` |
//! | 16 query ignored | `visitors::selected::path_query_and_host_select_the_page`, [`lists_have_a_page_for_each_query_and_drop_together`] |
//! | 17 non-ASCII and space | `paths::a_save_reaches_the_page_of_any_slug_however_it_is_asked_for` |
//! | 18 poisoning by `//evil/page/`, `%3F`, `%23` | `paths::distinct_paths_never_share_a_page` |
//! | 19 `Set-Cookie` replayed | `visitors::stored::responses_that_are_not_for_everybody_are_not_stored` |
//! | 20 `private`, Authorization | the same, `visitors::served::a_request_with_a_credential_is_neither_served_nor_stored` |
//! | 21 Host | `visitors::selected::path_query_and_host_select_the_page` |
//! | 22 Vary | `visitors::selected::headers_that_vary_names_select_the_page` |
//! | 23 HEAD apart from GET | `visitors::selected::head_is_answered_from_the_page_of_get` |
//! | 24 streamed responses | `visitors::stored::a_streamed_body_goes_by_as_it_comes_and_is_stored_at_its_end`, `visitors::stored::a_body_that_breaks_off_is_not_stored` |
//! | 25 404, then created | [`a_page_that_is_not_there_is_never_stored_and_seen_once_it_is`] |
//! | 26 redirects, 203, 410, 304 | `visitors::stored::no_status_but_200_is_stored` |
//! | 27 mounted under a prefix | [`a_site_mounted_under_a_prefix_has_whole_paths`] |
//! | 28 `str(instance)` at each signal | [`every_step_is_logged`] (no entity of the site is `Display`) |
//! | 29 a handle taken at import | `http`: `renders::all_workers_share_the_cache_of_the_process` |
//! | 30 the README's examples | — (compiled where they stand) |
//! | 31 no purge-all, list, stats | [`all_can_be_dropped_listed_and_counted`], [`pages_can_be_filed_under_a_name`] |
//! | 32 the whole site by default | [`the_whole_site_is_stored_but_for_the_admin_pages`], `visitors::left_out::only_the_chosen_paths_are_stored` |

use actix_web::error::ErrorInternalServerError;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpRequest, HttpResponse, web};
use dumper::Cache;
use dumper_actix::Dumper;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, ModelTrait,
    QueryFilter, Set,
};

use crate::alone::on_each_database;
use crate::logs;
use crate::site::entity::{flavor, vendor};
use crate::site::{Site, State};

async fn rename(site: &Site, name: &str) {
    let flavor = flavor::Entity::find_by_id(1).one(&site.db).await.unwrap();
    let mut flavor = flavor.unwrap().into_active_model();
    flavor.name = Set(name.to_owned());
    flavor.update(&site.db).await.unwrap();
}

// Promises.

#[test]
fn a_second_visit_costs_nothing() {
    on_each_database(async || {
        let site = Site::start().await;
        let first = site.get("/flavors/vanilla/").await;
        for _ in 0..10 {
            let again = site.get("/flavors/vanilla/").await;
            assert!(again.is_hit());
            assert_eq!((again.status, again.body), (200, first.body.clone()));
        }
        assert_eq!(site.renders("/flavors/vanilla/"), 1);
        rename(&site, "Vanille").await;
        assert!(
            site.get("/flavors/vanilla/")
                .await
                .text()
                .starts_with("Vanille")
        );
        assert_eq!(site.renders("/flavors/vanilla/"), 2);
    });
}

#[test]
fn an_error_is_never_stored() {
    async fn broken(req: HttpRequest, state: web::Data<State>) -> Result<String, actix_web::Error> {
        state.rendered(req.path()).await;
        Err(ErrorInternalServerError("broken"))
    }
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/broken/", web::get().to(broken));
        });
        let site = site.start().await;
        for visit in 1..=2 {
            let answer = site.get("/broken/").await;
            assert_eq!((answer.status, answer.is_hit()), (500, false));
            assert_eq!(site.renders("/broken/"), visit);
        }
    });
}

#[test]
fn an_ignored_path_is_not_served_though_the_cache_has_it() {
    on_each_database(async || {
        let cache = Cache::builder().build();
        let page = || web::get().to(async || "page");
        let whole = Dumper::new(cache.clone()).ignore("^$").unwrap();
        let whole = init_service(App::new().route("/admin/", page()).wrap(whole)).await;
        let app = App::new().route("/admin/", page());
        let app = init_service(app.wrap(Dumper::new(cache.clone()))).await;
        let get = || TestRequest::get().uri("/admin/").to_request();
        call_service(&whole, get()).await;
        let hit = call_service(&whole, get()).await;
        assert_eq!(hit.headers().get("cache-status").unwrap(), "dumper; hit");
        let answer = call_service(&app, get()).await;
        let status = answer.headers().get("cache-status").unwrap();
        assert_eq!(status, "dumper; fwd=bypass; detail=ignored");
    });
}

#[test]
fn a_save_drops_the_page_for_every_method() {
    on_each_database(async || {
        let site = Site::start().await;
        for first in ["GET", "HEAD"] {
            site.request(first, "/flavors/vanilla/", &[]).await;
            for method in ["GET", "HEAD"] {
                let answer = site.request(method, "/flavors/vanilla/", &[]).await;
                assert!(answer.is_hit(), "{method} after {first}");
            }
            rename(&site, &format!("after {first}")).await;
            let head = site.request("HEAD", "/flavors/vanilla/", &[]).await;
            assert!(head.is_stored());
            let get = site.get("/flavors/vanilla/").await;
            assert!(get.text().starts_with(&format!("after {first}")));
            assert_eq!(
                head.header("content-length").unwrap(),
                get.body.len().to_string()
            );
            rename(&site, "again").await;
        }
    });
}

#[test]
fn names_beyond_ascii_are_logged() {
    on_each_database(async || {
        let site = Site::start().await;
        logs::capture();
        let flavor = flavor::ActiveModel {
            slug: Set("crème".to_owned()),
            name: Set("Crème".to_owned()),
            vendor_id: Set(1),
            ..Default::default()
        };
        flavor.insert(&site.db).await.unwrap();
        site.get("/flavors/cr%c3%a8me/").await;
        assert!(logs::has_line(&[
            "invalidated path \"/flavors/cr%C3%A8me/\"",
            "#3 of flavor"
        ]));
        assert!(logs::has_line(&["stored: path \"/flavors/cr%C3%A8me/\""]));
    });
}

#[test]
fn every_step_is_logged() {
    on_each_database(async || {
        let site = Site::start().await;
        logs::capture();
        site.get("/flavors/vanilla/").await;
        site.get("/flavors/vanilla/").await;
        site.get("/admin/").await;
        site.get("/nowhere/").await;
        vendor::Entity::find_by_id(2)
            .one(&site.db)
            .await
            .unwrap()
            .unwrap()
            .delete(&site.db)
            .await
            .unwrap();
        rename(&site, "Vanille").await;
        for line in [
            &[
                "DEBUG",
                "miss: path \"/flavors/vanilla/\" with method \"GET\" as key",
            ][..],
            &[
                "DEBUG",
                "stored: path \"/flavors/vanilla/\" with method \"GET\" as key",
            ],
            &[
                "DEBUG",
                "hit: path \"/flavors/vanilla/\" with method \"GET\" as key",
            ],
            &[
                "DEBUG",
                "bypass: path \"/admin/\" with method \"GET\"",
                "ignored",
            ],
            &["DEBUG", "not stored: path \"/nowhere/\"", "status-404"],
            &[
                "DEBUG",
                "invalidated path \"/vendors/south/\"",
                "instance #2 of vendor",
                "delete",
            ],
            &[
                "DEBUG",
                "invalidated path \"/flavors/vanilla/\"",
                "instance #1 of flavor, saved",
            ],
        ] {
            assert!(logs::has_line(line), "{line:?} in {:#?}", logs::lines());
        }
        let noisy = logs::lines();
        let noisy = noisy.iter().find(|line| !line.starts_with("DEBUG"));
        assert_eq!(noisy, None, "nothing went wrong");
    });
}

// Defects.

#[test]
fn a_site_of_a_thousand_pages_is_kept_whole() {
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            let page = async |number: web::Path<u32>| format!("page {number}");
            routes.route("/pages/{number}/", web::get().to(page));
        });
        let site = site.start().await;
        for number in 0..1_000 {
            let answer = site.get(&format!("/pages/{number}/")).await;
            assert!(answer.is_stored(), "{answer:?}");
        }
        for number in 0..1_000 {
            let answer = site.get(&format!("/pages/{number}/")).await;
            assert!(answer.is_hit(), "{answer:?}");
        }
        let stats = site.cache.stats();
        assert_eq!((stats.paths, stats.evicted), (1_000, 0));
    });
}

#[test]
fn a_hit_stores_nothing() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&["/flavors/vanilla/"]).await;
        // Hits that are on their way while the row is saved.
        let hits = (0..20).map(|_| site.get("/flavors/vanilla/"));
        let hits = futures::future::join_all(hits);
        let (_, ()) = futures::future::join(hits, rename(&site, "Vanille")).await;
        site.assert_true(&["/flavors/vanilla/"]).await;
        let stored = site.cache.stats().stored;
        for _ in 0..10 {
            assert!(site.get("/flavors/vanilla/").await.is_hit());
        }
        assert_eq!(site.cache.stats().stored, stored);
    });
}

#[test]
fn a_bulk_write_is_told_by_model_or_by_path() {
    on_each_database(async || {
        let site = Site::start().await;
        let pages = [
            "/flavors/",
            "/flavors/vanilla/",
            "/vendors/north/",
            "/sizes/small/",
        ];
        site.visit(&pages).await;
        flavor::Entity::update_many()
            .col_expr(flavor::Column::Name, Expr::value("bulk"))
            .filter(flavor::Column::Id.eq(1))
            .exec(&site.db)
            .await
            .unwrap();
        let row = flavor::Entity::find_by_id(1).one(&site.db).await.unwrap();
        dumper::invalidate_model(&row.unwrap(), &site.db).await;
        site.assert_true(&pages).await;
        assert!(
            site.get("/flavors/vanilla/")
                .await
                .text()
                .starts_with("bulk")
        );

        let raw = "UPDATE flavor SET name = 'raw' WHERE id = 1";
        site.db.execute_unprepared(raw).await.unwrap();
        dumper::invalidate_paths(pages).await;
        site.assert_true(&pages).await;
        assert!(
            site.get("/flavors/vanilla/")
                .await
                .text()
                .starts_with("raw")
        );

        flavor::Entity::delete_many()
            .filter(flavor::Column::Id.eq(1))
            .exec(&site.db)
            .await
            .unwrap();
        dumper::invalidate_paths(pages).await;
        assert_eq!(site.get("/flavors/vanilla/").await.status, 404);
        site.assert_true(&pages).await;
    });
}

/// The table of flavors, seen by another part of the program.
mod stock {
    #![allow(
        missing_docs,
        unreachable_pub,
        reason = "an entity as a user writes it"
    )]

    use dumper::Dumped;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Dumped)]
    #[sea_orm(table_name = "flavor")]
    #[dumper(paths = ["/flavors/", "/flavors/{slug}/"])]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub slug: String,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

#[test]
fn another_entity_of_the_table_drops_what_it_declares() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&["/flavors/", "/flavors/vanilla/"]).await;
        let row = stock::Entity::find_by_id(1).one(&site.db).await.unwrap();
        let mut row = row.unwrap().into_active_model();
        row.name = Set("by stock".to_owned());
        row.update(&site.db).await.unwrap();
        site.assert_true(&["/flavors/", "/flavors/vanilla/"]).await;
        assert!(site.get("/flavors/").await.text().contains("by stock"));
    });
}

#[test]
fn lists_have_a_page_for_each_query_and_drop_together() {
    async fn list(req: HttpRequest, db: web::Data<sea_orm::DatabaseConnection>) -> String {
        let flavors = flavor::Entity::find().all(&**db).await.unwrap();
        let names: Vec<String> = flavors.into_iter().map(|flavor| flavor.name).collect();
        format!("{} of {}", req.query_string(), names.join(", "))
    }
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/flavors/", web::get().to(list));
        });
        let site = site.start().await;
        let pages = [
            "/flavors/",
            "/flavors/?page=1",
            "/flavors/?page=2",
            "/flavors/?x",
        ];
        site.visit(&pages).await;
        site.assert_true(&pages).await;
        rename(&site, "Vanille").await;
        site.assert_true(&pages).await;
        assert!(
            site.get("/flavors/?page=2")
                .await
                .text()
                .contains("Vanille")
        );
    });
}

#[test]
fn a_page_that_is_not_there_is_never_stored_and_seen_once_it_is() {
    on_each_database(async || {
        let site = Site::start().await;
        for visit in 1..=2 {
            let answer = site.get("/flavors/lemon/").await;
            assert_eq!((answer.status, answer.is_hit()), (404, false));
            assert_eq!(site.renders("/flavors/lemon/"), visit);
        }
        let lemon = flavor::ActiveModel {
            slug: Set("lemon".to_owned()),
            name: Set("Lemon".to_owned()),
            vendor_id: Set(1),
            ..Default::default()
        };
        lemon.insert(&site.db).await.unwrap();
        let answer = site.get("/flavors/lemon/").await;
        assert!(answer.text().starts_with("Lemon") && answer.is_stored());
    });
}

#[test]
fn a_site_mounted_under_a_prefix_has_whole_paths() {
    on_each_database(async || {
        let inner = Cache::builder().build();
        let cache = inner.clone();
        let site = Site::setup().dumper(|dumper| dumper.ignore("^/shop/").unwrap());
        let site = site.routes(move |routes| {
            let page = async |req: HttpRequest| req.path().to_owned();
            routes.service(
                web::scope("/shop")
                    .wrap(Dumper::new(cache.clone()))
                    .route("/flavors/{slug}/", web::get().to(page)),
            );
        });
        let site = site.start().await;
        let cache_of = |answer: crate::http::Answer| answer.header("cache-status").unwrap();
        let path = "/shop/flavors/vanilla/";
        let inner_is_hit = async || cache_of(site.get(path).await).starts_with("dumper; hit");
        site.get(path).await;
        assert!(inner_is_hit().await);
        inner.invalidate_paths(["/flavors/vanilla/"]).await;
        assert!(inner_is_hit().await, "that is another page");
        inner.invalidate_paths([path]).await;
        assert!(!inner_is_hit().await);
        assert!(inner_is_hit().await);
    });
}

#[test]
fn all_can_be_dropped_listed_and_counted() {
    on_each_database(async || {
        let site = Site::start().await;
        let pages = ["/flavors/", "/flavors/vanilla/", "/sign/", "/sign/?x"];
        site.visit(&pages).await;
        let stats = site.cache.stats();
        assert_eq!((stats.hits, stats.misses, stats.stored), (4, 4, 4));
        assert_eq!((stats.paths, stats.invalidated), (3, 0));
        assert!((1..stats.max_bytes).contains(&stats.bytes));
        site.cache.invalidate_all().await;
        let stats = site.cache.stats();
        assert_eq!((stats.paths, stats.bytes, stats.invalidated), (0, 0, 4));
        for page in pages {
            assert!(site.get(page).await.is_stored());
        }
        dumper::register_derived::<flavor::Entity>();
        dumper::register_derived::<flavor::Entity>();
        let registered = dumper::registered();
        let flavors: Vec<_> = registered
            .iter()
            .filter(|registered| registered.entity == "flavor")
            .collect();
        assert_eq!(flavors.len(), 1);
        assert_eq!(flavors[0].templates, ["/flavors/", "/flavors/{slug}/"]);
    });
}

#[test]
fn pages_can_be_filed_under_a_name() {
    async fn page(tags: web::Path<String>) -> HttpResponse {
        for tag in tags.split('-') {
            dumper::tag(tag);
        }
        HttpResponse::Ok().body("page")
    }
    on_each_database(async || {
        let site = Site::setup().routes(|routes| {
            routes.route("/tagged/{tags}/", web::get().to(page));
        });
        let site = site.start().await;
        let pages = [
            "/tagged/menu/",
            "/tagged/news-menu/",
            "/tagged/news/",
            "/sign/",
        ];
        site.visit(&pages).await;
        site.cache.invalidate_tag("menu").await;
        let mut kept = Vec::new();
        for page in pages {
            kept.push(site.get(page).await.is_hit());
        }
        assert_eq!(kept, [false, false, true, true]);
        // They are filed anew with the new page.
        site.cache.invalidate_tag("menu").await;
        assert!(!site.get("/tagged/menu/").await.is_hit());
    });
}

#[test]
fn the_whole_site_is_stored_but_for_the_admin_pages() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&[
            "/flavors/",
            "/flavors/vanilla/",
            "/items/1/",
            "/vendors/north/",
            "/sizes/small/",
            "/cakes/sponge/",
            "/fillings/jam/",
            "/sign/",
        ])
        .await;
        for visit in 1..=2 {
            assert!(!site.get("/admin/").await.is_hit());
            assert_eq!(site.renders("/admin/"), visit);
        }
    });
}
