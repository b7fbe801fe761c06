//! After each kind of write, the next visitor sees the truth.

use dumper::Dumped;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, DatabaseConnection, DbErr, EntityTrait,
    IntoActiveModel, ModelTrait, QueryFilter, Set,
};

use crate::alone::on_each_database;
use crate::site::Site;
use crate::site::entity::{
    cake, cake_filling, filling, flavor, flavor_size, note, sign, size, vendor,
};

/// The pages that show `vanilla`.
const VANILLA: [&str; 4] = [
    "/flavors/",
    "/flavors/vanilla/",
    "/vendors/north/",
    "/sizes/small/",
];

pub(crate) async fn vanilla(db: &DatabaseConnection) -> Result<flavor::ActiveModel, DbErr> {
    let flavor = flavor::Entity::find_by_id(1).one(db).await?;
    Ok(flavor.expect("vanilla is there").into_active_model())
}

#[test]
fn a_save_drops_all_pages_that_show_the_row() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&VANILLA).await;
        let answer = site
            .act(async |db| {
                let mut flavor = vanilla(&db).await?;
                flavor.name = Set("Vanille".to_owned());
                flavor.update(&db).await.map(drop)
            })
            .await;
        assert_eq!(answer.status, 200);
        site.assert_true(&VANILLA).await;
        assert!(
            site.get("/flavors/vanilla/")
                .await
                .text()
                .starts_with("Vanille")
        );
    });
}

#[test]
fn a_save_leaves_other_pages() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&[
            "/flavors/mint/",
            "/vendors/south/",
            "/sizes/large/",
            "/sign/",
        ])
        .await;
        site.act(async |db| {
            let mut flavor = vanilla(&db).await?;
            flavor.name = Set("Vanille".to_owned());
            flavor.update(&db).await.map(drop)
        })
        .await;
        for path in [
            "/flavors/mint/",
            "/vendors/south/",
            "/sizes/large/",
            "/sign/",
        ] {
            assert!(site.get(path).await.is_hit(), "{path}");
        }
    });
}

#[test]
fn a_rename_drops_the_old_page_and_the_new() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&VANILLA).await;
        site.act(async |db| {
            let mut flavor = vanilla(&db).await?;
            flavor.slug = Set("crème brûlée".to_owned());
            flavor.update(&db).await.map(drop)
        })
        .await;
        assert_eq!(site.get("/flavors/vanilla/").await.status, 404);
        assert_eq!(
            site.get("/flavors/cr%C3%A8me%20br%C3%BBl%C3%A9e/")
                .await
                .status,
            200
        );
        site.assert_true(&VANILLA).await;
    });
}

#[test]
fn a_rename_of_a_model_made_by_hand_drops_the_old_page() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&VANILLA).await;
        site.act(async |db| {
            let flavor = flavor::ActiveModel {
                id: Set(1),
                slug: Set("vanille".to_owned()),
                ..Default::default()
            };
            flavor.update(&db).await.map(drop)
        })
        .await;
        site.assert_true(&VANILLA).await;
    });
}

#[test]
fn a_foreign_key_move_drops_both_parents() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&["/vendors/north/", "/vendors/south/", "/flavors/vanilla/"])
            .await;
        site.act(async |db| {
            let mut flavor = vanilla(&db).await?;
            flavor.vendor_id = Set(2);
            flavor.update(&db).await.map(drop)
        })
        .await;
        site.assert_true(&["/vendors/north/", "/vendors/south/", "/flavors/vanilla/"])
            .await;
    });
}

#[test]
fn a_rename_of_a_parent_drops_its_page_and_those_of_its_children() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&["/vendors/north/", "/flavors/vanilla/", "/flavors/mint/"])
            .await;
        site.act(async |db| {
            let vendor = vendor::Entity::find_by_id(1).one(&db).await?.unwrap();
            let mut vendor = vendor.into_active_model();
            vendor.slug = Set("nord".to_owned());
            vendor.name = Set("Nord".to_owned());
            vendor.update(&db).await.map(drop)
        })
        .await;
        site.assert_true(&[
            "/vendors/north/",
            "/vendors/nord/",
            "/flavors/vanilla/",
            "/flavors/mint/",
        ])
        .await;
    });
}

