//! The pages that visitors have seen.

use bytes::Bytes;
use dumper::{Cache, Key, Lookup, Page};

/// A cache of the process, which its hooks drop pages from.
pub(crate) struct Visitors {
    cache: Cache,
    are_there: bool,
}

impl Visitors {
    /// Visitors of so many pages besides the list of flavors; if of none, they do
    /// not see that either, and the cache stays empty.
    pub(crate) async fn of(pages: usize) -> Self {
        let visitors = Self {
            cache: Cache::builder().build(),
            are_there: pages > 0,
        };
        for page in 0..pages {
            visitors.visit(&format!("/flavors/standing-{page}/")).await;
        }
        assert_eq!(visitors.cache.stats().paths, pages, "none was evicted");
        visitors
    }

    /// Lets visitors see the list of flavors, which each write drops.
    pub(crate) async fn see_list(&self) {
        if self.are_there {
            self.visit("/flavors/").await;
        }
    }

    async fn visit(&self, path: &str) {
        let key = Key::new("http", "parlour.example", path, None).expect("nothing is encoded");
        match self.cache.look_up(&key, &|_| None).await {
            Lookup::Hit(_) => {}
            Lookup::Miss(lease) => {
                let page = Page::new(200, Vec::new(), Bytes::from_static(&[b'.'; 4096]));
                lease.fill(page).await.expect("nobody writes meanwhile");
            }
            Lookup::Fenced => panic!("a fence was left standing on {path}"),
            Lookup::Unavailable => unreachable!("there is no store"),
        }
    }
}
