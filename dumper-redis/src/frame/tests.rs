//! Frames, as they are written and read.

use dumper::Headers;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::hex::{hex, unhex};
use crate::stamp::Pair;

const IDENTITY: &[u8] = b"key";

/// All that a page has, as it can be compared.
type Parts = (
    u16,
    Vec<(String, Vec<u8>)>,
    Vec<u8>,
    Vec<(String, Option<Vec<u8>>)>,
    [Option<u64>; 3],
);

fn made(parts: &Parts) -> Page {
    let (status, headers, body, vary, [created, made, stale]) = parts.clone();
    let headers = headers
        .into_iter()
        .map(|(name, value)| (name, Bytes::from(value)));
    let moment = |millis: Option<u64>| moment(millis.unwrap()).unwrap();
    Page::new(status, headers.collect::<Headers>(), body.into())
        .vary(vary)
        .restore(Times {
            created: moment(created),
            made: moment(made),
            stale: stale.map(|stale| moment(Some(stale))),
        })
}

/// Its moments are read by two clocks: they are right to a few milliseconds.
fn assert_same(page: &Page, parts: &Parts) {
    let (status, headers, body, vary, [created, made, stale]) = parts;
    assert_eq!(page.status(), *status);
    let known = page.headers().iter();
    let known: Vec<_> = known
        .map(|(name, value)| (name.to_owned(), value.to_vec()))
        .collect();
    assert_eq!(&known, headers);
    assert_eq!(page.body(), body);
    assert_eq!(page.selected_by(), vary);
    let times = page.times();
    assert_eq!(times.created, moment(created.unwrap()).unwrap());
    let is_near = |one: SystemTime, other: u64| millis(one).abs_diff(other) < 2000;
    assert!(is_near(times.made, made.unwrap()), "{times:?}");
    assert_eq!(times.stale.is_some(), stale.is_some());
    for (one, other) in times.stale.iter().zip(stale) {
        assert!(is_near(*one, *other), "{times:?}");
    }
}

fn pairs(pairs: Vec<(String, Option<Vec<u8>>)>) -> Vec<Pair> {
    let pairs = pairs.into_iter().map(|(id, generation)| Pair {
        id,
        generation: generation.map(Bytes::from),
    });
    pairs.collect()
}

fn generations() -> Generations {
    Generations {
        base: Bytes::from_static(b"base"),
        pairs: pairs(vec![("t1".to_owned(), Some(b"1:f".to_vec()))]),
    }
}

/// A page of everything, its times long ago and far ahead.
fn example() -> Parts {
    let now = millis(SystemTime::now());
    (
        203,
        vec![
            ("link".to_owned(), b"b".to_vec()),
            ("link".to_owned(), b"caf\xe9".to_vec()),
        ],
        b"<p>Vanilla".to_vec(),
        vec![
            ("accept".to_owned(), Some(b"x".to_vec())),
            ("dnt".to_owned(), None),
        ],
        [Some(now - 70_000), Some(now - 60_000), Some(now + 60_000)],
    )
}

fn with_body(body: Vec<u8>) -> Parts {
    let mut parts = example();
    parts.2 = body;
    parts
}

fn frame(compress: bool, parts: &Parts) -> Bytes {
    let page = made(parts);
    let frame = encode(1, IDENTITY, &page, &generations(), compress);
    frame.unwrap().into()
}

#[test]
fn a_frame_of_version_1_is_read_as_it_was_once_written() {
    let golden = GOLDEN_1.replace([' ', '\n'], "");
    let frame = Bytes::from(unhex(golden.as_bytes()).unwrap());
    let record = decode(1, IDENTITY, frame.clone()).expect("it is read");
    assert_eq!(record.generations, generations());
    let page = record.page;
    assert_eq!(page.status(), 203);
    let (_, headers, body, vary, _) = example();
    assert_eq!(page.headers().iter().count(), headers.len());
    assert_eq!(page.headers().get("link").unwrap(), headers[0].1);
    assert_eq!(page.body(), &body);
    assert_eq!(page.selected_by(), vary);
    assert_eq!(page.left(), Some(Duration::ZERO));
    assert_eq!(page.created(), moment(1_700_000_000_000).unwrap());
    assert!(decode(2, IDENTITY, frame.clone()).is_none());
    assert!(decode(1, b"kez", frame).is_none());
}

#[test]
fn a_frame_says_whether_its_page_may_be_transformed() {
    for may_be in [true, false] {
        let page = made(&example()).no_transform(!may_be);
        let frame = encode(1, IDENTITY, &page, &generations(), false).unwrap();
        let record = decode(1, IDENTITY, frame.into()).unwrap();
        assert_eq!(record.page.may_be_transformed(), may_be);
    }
}

#[test]
fn a_frame_is_written_as_version_1_says() {
    let (status, headers, body, vary, _) = example();
    let headers = headers
        .into_iter()
        .map(|(name, value)| (name, Bytes::from(value)));
    // What has no end has two moments, of which only the first is kept exactly.
    let page = Page::new(status, headers.collect::<Headers>(), body.into()).vary(vary);
    let written = encode(1, IDENTITY, &page, &generations(), true).unwrap();
    let golden = GOLDEN_1.replace([' ', '\n'], "");
    let golden = unhex(golden.as_bytes()).unwrap();
    // The magic bytes and the version; between the flags with their moments and
    // the checksum, all is the same.
    assert_eq!(written[..3], golden[..3]);
    let (no_end, end) = (22, 30);
    assert_eq!(
        hex(&written[no_end..written.len() - CHECKSUM]),
        hex(&golden[end..golden.len() - CHECKSUM])
    );
}

