//! Pages at the bounds of what a page can be.

use bytes::Bytes;

use super::acts::{VARIANTS, body, drop_pages, key, lease, look_up, page, path, put};
use crate::store::{Filing, Reached, Rendered, Store};
use crate::{Key, Page};

/// A page is what it was: its body, from none to a mebibyte.
pub async fn any_body_comes_back<S: Store>(one: S, two: S) {
    let repeated = "vanilla ".repeat(1 << 17);
    // Nothing can make it smaller.
    let mixed: Vec<u8> = (0..1_u32 << 20)
        .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    let bodies = [
        Bytes::new(),
        Bytes::from_static(&[0]),
        Bytes::from_static(b"\xff\xfe\r\n\0$-1\r\n*0\r\n"),
        Bytes::from(repeated.into_bytes()),
        Bytes::from(mixed),
    ];
    for (number, body) in bodies.into_iter().enumerate() {
        let page = Page::new(200, Vec::new(), body);
        comes_back(&one, &two, &key(&format!("/{number}/")), &page).await;
    }
}

/// A page is what it was: its status, whether it may be sent in a content coding, and
/// its header fields, in their order and with any bytes in them.
pub async fn any_status_and_header_comes_back<S: Store>(one: S, two: S) {
    let field = |name: &str, value: &'static [u8]| (name.to_owned(), Bytes::from_static(value));
    let many = (0..300).map(|n| (format!("x-{n}"), Bytes::from(vec![b'v'; n])));
    let headers = [
        Vec::new(),
        vec![
            field("x-empty", b""),
            field("x-latin", b"caf\xe9"),
            field("x-bytes", &[0xff, 1]),
        ],
        vec![
            field("link", b"b"),
            field("link", b"a"),
            field("link", b"b"),
            field("age", b"1"),
        ],
        many.collect(),
    ];
    let statuses = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 451, 501];
    for (number, status) in statuses.into_iter().enumerate() {
        let headers = headers[number % headers.len()].clone();
        let page = Page::new(status, headers, Bytes::from_static(b"page"));
        for no_transform in [false, true] {
            let page = page.copy().no_transform(no_transform);
            comes_back(
                &one,
                &two,
                &key(&format!("/{no_transform}/{number}/")),
                &page,
            )
            .await;
        }
    }
}

/// A key is any request's: "bytes that no other key has".
pub async fn any_path_and_query_has_its_page<S: Store>(one: S, two: S) {
    let (long, host) = ("/long".repeat(1_600), "h".repeat(253));
    let new = |host, path: &str, query| Key::new("https", host, path, query).expect("a key");
    let keys = [
        new("parlour.example", "/", None),
        new("parlour.example", "//", None),
        new("parlour.example", "/{a}/", None),
        new("parlour.example", "/a:b/*?", Some("\r\n\0")),
        new("parlour.example", "/caf%C3%A9/", Some("é")),
        new("parlour.example", "/%00/", Some(&long)),
        new(&host, &long, None),
        new("", "/a", None),
    ];
    for (number, key) in keys.iter().enumerate() {
        put(&one, key, &number.to_string(), &[]).await;
    }
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(body(&two, key).await, Some(number.to_string()), "{key}");
    }
    for key in &keys {
        drop_pages(&two, Reached::Path(&path(key.path().as_str()))).await;
        assert_eq!(body(&one, key).await, None, "{key}");
    }
}

async fn comes_back<S: Store>(one: &S, two: &S, key: &Key, stored: &Page) {
    let stamp = lease(one, key).await;
    let rendered = Rendered {
        key,
        page: stored,
        filing: &Filing::at(key.path()),
        stamp: &stamp,
        max_variants: VARIANTS,
    };
    let filled = one.fill(rendered).await;
    filled.unwrap_or_else(|err| panic!("{key} is stored under its lease, not: {err}"));
    for store in [one, two] {
        let found = look_up(store, key).await;
        let found = found.unwrap_or_else(|| panic!("{key} is found")).page;
        assert_eq!(found.status(), stored.status(), "{key}");
        assert_eq!(found.headers(), stored.headers(), "{key}");
        assert!(found.body() == stored.body(), "{key} has another body");
        assert_eq!(found.selected_by(), page("").selected_by(), "{key}");
        assert_eq!(found.age(), None, "{key} is fresh for ever");
        let may_be = [&found, stored].map(Page::may_be_transformed);
        assert!(
            may_be[0] == may_be[1],
            "{key} may be transformed: {may_be:?}"
        );
    }
}
