//! The pages of one path: which request has which, and how many there may be.

use std::time::{Duration, Instant};

use super::acts::{
    body, drop_pages, is_current, key, key_of, lease, look_up, page, path, put, until,
};
use crate::store::{Filing, Reached, Rendered, Stamp, Store};
use crate::{Key, Page};

/// "Everything that the key is made of": scheme, host, query, spelling, and what else
/// tells of the origin select a page.
pub async fn each_key_has_its_own_page<S: Store>(one: S, two: S) {
    let new = |scheme, host, path, query| Key::new(scheme, host, path, query).expect("a key");
    let plain = new("https", "parlour.example", "/flavors/a!/", None);
    let keys = [
        new("http", "parlour.example", "/flavors/a!/", None),
        new("https", "other.example", "/flavors/a!/", None),
        new("https", "parlour.example", "/flavors/a!/", Some("")),
        new("https", "parlour.example", "/flavors/a!/", Some("page=2")),
        new("https", "parlour.example", "/flavors/a%21/", None),
        new("https", "parlour.example", "/flavors/b/", None),
        plain.clone().told(Some("x-forwarded-host: a".to_owned())),
        plain,
    ];
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(body(&two, key).await, None, "{key}");
        put(&one, key, &number.to_string(), &[]).await;
    }
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(body(&two, key).await, Some(number.to_string()), "{key}");
    }
}

/// "Selected by the headers": the page of one value is not for another.
pub async fn the_headers_that_vary_names_select_a_page<S: Store>(one: S, two: S) {
    let key = key("/flavors/");
    for language in ["en", "de", "fr"] {
        store(&one, &key, &[("accept-language", Some(language))]).await;
    }
    for language in ["en", "de", "fr"] {
        let found = found(&two, &key, &[("accept-language", Some(language))]).await;
        assert_eq!(found, Some(text(&[("accept-language", Some(language))])));
    }
    for other in [Some("it"), Some("en "), Some("EN"), None] {
        let found = found(&two, &key, &[("accept-language", other)]).await;
        assert_eq!(found, None, "{other:?}");
    }
}

/// "With their values in the request": there may be none.
pub async fn a_header_that_is_missing_is_not_one_that_is_empty<S: Store>(one: S, two: S) {
    let key = key("/flavors/");
    store(&one, &key, &[("cookie", None)]).await;
    assert_eq!(found(&two, &key, &[("cookie", Some(""))]).await, None);
    store(&one, &key, &[("cookie", Some(""))]).await;
    for value in [None, Some("")] {
        let found = found(&two, &key, &[("cookie", value)]).await;
        assert_eq!(found, Some(format!("cookie={value:?};")));
    }
}

/// "The request headers that selected this page", whatever others of the key are
/// selected by. Of several that fit, any will do.
pub async fn pages_of_a_key_may_vary_by_different_headers<S: Store>(one: S, two: S) {
    let key = key("/flavors/");
    let all: [&[(&str, Option<&str>)]; 5] = [
        &[("accept-language", Some("en"))],
        &[("cookie", Some("a=1"))],
        &[("accept-language", Some("de")), ("cookie", Some("a=2"))],
        &[("x-theme", None), ("accept-language", Some("fr"))],
        &[("x-theme", Some("dark"))],
    ];
    for vary in all {
        store(&one, &key, vary).await;
        let own = found(&two, &key, vary).await;
        assert_eq!(own, Some(text(vary)), "{vary:?}");
    }
    let both = [("accept-language", Some("en")), ("cookie", Some("a=1"))];
    if let Some(found) = found(&two, &key, &both).await {
        assert!([text(all[0]), text(all[1])].contains(&found), "{found}");
    }
    assert_eq!(
        found(&two, &key, &[("accept-language", Some("it"))]).await,
        None
    );
}

/// "The pages of a path, all variants."
pub async fn all_variants_drop_together<S: Store>(one: S, two: S) {
    let mut stamps = Vec::new();
    for query in [None, Some("page=2"), Some("page=3")] {
        let key = key_of("/flavors/", query);
        let stamp = put(&one, &key, "page", &[]).await;
        stamps.push((key.clone(), stamp));
        let stamp = store(&one, &key, &[("cookie", Some("a"))]).await;
        stamps.push((key, stamp));
    }
    drop_pages(&two, Reached::Path(&path("/flavors/"))).await;
    for (key, stamp) in stamps {
        assert!(!is_current(&one, &key, &stamp).await, "{key}");
        assert_eq!(body(&one, &key).await, None, "{key}");
        let found = found(&one, &key, &[("cookie", Some("a"))]).await;
        assert_eq!(found, None, "{key}");
    }
}

/// "How many pages a path may have": the one that came last is among them.
pub async fn a_path_has_at_most_so_many_pages<S: Store>(one: S, two: S) {
    let (queries, most) = (40, 8);
    let key = |number: usize| key_of("/flavors/", Some(&format!("page={number}")));
    for number in 0..queries {
        store_among(&one, &key(number), &page("page"), most).await;
        let last = body(&two, &key(number)).await;
        assert_eq!(last.as_deref(), Some("page"), "page {number}");
    }
    let mut found = 0;
    for number in 0..queries {
        found += usize::from(body(&two, &key(number)).await.is_some());
    }
    assert!((1..=most).contains(&found), "{found} pages of {most}");
}