#[test]
fn an_insert_drops_the_lists_that_show_it() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&["/flavors/", "/vendors/north/"]).await;
        assert_eq!(site.get("/flavors/mango/").await.status, 404);
        site.act(async |db| {
            let flavor = flavor::ActiveModel {
                slug: Set("mango".to_owned()),
                name: Set("Mango".to_owned()),
                vendor_id: Set(1),
                ..Default::default()
            };
            flavor.insert(&db).await.map(drop)
        })
        .await;
        site.assert_true(&["/flavors/", "/vendors/north/", "/flavors/mango/"])
            .await;
        assert_eq!(site.get("/flavors/mango/").await.status, 200);
    });
}

#[test]
fn a_delete_drops_the_page() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&VANILLA).await;
        site.act(async |db| vanilla(&db).await?.delete(&db).await.map(drop))
            .await;
        assert_eq!(site.get("/flavors/vanilla/").await.status, 404);
        site.assert_true(&["/flavors/", "/vendors/north/", "/sizes/small/"])
            .await;
    });
}

#[test]
fn a_delete_by_key_alone_or_of_a_changed_model_drops_the_page_of_the_row() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&["/flavors/vanilla/", "/flavors/mint/"]).await;
        site.act(async |db| {
            let bare = flavor::ActiveModel {
                id: Set(2),
                ..Default::default()
            };
            bare.delete(&db).await?;
            let mut dirty = vanilla(&db).await?;
            dirty.slug = Set("elsewhere".to_owned());
            dirty.vendor_id = Set(2);
            dirty.delete(&db).await.map(drop)
        })
        .await;
        assert_eq!(site.get("/flavors/vanilla/").await.status, 404);
        assert_eq!(site.get("/flavors/mint/").await.status, 404);
    });
}

#[test]
fn a_junction_row_drops_both_ends_when_it_comes_and_goes() {
    on_each_database(async || {
        let site = Site::start().await;
        let pages = ["/flavors/vanilla/", "/sizes/large/"];
        site.visit(&pages).await;
        site.act(async |db| {
            let link = flavor_size::ActiveModel {
                flavor_id: Set(1),
                size_id: Set(2),
            };
            link.insert(&db).await.map(drop)
        })
        .await;
        assert!(site.get("/sizes/large/").await.text().contains("VANILLA"));
        site.assert_true(&pages).await;
        site.visit(&pages).await;
        site.act(async |db| {
            let link = flavor_size::Entity::find_by_id((1, 2))
                .one(&db)
                .await?
                .unwrap();
            link.delete(&db).await.map(drop)
        })
        .await;
        assert!(!site.get("/sizes/large/").await.text().contains("VANILLA"));
        site.assert_true(&pages).await;
    });
}

#[test]
fn an_update_or_delete_at_the_far_end_of_a_link_drops_the_owner() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&["/flavors/vanilla/"]).await;
        site.act(async |db| {
            let size = size::Entity::find_by_id(1).one(&db).await?.unwrap();
            let mut size = size.into_active_model();
            size.slug = Set("tiny".to_owned());
            size.update(&db).await.map(drop)
        })
        .await;
        assert!(site.get("/flavors/vanilla/").await.text().contains("tiny"));
        site.visit(&["/flavors/vanilla/"]).await;
        site.act(async |db| {
            let size = size::Entity::find_by_id(1).one(&db).await?.unwrap();
            size.delete(&db).await.map(drop)
        })
        .await;
        site.assert_true(&["/flavors/vanilla/", "/sizes/tiny/"])
            .await;
        assert!(!site.get("/flavors/vanilla/").await.text().contains("tiny"));
    });
}

#[test]
fn a_generic_relation_drops_its_owner() {
    on_each_database(async || {
        let site = Site::start().await;
        let pages = ["/flavors/vanilla/", "/vendors/north/"];
        site.visit(&pages).await;
        site.act(async |db| {
            let note = note::ActiveModel {
                owner: Set("flavor".to_owned()),
                owner_id: Set(1),
                text: Set("sweet".to_owned()),
                ..Default::default()
            };
            note.insert(&db).await.map(drop)
        })
        .await;
        assert!(site.get("/flavors/vanilla/").await.text().contains("sweet"));
        site.visit(&pages).await;
        site.act(async |db| {
            let note = note::Entity::find_by_id(1).one(&db).await?.unwrap();
            let mut note = note.into_active_model();
            note.owner = Set("vendor".to_owned());
            note.update(&db).await.map(drop)
        })
        .await;
        assert!(site.get("/vendors/north/").await.text().contains("sweet"));
        site.assert_true(&pages).await;
        site.visit(&pages).await;
        site.act(async |db| {
            let note = note::Entity::find_by_id(1).one(&db).await?.unwrap();
            note.delete(&db).await.map(drop)
        })
        .await;
        site.assert_true(&pages).await;
        assert!(!site.get("/vendors/north/").await.text().contains("sweet"));
    });
}

