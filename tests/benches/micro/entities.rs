//! Dropping all pages that an entity may have: those that its templates match, of
//! which it has so many.

use divan::Bencher;
use divan::counter::ItemsCount;
use dumper::Cache;
use sea_orm::DatabaseConnection;

use crate::pages;
use crate::sections::{SECTIONS, Section};

/// How many pages there are, and how many of them the entity may have, if any.
const PAGES: usize = 10_000;
const MATCHING: usize = 100;

#[divan::bench(args = SECTIONS, sample_size = 1)]
fn drop_those_that_match(bencher: Bencher<'_, '_>, section: &Section) {
    let cache = others(section, PAGES - MATCHING);
    let db = DatabaseConnection::default();
    bencher
        .with_inputs(|| {
            for number in 0..MATCHING {
                pages::store(&cache, &section.path(number));
            }
        })
        .bench_local_values(|()| (section.drop_all)(&db));
    assert_eq!(
        cache.stats().paths,
        PAGES - MATCHING,
        "no others were dropped"
    );
}

/// No page matches, so that none has to be stored again.
#[divan::bench(args = SECTIONS)]
fn match_none(bencher: Bencher<'_, '_>, section: &Section) {
    let cache = others(section, PAGES);
    let db = DatabaseConnection::default();
    bencher
        .counter(ItemsCount::new(PAGES))
        .bench_local(|| (section.drop_all)(&db));
    assert_eq!(cache.stats().paths, PAGES, "none was dropped");
}

/// Pages at paths that begin as the templates do.
fn others(section: &Section, count: usize) -> Cache {
    let cache = Cache::builder().build();
    for number in 0..count {
        pages::store(&cache, &format!("{}reviews/", section.path(number)));
    }
    cache
}