/// "A plain one is the last to go", whether others are asked for by queries or by
/// headers.
pub async fn a_plain_page_is_the_last_to_go<S: Store>(one: S, two: S) {
    let most = 8;
    put(&one, &key("/flavors/"), "plain", &[]).await;
    for number in 0..40 {
        let key = key_of("/flavors/", Some(&format!("page={number}")));
        store_among(&two, &key, &page("other"), most).await;
    }
    assert_eq!(
        body(&one, &key("/flavors/")).await.as_deref(),
        Some("plain")
    );
    let plain = page("plain").vary(vec![("cookie".to_owned(), None)]);
    store_among(&one, &key("/sizes/"), &plain, most).await;
    for number in 0..40 {
        let value = number.to_string().into_bytes();
        let other = page("other").vary(vec![("cookie".to_owned(), Some(value))]);
        store_among(&two, &key("/sizes/"), &other, most).await;
    }
    assert_eq!(body(&one, &key("/sizes/")).await.as_deref(), Some("plain"));
}

/// "It is fresh": no longer than it says, and there is room for the next.
pub async fn a_page_is_not_found_when_its_time_is_over<S: Store>(one: S, two: S) {
    let (key, time) = (key("/flavors/"), Duration::from_millis(500));
    for _ in 0..2 {
        let stored = Instant::now();
        let short = page("short").fresh_for(time, Duration::ZERO);
        store_among(&one, &key, &short, 8).await;
        let found = body(&two, &key).await;
        assert!(found.is_some() || stored.elapsed() >= time);
        until("the page is stale", async || {
            body(&two, &key).await.is_none().then_some(())
        })
        .await;
    }
    put(&one, &key, "for ever", &[]).await;
    assert_eq!(body(&two, &key).await.as_deref(), Some("for ever"));
}

/// A page is what it was, its age and its time included.
pub async fn a_page_keeps_its_age<S: Store>(one: S, two: S) {
    let (left, age) = (Duration::from_mins(10), Duration::from_mins(1));
    let aged = page("aged").fresh_for(left, age);
    let created = aged.created();
    store_among(&one, &key("/flavors/"), &aged, 8).await;
    let stored = look_up(&two, &key("/flavors/")).await;
    let found = stored.expect("the page is found").page;
    let room = Duration::from_secs(30);
    let found_age = found.age().expect("it has an age");
    assert!((age..age + room).contains(&found_age), "{found_age:?}");
    let found_left = found.left().expect("its time is limited");
    let is_right = found_left <= left && left < found_left + room;
    assert!(is_right, "{found_left:?}");
    let since = found.created().duration_since(created);
    let apart = since.unwrap_or_else(|err| err.duration());
    assert!(apart < Duration::from_secs(1), "{apart:?}");
    put(&one, &key("/sizes/"), "for ever", &[]).await;
    let stored = look_up(&two, &key("/sizes/")).await;
    assert_eq!(stored.expect("the page is found").page.left(), None);
}

type Vary<'a> = &'a [(&'a str, Option<&'a str>)];

/// Stores a page that is selected by request headers, and shows them.
async fn store<S: Store>(store: &S, key: &Key, vary: Vary<'_>) -> Stamp {
    let selected_by = vary.iter().map(|(name, value)| {
        let value = value.map(|value| value.as_bytes().to_vec());
        ((*name).to_owned(), value)
    });
    let page = page(&text(vary)).vary(selected_by.collect());
    store_among(store, key, &page, 64).await
}

async fn store_among<S: Store>(store: &S, key: &Key, page: &Page, max_variants: usize) -> Stamp {
    let stamp = lease(store, key).await;
    let rendered = Rendered {
        key,
        page,
        filing: &Filing::at(key.path()),
        stamp: &stamp,
        max_variants,
    };
    let filled = store.fill(rendered).await;
    filled.unwrap_or_else(|err| panic!("{key} is stored under its lease, not: {err}"))
}

/// The body of the page for a request with these headers.
async fn found<S: Store>(store: &S, key: &Key, headers: Vary<'_>) -> Option<String> {
    let value = |name: &str| {
        let header = headers.iter().find(|(known, _)| *known == name);
        header.and_then(|(_, value)| value.map(|value| value.as_bytes().into()))
    };
    let found = store.look_up(key, &value).await;
    let page = found.expect("a page can be looked up")?.page;
    assert!(
        page.answers(&value),
        "the page found is one for the request"
    );
    Some(String::from_utf8_lossy(page.body()).into_owned())
}

fn text(vary: Vary<'_>) -> String {
    let texts = vary
        .iter()
        .map(|(name, value)| format!("{name}={value:?};"));
    texts.collect()
}
