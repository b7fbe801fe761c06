//! Locks and atomics: those of the standard library, or, for the tests in this
//! crate, those of a scheduler that tries their interleavings.

#[cfg(not(test))]
pub(crate) use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
#[cfg(not(test))]
pub(crate) use std::sync::{Mutex, MutexGuard};

#[cfg(test)]
pub(crate) use shuttle::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
#[cfg(test)]
pub(crate) use shuttle::sync::{Mutex, MutexGuard};
