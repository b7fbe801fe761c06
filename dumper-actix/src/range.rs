//! The parts of a page that a request asks for (RFC 9110 §14).

use std::ops::Range;

/// More parts than these are not sent.
const MOST: usize = 16;

/// What a `Range` comes to for a body of some length.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ranges {
    /// The whole body, as if nothing had been asked.
    Ignored,
    /// Nothing: the body has none of it.
    Unsatisfiable,
    /// These parts, at least one and none of them empty: in the order in which
    /// they were asked for, those that overlap or touch made one.
    Parts(Vec<Range<usize>>),
}

/// Reads a `Range` (RFC 9110 §14.2).
///
/// It is ignored if it cannot be read, if its unit is another one than bytes, or
/// if it asks for very many parts, or for more bytes than there are.
pub(crate) fn ranges(value: &[u8], len: usize) -> Ranges {
    let Some(specs) = specs(value) else {
        return Ranges::Ignored;
    };
    let satisfiable: Vec<Range<usize>> = specs.iter().filter_map(|spec| spec.within(len)).collect();
    if satisfiable.is_empty() {
        return Ranges::Unsatisfiable;
    }
    let asked = satisfiable.iter().map(ExactSizeIterator::len);
    // `Content-Range` has no words for an empty part.
    if asked.clone().any(|len| len == 0) || asked.sum::<usize>() > len {
        return Ranges::Ignored;
    }
    Ranges::Parts(coalesced(satisfiable))
}

/// A `range-spec` (RFC 9110 §14.1.2); what is too large to count is very large.
#[derive(Clone, Copy, Debug)]
enum Spec {
    From(usize, Option<usize>),
    Last(usize),
}

impl Spec {
    /// The bytes that it means, if there are any of them.
    fn within(self, len: usize) -> Option<Range<usize>> {
        match self {
            Self::From(first, last) => {
                let end = last.map_or(len, |last| last.saturating_add(1).min(len));
                (first < len).then_some(first..end)
            }
            Self::Last(count) => (count > 0).then(|| len.saturating_sub(count)..len),
        }
    }

    fn read(text: &[u8]) -> Option<Self> {
        let dash = text.iter().position(|byte| *byte == b'-')?;
        let (first, last) = (text.get(..dash)?, text.get(dash + 1..)?);
        match (first.is_empty(), last.is_empty()) {
            (true, _) => Some(Self::Last(number(last)?)),
            (false, true) => Some(Self::From(number(first)?, None)),
            (false, false) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::From(first, Some(last)))
            }
        }
    }
}

fn specs(value: &[u8]) -> Option<Vec<Spec>> {
    const UNIT: usize = "bytes=".len();
    let unit = value.get(..UNIT)?;
    if !unit.eq_ignore_ascii_case(b"bytes=") {
        return None;
    }
    let list = value.get(UNIT..)?.split(|byte| *byte == b',');
    let list = list.map(<[u8]>::trim_ascii).filter(|spec| !spec.is_empty());
    let specs: Vec<Spec> = list.take(MOST + 1).map(Spec::read).collect::<Option<_>>()?;
    (1..=MOST).contains(&specs.len()).then_some(specs)
}

fn number(text: &[u8]) -> Option<usize> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = text.iter().map(|digit| usize::from(digit - b'0'));
    Some(digits.fold(0, |number: usize, digit| {
        number.saturating_mul(10).saturating_add(digit)
    }))
}