#[test]
fn a_dense_save_renames_links_and_unlinks() {
    on_each_database(async || {
        let site = Site::start().await;
        let pages = ["/cakes/sponge/", "/fillings/jam/", "/fillings/cream/"];
        site.visit(&pages).await;
        site.act(async |db| {
            let cake = cake::Entity::load()
                .filter(cake::Column::Id.eq(1))
                .one(&db)
                .await?
                .unwrap();
            let mut cake = cake.into_active_model();
            cake.slug = Set("biscuit".to_owned());
            let cream = filling::Entity::find_by_id(2).one(&db).await?.unwrap();
            cake.fillings.push(cream.into_active_model());
            cake.save(&db).await.map(drop)
        })
        .await;
        site.assert_true(&pages).await;
        let text = site.get("/cakes/biscuit/").await.text();
        assert_eq!(text, "biscuit: fillings cream, jam");
        let pages = ["/cakes/biscuit/", "/fillings/jam/", "/fillings/cream/"];
        site.visit(&pages).await;
        site.act(async |db| {
            let cake = cake::Entity::load()
                .filter(cake::Column::Id.eq(1))
                .one(&db)
                .await?
                .unwrap();
            let cream = filling::Entity::find_by_id(2).one(&db).await?.unwrap();
            let mut cake = cake.into_active_model();
            cake.fillings
                .replace_all([cream.into_ex().into_active_model()]);
            cake.save(&db).await.map(drop)
        })
        .await;
        site.assert_true(&pages).await;
        assert_eq!(
            site.get("/cakes/biscuit/").await.text(),
            "biscuit: fillings cream"
        );
        assert_eq!(site.get("/fillings/jam/").await.text(), "jam: cakes ");
    });
}

#[test]
fn a_dense_insert_with_its_builder_drops_what_shows_it() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&["/fillings/jam/"]).await;
        site.act(async |db| {
            let jam = filling::Entity::find_by_id(1).one(&db).await?.unwrap();
            let cake = cake::ActiveModel::builder()
                .set_slug("roll")
                .add_filling(jam.into_ex());
            cake.save(&db).await.map(drop)
        })
        .await;
        site.assert_true(&["/fillings/jam/", "/cakes/roll/"]).await;
        assert!(site.get("/fillings/jam/").await.text().contains("roll"));
    });
}

#[test]
fn a_deep_delete_drops_the_pages_that_the_links_led_to() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&["/cakes/sponge/", "/fillings/jam/"]).await;
        site.act(async |db| {
            let cake = cake::Entity::find_by_id(1).one(&db).await?.unwrap();
            cake.cascade_delete(&db).await.map(drop)
        })
        .await;
        let links = cake_filling::Entity::find().all(&site.db).await.unwrap();
        assert!(links.is_empty());
        site.assert_true(&["/cakes/sponge/", "/fillings/jam/"])
            .await;
    });
}

#[test]
fn an_update_without_returning_drops_the_page() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&VANILLA).await;
        site.act(async |db| {
            let mut flavor = vanilla(&db).await?;
            flavor.name = Set("Vanille".to_owned());
            flavor.update_without_returning(&db).await.map(drop)
        })
        .await;
        site.assert_true(&["/flavors/", "/flavors/vanilla/"]).await;
    });
}

/// As Seaography updates.
#[test]
fn an_after_save_without_before_save_drops_all_pages_of_the_entity() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&["/flavors/vanilla/", "/flavors/mint/"]).await;
        site.act(async |db| {
            let renamed = flavor::Entity::update_many()
                .col_expr(flavor::Column::Slug, Expr::value("vanille"))
                .filter(flavor::Column::Id.eq(1))
                .exec_with_returning(&db)
                .await?;
            for flavor in renamed {
                flavor::ActiveModel::after_save(flavor, &db, false).await?;
            }
            Ok(())
        })
        .await;
        site.assert_true(&["/flavors/vanilla/", "/flavors/vanille/", "/flavors/mint/"])
            .await;
    });
}

