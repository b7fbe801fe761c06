//! Writing and reading what is kept in Redis: lengths before bytes, numbers with
//! their highest byte first.

use bytes::{Buf, Bytes};

/// Writes texts, each behind its length.
pub(crate) fn write_names<'a>(out: &mut Vec<u8>, names: impl IntoIterator<Item = &'a [u8]>) {
    for name in names {
        write_long(out, name);
    }
}

/// Reads texts to the end.
pub(crate) fn read_names(bytes: Bytes) -> Option<Vec<String>> {
    let mut from = Reader::new(bytes);
    let mut names = Vec::new();
    while !from.is_at_end() {
        names.push(from.text()?);
    }
    Some(names)
}

/// Writes bytes behind their length of 32 bits; there are never more.
pub(crate) fn write_long(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend(length.to_be_bytes());
    out.extend(&bytes[..length as usize]);
}

/// Writes bytes that may be missing.
pub(crate) fn write_option(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    out.push(u8::from(bytes.is_some()));
    if let Some(bytes) = bytes {
        write_long(out, bytes);
    }
}

/// Writes how many follow.
pub(crate) fn write_count(out: &mut Vec<u8>, count: usize) {
    out.extend(u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
}

/// Reads what was written, by anybody.
pub(crate) struct Reader {
    rest: Bytes,
}

impl Reader {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self { rest: bytes }
    }

    /// Takes so many bytes; they are not copied.
    pub(crate) fn take(&mut self, length: usize) -> Option<Bytes> {
        (length <= self.rest.len()).then(|| self.rest.split_to(length))
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Reads a byte that says yes or no.
    pub(crate) fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// Reads bytes behind their length.
    pub(crate) fn long(&mut self) -> Option<Bytes> {
        let length = self.u32()?;
        self.take(usize::try_from(length).ok()?)
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.u32()?).ok()?;
        let text = std::str::from_utf8(self.rest.get(..length)?)
            .ok()?
            .to_owned();
        self.rest.advance(length);
        Some(text)
    }

    /// Reads bytes that may be missing.
    #[expect(
        clippy::option_option,
        reason = "they may be missing, or not be readable"
    )]
    pub(crate) fn option(&mut self) -> Option<Option<Bytes>> {
        if self.flag()? {
            self.long().map(Some)
        } else {
            Some(None)
        }
    }

    /// Reads as many as are said to follow. What is left bounds how many that can be,
    /// whatever is said.
    pub(crate) fn many<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = usize::try_from(self.u32()?).ok()?;
        if count > self.rest.len() {
            return None;
        }
        (0..count).map(|_| read(self)).collect()
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let array = *self.rest.first_chunk()?;
        self.rest.advance(N);
        Some(array)
    }
}