/// Makes one of those that overlap or touch, in the place of the first of them.
fn coalesced(ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        let touches = |part: &Range<usize>| part.start <= range.end && range.start <= part.end;
        let place = parts.iter().position(touches).unwrap_or(parts.len());
        let touching = parts.extract_if(.., |part| touches(part));
        let whole = touching.fold(range.clone(), |whole, part| {
            whole.start.min(part.start)..whole.end.max(part.end)
        });
        parts.insert(place, whole);
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_writes_them() {
        for (value, expected) in [
            ("bytes=0-4", &[(0_usize, 5_usize)] as &[_]),
            ("bytes=5-", &[(5, 10)]),
            ("bytes=-3", &[(7, 10)]),
            ("bytes=-30", &[(0, 10)]),
            ("bytes=8-99999999999999999999999", &[(8, 10)]),
            ("Bytes=0-0", &[(0, 1)]),
            ("bytes=0-1, 4-5,,\t8-9 ,", &[(0, 2), (4, 6), (8, 10)]),
            ("bytes=8-9,0-1", &[(8, 10), (0, 2)]),
            ("bytes=0-1,90-91", &[(0, 2)]),
            ("bytes=0-3,2-5", &[(0, 6)]),
            ("bytes=0-1,2-3", &[(0, 4)]),
            ("bytes=6-7,0-1,2-5", &[(0, 8)]),
            ("bytes=0-0,6-6,8-8,7-7", &[(0, 1), (6, 9)]),
        ] {
            let parts = expected.iter().map(|(start, end)| *start..*end);
            let expected = Ranges::Parts(parts.collect());
            assert_eq!(ranges(value.as_bytes(), 10), expected, "{value}");
        }
        for value in ["bytes=10-", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(
                ranges(value.as_bytes(), 10),
                Ranges::Unsatisfiable,
                "{value}"
            );
        }
    }

    #[test]
    fn what_is_no_range_is_ignored() {
        for value in [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "bytes=-",
            "bytes=a-b",
            "bytes=1",
            "bytes=1-0",
            "bytes=50-20",
            "bytes=0-1-2",
            "bytes=+1-2",
            "bytes=0 - 1",
            "bytes =0-1",
            "items=0-1",
            "bytes=0-1,x",
            "bytes=--1",
            "bytes=0-1;2-3",
            "bytes=0x0-0x1",
            "bytes=\u{ff10}-1",
        ] {
            assert_eq!(ranges(value.as_bytes(), 10), Ranges::Ignored, "{value}");
        }
    }

    #[test]
    fn too_many_ranges_and_too_many_bytes_are_ignored() {
        let of = |count: usize| {
            let specs: Vec<String> = (0..count).map(|at| format!("{0}-{0}", 2 * at)).collect();
            ranges(format!("bytes={}", specs.join(",")).as_bytes(), 1_000)
        };
        assert!(matches!(of(16), Ranges::Parts(parts) if parts.len() == 16));
        assert_eq!(of(17), Ranges::Ignored);
        for value in ["bytes=0-,0-", "bytes=0-5,2-9", "bytes=-10,-1"] {
            assert_eq!(ranges(value.as_bytes(), 10), Ranges::Ignored, "{value}");
        }
    }

    #[test]
    fn an_empty_body_has_no_part() {
        assert_eq!(ranges(b"bytes=0-", 0), Ranges::Unsatisfiable);
        assert_eq!(ranges(b"bytes=0-0", 0), Ranges::Unsatisfiable);
        // Satisfiable to the letter, but with nothing that could be told of it.
        assert_eq!(ranges(b"bytes=-1", 0), Ranges::Ignored);
        assert_eq!(ranges(b"bytes=-0", 0), Ranges::Unsatisfiable);
    }

    proptest! {
        #[test]
        fn any_bytes_make_no_panic(value: Vec<u8>, len: usize) {
            ranges(&value, len);
            ranges(&[b"bytes=", value.as_slice()].concat(), len);
        }

        /// The naive way: byte by byte.
        #[test]
        fn parts_are_what_was_asked_for(
            specs in prop::collection::vec((0..40_usize, prop::option::of(0..40_usize), any::<bool>()), 1..20),
            len in 0..40_usize,
        ) {
            let written: Vec<String> = specs
                .iter()
                .map(|(first, more, is_last)| match (more, is_last) {
                    (_, true) => format!("-{first}"),
                    (None, false) => format!("{first}-"),
                    (Some(more), false) => format!("{first}-{}", first + more),
                })
                .collect();
            let wanted = |byte: usize| {
                specs.iter().any(|(first, more, is_last)| match (more, is_last) {
                    (_, true) => byte + first >= len,
                    (None, false) => byte >= *first,
                    (Some(more), false) => (*first..=first + more).contains(&byte),
                })
            };
            let wanted: Vec<usize> = (0..len).filter(|byte| wanted(*byte)).collect();
            match ranges(format!("bytes={}", written.join(", ")).as_bytes(), len) {
                Ranges::Ignored => {}
                Ranges::Unsatisfiable => prop_assert!(wanted.is_empty()),
                Ranges::Parts(parts) => {
                    for (at, part) in parts.iter().enumerate() {
                        prop_assert!(part.start < part.end && part.end <= len);
                        let apart = |other: &Range<usize>| other.end < part.start || part.end < other.start;
                        prop_assert!(parts.iter().enumerate().all(|(other_at, other)| other_at == at || apart(other)));
                    }
                    let mut sent: Vec<usize> = parts.into_iter().flatten().collect();
                    sent.sort_unstable();
                    prop_assert_eq!(sent, wanted);
                }
            }
        }
    }
}
