//! What things take in memory.

/// The bytes that an allocation takes of so many: as the allocators of most systems
/// do it, which keep a word besides, and hand out pieces of two words.
pub(crate) const fn allocated(bytes: usize) -> usize {
    const WORD: usize = size_of::<usize>();
    if bytes == 0 {
        return 0;
    }
    let piece = (bytes + WORD).next_multiple_of(2 * WORD);
    if piece < 4 * WORD { 4 * WORD } else { piece }
}

/// The bytes of what is counted by an `Arc`.
pub(crate) const fn counted(bytes: usize) -> usize {
    allocated(bytes + 2 * size_of::<usize>())
}

/// The bytes that [`Bytes`](bytes::Bytes) take, beside themselves: what has been
/// cloned is counted in a piece of memory of its own.
pub(crate) const fn shared(bytes: usize) -> usize {
    allocated(bytes) + allocated(3 * size_of::<usize>())
}
