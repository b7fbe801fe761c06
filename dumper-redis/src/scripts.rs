//! What Redis does at one stroke.

use std::sync::LazyLock;

use crate::line::Script;

/// Gives a lease.
pub(crate) static LEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(
        include_str!("scripts/server.lua"),
        include_str!("scripts/lease.lua")
    ))
});

/// Stores a page.
pub(crate) static STORE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(
        include_str!("scripts/server.lua"),
        include_str!("scripts/store.lua")
    ))
});

/// Takes a lock away. It is sent whole, by those who do not wait to hear that it is
/// not known.
pub(crate) const RELEASE: &str = include_str!("scripts/release.lua");

/// Drops the pages of a path, with a fence.
pub(crate) static FENCE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(
        include_str!("scripts/server.lua"),
        include_str!("scripts/fence.lua")
    ))
});

/// Tells generations.
pub(crate) static CURRENT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(
        include_str!("scripts/server.lua"),
        include_str!("scripts/generations.lua"),
        include_str!("scripts/current.lua")
    ))
});

/// Makes new generations.
pub(crate) static CHANGE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(
        include_str!("scripts/server.lua"),
        include_str!("scripts/generations.lua"),
        include_str!("scripts/change.lua")
    ))
});