#[test]
fn a_write_without_hooks_is_told_by_hand() {
    on_each_database(async || {
        dumper::register::<sign::Entity>(|_| vec!["/sign/".to_owned()]);
        let site = Site::start().await;
        site.visit(&["/sign/", "/flavors/"]).await;
        site.act(async |db| {
            let sign = sign::Entity::find_by_id(1).one(&db).await?.unwrap();
            let mut sign = sign.into_active_model();
            sign.text = Set("closed".to_owned());
            let sign = sign.update(&db).await?;
            dumper::invalidate_model(&sign, &db).await;
            Ok(())
        })
        .await;
        assert_eq!(site.get("/sign/").await.text(), "closed");
        assert!(site.get("/flavors/").await.is_hit());
    });
}

#[test]
fn a_model_that_nobody_registered_drops_everything() {
    on_each_database(async || {
        let site = Site::start().await;
        site.visit(&["/sign/", "/flavors/"]).await;
        let sign = sign::Entity::find_by_id(1)
            .one(&site.db)
            .await
            .unwrap()
            .unwrap();
        dumper::invalidate_model(&sign, &site.db).await;
        assert!(!site.get("/sign/").await.is_hit());
        assert!(!site.get("/flavors/").await.is_hit());
    });
}

#[test]
fn a_derived_model_is_told_by_hand_too() {
    on_each_database(async || {
        dumper::register_derived::<flavor::Entity>();
        let site = Site::start().await;
        site.visit(&VANILLA).await;
        site.visit(&["/flavors/mint/"]).await;
        let flavor = flavor::Entity::find_by_id(1)
            .one(&site.db)
            .await
            .unwrap()
            .unwrap();
        dumper::invalidate_model(&flavor, &site.db).await;
        for path in VANILLA {
            assert!(!site.get(path).await.is_hit(), "{path}");
        }
        assert!(site.get("/flavors/mint/").await.is_hit());
    });
}

#[test]
fn a_function_registered_for_a_derived_entity_is_refused() {
    on_each_database(async || {
        crate::logs::capture();
        let site = Site::start().await;
        dumper::register::<flavor::Entity>(|_| vec!["/elsewhere/".to_owned()]);
        assert!(crate::logs::has_line(&[
            "ERROR",
            "dumper::registry",
            "flavor is derived"
        ]));
        site.visit(&VANILLA).await;
        site.act(async |db| {
            let mut flavor = vanilla(&db).await?;
            flavor.slug = Set("vanille".to_owned());
            flavor.update(&db).await.map(drop)
        })
        .await;
        site.assert_true(&VANILLA).await;
    });
}

#[test]
fn a_registered_function_that_panics_drops_everything() {
    on_each_database(async || {
        dumper::register::<sign::Entity>(|_| panic!("as told"));
        let site = Site::start().await;
        site.visit(&["/sign/", "/flavors/"]).await;
        let sign = sign::Entity::find_by_id(1)
            .one(&site.db)
            .await
            .unwrap()
            .unwrap();
        dumper::invalidate_model(&sign, &site.db).await;
        assert!(!site.get("/sign/").await.is_hit());
        assert!(!site.get("/flavors/").await.is_hit());
    });
}

#[test]
fn registering_twice_is_the_same_as_once() {
    on_each_database(async || {
        crate::logs::capture();
        dumper::register::<sign::Entity>(|_| vec!["/sign/".to_owned()]);
        dumper::register::<sign::Entity>(|_| vec!["/sign/".to_owned()]);
        dumper::register_derived::<flavor::Entity>();
        dumper::register_derived::<flavor::Entity>();
        let registered = dumper::registered();
        let entities: Vec<&str> = registered.iter().map(|it| it.entity.as_str()).collect();
        assert_eq!(entities, ["flavor", "sign"]);
        assert_eq!(registered[0].templates, flavor::Entity::PATHS);
        let lines = crate::logs::lines();
        let lines = lines
            .iter()
            .filter(|line| line.contains("dumper::registry"));
        assert_eq!(lines.count(), 2);
    });
}
