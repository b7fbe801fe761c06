//! Looking a page up that can be served at once.

use std::borrow::Cow;

use divan::Bencher;
use dumper::{Cache, KeyRef};

use crate::pages::{self, HOST, SCHEME};
use crate::zipf::{self, PAGES};

/// The header that selects among the pages of a path, and its values.
const SELECTING: &str = "accept-language";
const LANGUAGES: [&str; 5] = ["en", "de", "fr", "it", "es"];

/// What is stored at each path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    Nothing,
    /// One page for everybody.
    Plain,
    /// A page for each of so many languages, by `Vary`.
    Variants(usize),
}

const STORED: [Stored; 4] = [
    Stored::Nothing,
    Stored::Plain,
    Stored::Variants(1),
    Stored::Variants(5),
];

#[divan::bench(args = STORED, sample_size = 1_000)]
fn one_hot_key(bencher: Bencher<'_, '_>, stored: Stored) {
    measure(bencher, stored, &[PAGES / 2]);
}

#[divan::bench(args = STORED, sample_size = 10_000)]
fn zipf(bencher: Bencher<'_, '_>, stored: Stored) {
    measure(bencher, stored, &zipf::draw(1 << 16, 1));
}

/// Looks these up one after the other, over and over, each in the next language.
fn measure(bencher: Bencher<'_, '_>, stored: Stored, numbers: &[usize]) {
    let paths: Vec<String> = (0..PAGES).map(pages::path).collect();
    let cache = Cache::builder().build();
    for path in &paths {
        store(&cache, path, stored);
    }
    let keys = paths
        .iter()
        .map(|path| KeyRef::new(SCHEME, HOST.into(), path, None));
    let keys: Vec<KeyRef<'_>> = keys.map(|key| key.expect("nothing is encoded")).collect();
    let languages = match stored {
        Stored::Nothing | Stored::Plain => &LANGUAGES,
        Stored::Variants(variants) => &LANGUAGES[..variants],
    };
    let mut numbers = numbers.iter().cycle();
    let mut languages = languages.iter().cycle();
    bencher.bench_local(|| {
        let (Some(&number), Some(language)) = (numbers.next(), languages.next()) else {
            unreachable!("there is no end to either");
        };
        let headers =
            |name: &str| (name == SELECTING).then_some(Cow::Borrowed(language.as_bytes()));
        let page = cache.hit(&keys[number], &headers, |_| true);
        assert_eq!(page.is_some(), stored != Stored::Nothing);
        page
    });
}

fn store(cache: &Cache, path: &str, stored: Stored) {
    match stored {
        Stored::Nothing => {}
        Stored::Plain => pages::store(cache, path),
        Stored::Variants(variants) => {
            for language in &LANGUAGES[..variants] {
                let selected = (SELECTING.to_owned(), Some(language.as_bytes().to_vec()));
                pages::fill(
                    pages::lease(cache, path),
                    pages::page().vary(vec![selected]),
                );
            }
        }
    }
}
