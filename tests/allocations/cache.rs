//! Hits without the middleware.

use std::borrow::Cow;

use bytes::Bytes;
use dumper::{Cache, Key, KeyRef, Lookup, Page};
use futures::FutureExt;

#[test]
fn a_hit_of_the_cache_allocates_nothing() {
    let counted = allocations_of(1, None);
    assert_eq!(counted, 0);
}

#[test]
fn a_hit_of_the_cache_with_a_query_allocates_nothing() {
    let counted = allocations_of(1, Some("size=large&page=2"));
    assert_eq!(counted, 0);
}

#[test]
fn a_hit_of_the_cache_that_a_header_selects_allocates_nothing() {
    let counted = allocations_of(3, None);
    assert_eq!(counted, 0);
}

/// How often a hit of the last of so many variants allocates.
fn allocations_of(variants: u8, query: Option<&str>) -> u64 {
    let cache = Cache::builder().build();
    for variant in 0..variants {
        store(&cache, &[variant], query);
    }
    let last = [variants - 1];
    let counted = allocation_counter::measure(|| {
        let query = query.map(Cow::Borrowed);
        let key = KeyRef::new("https", "parlour.example".into(), "/flavors/", query).unwrap();
        let page = cache.hit(&key, &|name| language(name, &last), |_| true);
        assert_eq!(page.unwrap().body(), "Vanilla");
    });
    counted.count_total
}

/// Stores a variant, which there is not.
fn store(cache: &Cache, variant: &[u8], query: Option<&str>) {
    let key = Key::new("https", "parlour.example", "/flavors/", query).unwrap();
    let headers = |name: &str| language(name, variant);
    let lookup = cache.look_up(&key, &headers).now_or_never();
    let Some(Lookup::Miss(lease)) = lookup else {
        panic!("nobody has stored it, and nobody does");
    };
    let page = Page::new(200, Vec::new(), Bytes::from_static(b"Vanilla"));
    let page = page.vary(vec![("accept-language".to_owned(), Some(variant.to_vec()))]);
    lease.fill(page).now_or_never().unwrap().unwrap();
}

fn language<'v>(name: &str, variant: &'v [u8]) -> Option<Cow<'v, [u8]>> {
    (name == "accept-language").then_some(Cow::Borrowed(variant))
}
