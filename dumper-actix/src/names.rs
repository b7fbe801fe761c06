//! Names, and beginnings of names.

/// A set of names, of which some stand for all that begin so: those that end in `*`.
///
/// It is asked for each cookie and parameter of a request, and for some header fields;
/// most are not in it, which their outlines tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// In order.
    whole: Vec<Box<str>>,
    /// In order, and none begins with another.
    beginnings: Vec<Box<str>>,
    outlines: Outlines,
}

impl Names {
    #[inline]
    pub(crate) fn has(&self, name: &str) -> bool {
        self.outlines.have(name) && (self.has_whole(name) || self.has_beginning_of(name))
    }

    /// Whether a name is in it by itself.
    pub(crate) fn has_whole(&self, name: &str) -> bool {
        self.whole.binary_search_by(|it| (**it).cmp(name)).is_ok()
    }

    /// Only the last of those before a name can be its beginning: what stands between a
    /// beginning and a name begins with that, too.
    fn has_beginning_of(&self, name: &str) -> bool {
        let after = self.beginnings.partition_point(|it| **it <= *name);
        let before = self.beginnings[..after].last();
        before.is_some_and(|beginning| name.starts_with(&**beginning))
    }

    pub(crate) fn outlines(&self) -> &Outlines {
        &self.outlines
    }
}

impl<S: AsRef<str>> Extend<S> for Names {
    fn extend<I: IntoIterator<Item = S>>(&mut self, patterns: I) {
        for pattern in patterns {
            let pattern = pattern.as_ref();
            match pattern.strip_suffix('*') {
                Some(beginning) => {
                    self.outlines.add_beginning(beginning);
                    self.beginnings.push(beginning.into());
                }
                None => {
                    self.outlines.add(pattern);
                    self.whole.push(pattern.into());
                }
            }
        }
        self.whole.sort_unstable();
        self.beginnings.sort_unstable();
        self.beginnings
            .dedup_by(|later, earlier| later.starts_with(&**earlier));
    }
}

impl<S: AsRef<str>> FromIterator<S> for Names {
    fn from_iter<I: IntoIterator<Item = S>>(patterns: I) -> Self {
        let mut names = Self::default();
        names.extend(patterns);
        names
    }
}

/// The lengths of names, with their first letters: what has none of these outlines is
/// none of the names.
///
/// For each length, as long as it is below the last, there is a bit for each letter, by
/// the lower five bits of its first byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outlines([u32; 32]);

impl Outlines {
    #[inline]
    pub(crate) fn have(&self, name: &str) -> bool {
        self.0[length_of(name)] & first_of(name) != 0
    }

    fn add(&mut self, name: &str) {
        self.0[length_of(name)] |= first_of(name);
    }

    fn add_beginning(&mut self, beginning: &str) {
        let first = match beginning {
            "" => u32::MAX,
            _ => first_of(beginning),
        };
        for letters in &mut self.0[length_of(beginning)..] {
            *letters |= first;
        }
    }
}

impl<'a> FromIterator<&'a Self> for Outlines {
    fn from_iter<I: IntoIterator<Item = &'a Self>>(all: I) -> Self {
        let mut joined = Self::default();
        for Self(lengths) in all {
            for (letters, more) in joined.0.iter_mut().zip(lengths) {
                *letters |= more;
            }
        }
        joined
    }
}

fn length_of(name: &str) -> usize {
    name.len().min(31)
}

/// A name without letters begins with none.
fn first_of(name: &str) -> u32 {
    let first = name.as_bytes().first();
    1 << (first.copied().unwrap_or_default() & 0x1f)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_star_stands_for_any_ending() {
        let names: Names = ["sess*", "id", "a", "", "é*"].into_iter().collect();
        for (name, is) in [
            ("id", true),
            ("ids", false),
            ("i", false),
            ("sess", true),
            ("session", true),
            ("ses", false),
            ("a", true),
            ("", true),
            ("état", true),
            ("C", false),
        ] {
            assert_eq!(names.has(name), is, "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_among_those_that_it_is_or_that_it_begins_with(
            patterns in prop::collection::vec("[ab]{0,3}[*]?", 0..8),
            name in "[abc]{0,4}",
        ) {
            let has = patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(beginning) => name.starts_with(beginning),
                None => name == *pattern,
            });
            prop_assert_eq!(patterns.iter().collect::<Names>().has(&name), has);
            let (first, second) = patterns.split_at(patterns.len() / 2);
            let mut names: Names = first.iter().collect();
            names.extend(second);
            prop_assert_eq!(names.has(&name), has);
        }
    }

    #[test]
    fn names_of_any_length_are_told_apart() {
        for length in [1, 5, 30, 31, 32, 40, 1000] {
            let name = "a".repeat(length);
            let whole: Names = [&name].into_iter().collect();
            let beginning: Names = [format!("{name}*")].into_iter().collect();
            for other in [length - 1, length, length + 1, length + 100] {
                let other = "a".repeat(other);
                assert_eq!(whole.has(&other), other == name, "{length} {other}");
                assert_eq!(
                    beginning.has(&other),
                    other.len() >= length,
                    "{length} {other}"
                );
            }
        }
    }

    #[test]
    fn a_star_alone_stands_for_all() {
        let all: Names = ["*"].into_iter().collect();
        assert!(all.has("") && all.has("id") && all.has("été"));
        assert!(!Names::default().has(""));
        assert!(!Names::default().has("id"));
    }
}
