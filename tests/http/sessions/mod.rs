//! Sessions and identities.

mod leaks;
mod orders;
pub(crate) mod shop;
pub(crate) mod visitor;
mod walk;
