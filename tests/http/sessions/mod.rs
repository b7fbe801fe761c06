//! Sessions and identities.
