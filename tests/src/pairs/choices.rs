//! Decisions that bytes make, whoever they come from: a seed, or a fuzzer.

use std::slice::Iter;

/// Bytes, of which each decides something. Without any left, all is decided in
/// the plainest way, so that cutting bytes off simplifies what they describe.
#[derive(Debug)]
pub(super) struct Choices<'a>(Iter<'a, u8>);

impl<'a> Choices<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes.iter())
    }

    /// A number below `end`, which is at most 256; the plainest is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let byte = self.0.next().copied().unwrap_or_default();
        usize::from(byte) % end.max(1)
    }

    /// One of these; the plainest is the first.
    pub(super) fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.below(among.len())]
    }

    /// Whether something happens that does once in `times`; the plainest is not.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 1
    }
}
