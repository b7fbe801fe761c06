//! Sessions and identities.

mod leaks;
mod orders;
mod shop;
mod visitor;
mod walk;
