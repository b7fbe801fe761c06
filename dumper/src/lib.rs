#![doc = include_str!("../README.md")]

mod dependent_paths;
mod dumped;
mod path;
mod template;

mod attempts;
mod dependents;
mod guarded;
pub mod hooks;
mod registry;
mod row;
mod scope;

#[cfg(feature = "observe")]
mod observe;

mod ledger;
mod process;
mod reach;
mod sync;
mod weight;

mod cache;
pub mod store;

#[cfg(feature = "acceptance")]
pub mod acceptance;

pub use dumper_derive::{Dumped, behavior};

pub use crate::cache::{
    AlreadyInstalled, Cache, CacheBuilder, Headers, Key, KeyRef, Lease, Lookup, NotStored, Page,
    RequestHeaders, Stats, Times, invalidate_paths,
};
pub use crate::dependent_paths::DependentPaths;
pub use crate::dumped::Dumped;
#[cfg(feature = "observe")]
pub use crate::observe::{observe, observed};
pub use crate::path::{Kin, Path};
pub use crate::registry::{
    Registration, invalidate_model, register, register_async, register_derived, registered,
};
pub use crate::scope::{Scope, scope, tag, try_scope};
pub use crate::template::{InvalidTemplate, Template};

#[doc(hidden)]
pub mod __private {
    pub use async_trait::async_trait;
    pub use sea_orm;

    pub use crate::dumped::{
        Hole, RelatedEntities, RelatedRows, Text, declared_paths, related_paths,
    };
}
