//! The tables, each with the pages that show its rows.
//!
//! Before an entity can name its pages, someone has to know what each page
//! shows:
//!
//! | page | shows |
//! |---|---|
//! | `/` | how many flavors, sizes and offers there are; the sizes by name |
//! | `/flavors/` | every flavor by name |
//! | `/flavors/{slug}/` | one flavor; its sizes by name |
//! | `/pictures/{slug}.svg` | the picture of one flavor |
//! | `/sizes/{slug}/` | one size; its flavors by name |
//!
//! Read by column, that is: a flavor shows on the first four and on the pages of
//! its sizes; a size on the first, on its own and on those of its flavors; an
//! offer of a flavor in a size on the first and on those of both. The three
//! `#[dumper(…)]` attributes say just that.

pub(crate) mod flavor;
pub(crate) mod flavor_size;
pub(crate) mod size;
