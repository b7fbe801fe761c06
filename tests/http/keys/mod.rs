//! What of a request selects a page.
