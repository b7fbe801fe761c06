//! A page as it is kept in Redis.
//!
//! ```text
//! "DP"  version  flags  status(16)  created(64)  made(64)  [stale(64)]
//! generations  identity of the key  headers that select  headers
//! length of the body as it is(64)  body  CRC-32(32) of all before
//! ```
//!
//! Another version, flag, checksum, length or key is a miss.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use dumper::{Page, Times};

use crate::stamp::Generations;
use crate::wire::{Reader, write_count, write_long, write_option};

/// A page, and the generations that it was rendered under.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) page: Page,
    pub(crate) generations: Generations,
}

const MAGIC: &[u8] = b"DP";
const CHECKSUM: usize = 4;

const HAS_END: u8 = 1;
const IS_COMPRESSED: u8 = 2;
const NO_TRANSFORM: u8 = 4;

/// Smaller bodies gain less than their round trip varies.
const LEAST_COMPRESSED: usize = 2 << 10;
/// Larger bodies would keep the thread that serves others from them for too long.
const MOST_COMPRESSED: usize = 1 << 20;
/// The fastest level: others cost more time than they save in the network.
const LEVEL: i32 = 1;
/// What a compressed body may say it is, so that none takes all memory.
const LONGEST_BODY: u64 = 256 << 20;

/// Writes a page. `None` if it is longer than is read again.
///
/// Compression happens in place: 16 KiB take about 50 us, and the most that is
/// compressed 3 ms.
pub(crate) fn encode(
    version: u8,
    identity: &[u8],
    page: &Page,
    generations: &Generations,
    compress: bool,
) -> Option<Vec<u8>> {
    let body = page.body();
    if body.len() as u64 > LONGEST_BODY {
        return None;
    }
    let compressed = compress.then(|| compressed(body)).flatten();
    let times = page.times();
    let mut out = Vec::with_capacity(compressed.as_ref().map_or(body.len(), Vec::len) + 1024);
    out.extend(MAGIC);
    out.push(version);
    out.push(
        HAS_END * u8::from(times.stale.is_some())
            + IS_COMPRESSED * u8::from(compressed.is_some())
            + NO_TRANSFORM * u8::from(!page.may_be_transformed()),
    );
    out.extend(page.status().to_be_bytes());
    for moment in [Some(times.created), Some(times.made), times.stale] {
        out.extend(
            moment
                .map(millis)
                .map(u64::to_be_bytes)
                .into_iter()
                .flatten(),
        );
    }
    generations.write(&mut out);
    write_long(&mut out, identity);
    write_count(&mut out, page.selected_by().len());
    for (name, value) in page.selected_by() {
        write_long(&mut out, name.as_bytes());
        write_option(&mut out, value.as_deref());
    }
    write_count(&mut out, page.headers().iter().count());
    for (name, value) in page.headers().iter() {
        write_long(&mut out, name.as_bytes());
        write_long(&mut out, value);
    }
    out.extend((body.len() as u64).to_be_bytes());
    write_long(&mut out, compressed.as_deref().unwrap_or(body));
    let checksum = crc32fast::hash(&out);
    out.extend(checksum.to_be_bytes());
    Some(out)
}

/// Reads the page of a key; its body shares the bytes of the frame.
///
/// Decompression happens in place: 16 KiB take about 15 us, the most 1 ms.
pub(crate) fn decode(version: u8, identity: &[u8], frame: Bytes) -> Option<Record> {
    let mut from = Reader::new(checked(frame)?);
    if from.take(MAGIC.len())? != MAGIC || from.byte()? != version {
        return None;
    }
    let flags = from.byte()?;
    if flags & !(HAS_END | IS_COMPRESSED | NO_TRANSFORM) != 0 {
        return None;
    }
    let status = from.u16()?;
    let times = Times {
        created: moment(from.u64()?)?,
        made: moment(from.u64()?)?,
        stale: match flags & HAS_END {
            0 => None,
            _ => Some(moment(from.u64()?)?),
        },
    };
    let generations = Generations::read(&mut from)?;
    if from.long()? != identity {
        return None;
    }
    let vary = from.many(|from| {
        let name = from.text()?;
        Some((name, from.option()?.map(|value| value.to_vec())))
    })?;
    let headers = from.many(|from| Some((from.text()?, from.long()?)))?;
    let length = from.u64()?;
    let stored = from.long()?;
    let body = match flags & IS_COMPRESSED {
        0 => stored,
        _ => decompressed(&stored, length)?,
    };
    let is_whole = from.is_at_end() && body.len() as u64 == length;
    is_whole.then(|| Record {
        page: Page::new(status, headers, body)
            .vary(vary)
            .restore(times)
            .no_transform(flags & NO_TRANSFORM != 0),
        generations,
    })
}

/// What is before the checksum, if that is right.
fn checked(mut frame: Bytes) -> Option<Bytes> {
    let end = frame.len().checked_sub(CHECKSUM)?;
    let checksum = frame.split_off(end);
    (crc32fast::hash(&frame).to_be_bytes() == *checksum).then_some(frame)
}

/// The body, if it is worth it: a sixteenth at the least must be saved.
fn compressed(body: &[u8]) -> Option<Vec<u8>> {
    if !(LEAST_COMPRESSED..=MOST_COMPRESSED).contains(&body.len()) {
        return None;
    }
    let compressed = zstd::bulk::compress(body, LEVEL).ok()?;
    (compressed.len() <= body.len() - body.len() / 16).then_some(compressed)
}

fn decompressed(stored: &[u8], length: u64) -> Option<Bytes> {
    let capacity = usize::try_from(length.min(LONGEST_BODY)).ok()?;
    zstd::bulk::decompress(stored, capacity)
        .ok()
        .map(Bytes::from)
}

fn millis(moment: SystemTime) -> u64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn moment(millis: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests;
