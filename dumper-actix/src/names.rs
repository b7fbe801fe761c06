//! Names, and beginnings of names.

/// A set of names, of which some stand for all that begin so: those that end in `*`.
///
/// It is asked for each header field and cookie of a request, and most of these are
/// not in it, which their first letters tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// In order.
    whole: Vec<Box<str>>,
    beginnings: Vec<Box<str>>,
    /// The first bytes of all of them, a bit for each by its lower seven bits.
    firsts: u128,
}

impl Names {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.firsts & first_of(name) != 0
            && (self.has_whole(name) || self.beginnings.iter().any(|it| name.starts_with(&**it)))
    }

    /// Whether a name is in it by itself.
    pub(crate) fn has_whole(&self, name: &str) -> bool {
        self.whole.binary_search_by(|it| (**it).cmp(name)).is_ok()
    }
}

impl<S: AsRef<str>> Extend<S> for Names {
    fn extend<I: IntoIterator<Item = S>>(&mut self, patterns: I) {
        for pattern in patterns {
            let pattern = pattern.as_ref();
            self.firsts |= match pattern {
                "*" => u128::MAX,
                _ => first_of(pattern),
            };
            match pattern.strip_suffix('*') {
                Some(beginning) => self.beginnings.push(beginning.into()),
                None => self.whole.push(pattern.into()),
            }
        }
        self.whole.sort_unstable();
    }
}

impl<S: AsRef<str>> FromIterator<S> for Names {
    fn from_iter<I: IntoIterator<Item = S>>(patterns: I) -> Self {
        let mut names = Self::default();
        names.extend(patterns);
        names
    }
}

/// A name without letters begins with none.
fn first_of(name: &str) -> u128 {
    let first = name.as_bytes().first();
    1 << (first.copied().unwrap_or_default() & 0x7f)
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn a_star_alone_stands_for_all() {
        let all: Names = ["*"].into_iter().collect();
        assert!(all.has("") && all.has("id") && all.has("été"));
        assert!(!Names::default().has(""));
        assert!(!Names::default().has("id"));
    }
}
