//! What the servers and those who ask them know of the pages.

mod pages;

pub use pages::{HOT, PAGES, SAVED_EXCEPT, body, path};