#[test]
fn every_bit_counts() {
    for parts in [example(), with_body(b"vanilla ".repeat(300))] {
        let frame = frame(true, &parts);
        assert!(decode(1, IDENTITY, frame.clone()).is_some());
        for bit in 0..frame.len() * 8 {
            let mut flipped = frame.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(1, IDENTITY, flipped.into()).is_none(), "bit {bit}");
        }
        for length in 0..frame.len() {
            assert!(decode(1, IDENTITY, frame.slice(..length)).is_none());
        }
        let longer = [frame.as_ref(), b"\0"].concat();
        assert!(decode(1, IDENTITY, longer.into()).is_none());
    }
}

#[test]
fn a_body_is_compressed_where_that_pays() {
    let long = |compress, body: &[u8]| frame(compress, &with_body(body.to_vec())).len();
    let repeated = b"vanilla ".repeat(1000);
    assert!(long(true, &repeated) < 1000);
    assert!(long(false, &repeated) > 8000);
    let short = &repeated[..LEAST_COMPRESSED - 1];
    let large = b"vanilla ".repeat(MOST_COMPRESSED / 8 + 1);
    for body in [short, &large] {
        assert_eq!(long(true, body), long(false, body));
    }
    let mixed: Vec<u8> = (0..8000).map(|_| fastrand::u8(..)).collect();
    assert_eq!(long(true, &mixed), long(false, &mixed));
    for compress in [true, false] {
        let parts = with_body(repeated.clone());
        let frame = frame(compress, &parts);
        assert_same(&decode(1, IDENTITY, frame).unwrap().page, &parts);
    }
}

#[test]
fn the_body_is_not_copied() {
    let frame = frame(false, &example());
    let page = decode(1, IDENTITY, frame.clone()).unwrap().page;
    let range = frame.as_ptr_range();
    assert!(range.contains(&page.body().as_ptr()));
}

#[test]
fn a_body_that_says_it_is_longer_than_any_takes_no_memory() {
    let frame = frame(true, &with_body(b"vanilla ".repeat(1000)));
    let length = 8000_u64.to_be_bytes();
    let at = frame.windows(8).rposition(|bytes| bytes == length).unwrap();
    for said in [0, 7999, 8001, LONGEST_BODY, u64::MAX] {
        let mut lying = frame[..frame.len() - CHECKSUM].to_vec();
        lying[at..at + 8].copy_from_slice(&said.to_be_bytes());
        lying.extend(crc32fast::hash(&lying).to_be_bytes());
        assert!(decode(1, IDENTITY, lying.into()).is_none(), "{said}");
    }
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..most)
}

fn parts() -> impl Strategy<Value = Parts> {
    let now = millis(SystemTime::now());
    let moment = move || now - 1_000_000..now + 1_000_000;
    (
        any::<u16>(),
        vec((".{0,8}", bytes(40)), 0..6),
        prop_oneof![bytes(100), bytes(100).prop_map(|body| body.repeat(60))],
        vec((".{0,8}", option::of(bytes(20))), 0..4),
        (moment(), moment(), option::of(moment()))
            .prop_map(move |(created, made, stale)| [Some(created), Some(made.min(now)), stale]),
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        parts in parts(),
        base in bytes(80),
        ids in vec(("[te][0-9a-f]{4}", option::of(bytes(20))), 0..4),
        identity in bytes(40),
        compress: bool,
    ) {
        let generations = Generations { base: base.into(), pairs: pairs(ids) };
        let frame = encode(1, &identity, &made(&parts), &generations, compress).unwrap();
        let record = decode(1, &identity, frame.into()).unwrap();
        prop_assert_eq!(record.generations, generations);
        assert_same(&record.page, &parts);
    }

    #[test]
    fn any_bytes_are_a_miss(bytes in bytes(400)) {
        prop_assert!(decode(1, IDENTITY, bytes.clone().into()).is_none());
        // Past the checksum as well.
        let mut frame = b"DP\x01\x00".to_vec();
        frame.extend(bytes);
        frame.extend(crc32fast::hash(&frame).to_be_bytes());
        let _ = decode(1, IDENTITY, frame.into());
    }

    #[test]
    fn a_changed_frame_with_a_right_checksum_is_no_panic(at in 0_usize..200, byte: u8) {
        let mut changed = frame(true, &example()).to_vec();
        changed.truncate(changed.len() - CHECKSUM);
        let at = at % changed.len();
        changed[at] = byte;
        changed.extend(crc32fast::hash(&changed).to_be_bytes());
        let _ = decode(1, IDENTITY, changed.into());
    }
}

/// The page above, of other times.
const GOLDEN_1: &str = "
    4450010100cb0000018bcfe568000000018bcfe56be80000018bcfe652600000
    000462617365000000010000000274310100000003313a66000000036b657900
    0000020000000661636365707401000000017800000003646e74000000000200
    0000046c696e6b0000000162000000046c696e6b00000004636166e900000000
    0000000a0000000a3c703e56616e696c6c61
    a54b2c46
";
