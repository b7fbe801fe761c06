//! Entities that differ in how many templates they have.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "entities as a user would write them"
)]

use std::fmt;

use dumper::{Dumped, hooks};
use sea_orm::{ActiveModelTrait, DatabaseConnection};

use crate::pages;

/// An entity, by the number of its templates.
pub(crate) struct Section {
    templates: usize,
    pub(crate) drop_all: fn(&DatabaseConnection),
}

pub(crate) const SECTIONS: [Section; 3] = [
    Section {
        templates: 1,
        drop_all: drop_all::<one::Entity>,
    },
    Section {
        templates: 50,
        drop_all: drop_all::<fifty::Entity>,
    },
    Section {
        templates: 500,
        drop_all: drop_all::<five_hundred::Entity>,
    },
];

impl Section {
    /// A path that the template of this number matches, and none does beyond the last.
    pub(crate) fn path(&self, number: usize) -> String {
        let template = number % self.templates;
        format!(
            "/section-{}{}/flavor-{number}/",
            template / 10,
            template % 10
        )
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.templates.fmt(f)
    }
}

/// Drops all pages that the entity may have, as is done after a write that
/// `before_delete` was not called for.
fn drop_all<E: Dumped>(db: &DatabaseConnection) {
    let model = <E::ActiveModel as ActiveModelTrait>::default();
    pages::at_once(hooks::after_delete::<E, _>(&model, db)).expect("it returns no error");
}

/// Ten templates for each number.
macro_rules! tens {
    ($($tens:literal)*) => {
        [$([
            concat!("/section-", $tens, "0/{slug}/"),
            concat!("/section-", $tens, "1/{slug}/"),
            concat!("/section-", $tens, "2/{slug}/"),
            concat!("/section-", $tens, "3/{slug}/"),
            concat!("/section-", $tens, "4/{slug}/"),
            concat!("/section-", $tens, "5/{slug}/"),
            concat!("/section-", $tens, "6/{slug}/"),
            concat!("/section-", $tens, "7/{slug}/"),
            concat!("/section-", $tens, "8/{slug}/"),
            concat!("/section-", $tens, "9/{slug}/"),
        ]),*]
    };
}

const TEMPLATES: &[&str] = tens!(
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24
    25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49
)
.as_flattened();

// By hand, since the derive takes no templates but literals.
macro_rules! section {
    ($module:ident, $templates:literal) => {
        mod $module {
            use dumper::{DependentPaths, Dumped};
            use sea_orm::ActiveValue;
            use sea_orm::entity::prelude::*;

            use super::TEMPLATES;

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = "section")]
            pub struct Model {
                #[sea_orm(primary_key)]
                pub id: i32,
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}

            impl DependentPaths for Model {
                async fn dependent_paths<C: ConnectionTrait>(
                    &self,
                    _db: &C,
                ) -> Result<Vec<String>, DbErr> {
                    Ok(Vec::new())
                }
            }

            impl Dumped for Entity {
                const PATHS: &'static [&'static str] = TEMPLATES.split_at($templates).0;
                const WITHIN: &'static [&'static str] = &[];
                const CUSTOM: bool = false;

                type Related = ();

                fn hole(_model: &Model, _field: &str) -> Option<String> {
                    None
                }

                fn active_hole(_model: &ActiveModel, _field: &str) -> ActiveValue<Option<String>> {
                    ActiveValue::NotSet
                }
            }
        }
    };
}

section!(one, 1);
section!(fifty, 50);
section!(five_hundred, 500);
