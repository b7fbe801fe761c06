//! What a response tells caches, word by word (RFC 9111 §5.2.2).

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, HeaderMap};

use crate::fields::{delta_seconds, members, token, unquoted};
use crate::freshness::Lifetime;

/// The directives of `Cache-Control`, or of a field that stands for it, by their
/// names in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Directives(Vec<(String, Argument)>);

/// What a directive is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    None,
    Seconds(Duration),
    /// That it does not apply, which only a structured field can say.
    False,
    Other,
}

impl Directives {
    /// The directives of all lines of `Cache-Control`, or `None` if they cannot be
    /// read.
    pub(crate) fn of_cache_control(headers: &HeaderMap) -> Option<Self> {
        let mut directives = Self::default();
        for line in headers.get_all(CACHE_CONTROL) {
            for member in members(line.to_str().ok()?)? {
                let (name, argument) = match member.split_once('=') {
                    Some((name, argument)) => (name, Some(unquoted(argument)?)),
                    None => (member.as_str(), None),
                };
                let argument = argument.map_or(Argument::None, |argument| {
                    delta_seconds(argument.as_bytes()).map_or(Argument::Other, Argument::Seconds)
                });
                directives.0.push((token(name)?, argument));
            }
        }
        Some(directives)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Argument)> {
        self.0
            .iter()
            .map(|(name, argument)| (name.as_str(), *argument))
    }

    /// The directive that keeps a response out of a shared cache that understands
    /// its status.
    pub(crate) fn forbidding(&self) -> Option<&'static str> {
        // RFC 9111 §5.2.2.3.
        let understood = self
            .arguments("must-understand")
            .any(|given| given == Argument::None);
        let mut forbidding = ["no-store", "private", "no-cache"].into_iter();
        forbidding.find(|name| self.says(name) && !(*name == "no-store" && understood))
    }

    /// Whether the content is to be sent as it is (RFC 9111 §5.2.2.6).
    pub(crate) fn no_transform(&self) -> bool {
        self.says("no-transform")
    }

    fn says(&self, name: &str) -> bool {
        self.arguments(name).any(|given| given != Argument::False)
    }

    /// How long a shared cache may use a response (RFC 9111 §4.2.1).
    pub(crate) fn lifetime(&self) -> Lifetime {
        match self.seconds("s-maxage") {
            Lifetime::Unsaid => self.seconds("max-age"),
            said => said,
        }
    }

    fn seconds(&self, name: &str) -> Lifetime {
        let mut arguments = self.arguments(name);
        match arguments.next() {
            None => Lifetime::Unsaid,
            Some(Argument::Seconds(lifetime))
                if arguments.all(|other| other == Argument::Seconds(lifetime)) =>
            {
                Lifetime::Is(lifetime)
            }
            Some(_) => Lifetime::Unclear,
        }
    }

    fn arguments(&self, name: &str) -> impl Iterator<Item = Argument> {
        let named = self.0.iter().filter(move |(known, _)| known == name);
        named.map(|(_, argument)| *argument)
    }
}

impl FromIterator<(String, Argument)> for Directives {
    fn from_iter<I: IntoIterator<Item = (String, Argument)>>(directives: I) -> Self {
        Self(directives.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn lines<'a>(lines: impl IntoIterator<Item = &'a str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(CACHE_CONTROL, HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    fn read(line: &str) -> Option<Directives> {
        Directives::of_cache_control(&lines([line]))
    }

    #[test]
    fn the_most_specific_lifetime_counts_if_it_is_clear() {
        use Lifetime::{Unclear, Unsaid};
        let seconds = |seconds| Lifetime::Is(Duration::from_secs(seconds));
        for (line, lifetime) in [
            ("", Unsaid),
            ("public", Unsaid),
            ("x-max-age=60, max-agex=60", Unsaid),
            ("max-age=60", seconds(60)),
            ("MAX-Age=60", seconds(60)),
            ("max-age=\"60\"", seconds(60)),
            ("max-age=0060", seconds(60)),
            ("max-age=60, max-age=60", seconds(60)),
            ("max-age=60, max-age=\"060\"", seconds(60)),
            ("max-age=2147483648", seconds(1 << 31)),
            ("max-age=99999999999999999999999", seconds(1 << 31)),
            ("max-age=60, s-maxage=10, max-age=30", seconds(10)),
            ("max-age=60, max-age=30", Unclear),
            ("s-maxage=60, max-age=30, s-maxage=30", Unclear),
            ("s-maxage=x, max-age=60", Unclear),
            ("max-age=60, max-age", Unclear),
            ("max-age", Unclear),
            ("max-age=\"\"", Unclear),
            ("max-age=-1", Unclear),
            ("max-age=+1", Unclear),
            ("max-age=1.5", Unclear),
            ("max-age=60s", Unclear),
            ("max-age='60'", Unclear),
            ("max-age=\" 60\"", Unclear),
        ] {
            assert_eq!(read(line).unwrap().lifetime(), lifetime, "{line}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for line in [
            "max-age=\"60",
            "max-age=6 0",
            "max-age=",
            "max-age =60",
            "max-age= 60",
            "max-age=60;public",
            "max age",
            "=1",
            "a=\"b\"c",
            "a=b=c",
            "\"no-store\"",
            "a=\"\\",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    /// One member of the list, that says nothing of whether it may be stored.
    fn harmless() -> impl Strategy<Value = String> {
        prop_oneof![
            Just(String::new()),
            Just(" \t ".to_owned()),
            Just("max-age=60".to_owned()),
            "x-[a-z]{1,9}",
            "x-[a-z]{1,9}=[a-z0-9'!~]{1,9}",
            "x-[a-z]{1,9}=\"([ -!#-\\[\\]-~]|\\\\[ -~]){0,12}\"",
        ]
    }

    proptest! {
        #[test]
        fn no_bytes_cause_a_panic(bytes: Vec<u8>, text in "[-a-z,=\"\\\\ ]{0,40}") {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                if let Ok(value) = HeaderValue::from_bytes(bytes) {
                    let mut headers = HeaderMap::new();
                    headers.append(CACHE_CONTROL, value);
                    Directives::of_cache_control(&headers);
                }
            }
        }

        #[test]
        fn no_store_is_never_missed(
            before in prop::collection::vec(harmless(), 0..4),
            no_store in "[ \t]?[nN][oO]-[sS][tT][oO][rR][eE][ \t]?",
            after in prop::collection::vec(harmless(), 0..4),
        ) {
            let rest = [before.as_slice(), &after].concat().join(",");
            prop_assert_eq!(read(&rest).unwrap().forbidding(), None);
            let line = [before, vec![no_store], after].concat().join(",");
            prop_assert_eq!(read(&line).unwrap().forbidding(), Some("no-store"));
        }

        #[test]
        fn no_store_is_never_missed_among_anything(
            before in "[-a-z,= \\\\]{0,20}",
            after in "[-a-z,= \"\\\\]{0,20}",
        ) {
            let forbidding = read(&format!("{before},no-store,{after}"));
            prop_assert!(forbidding.is_none_or(|said| said.forbidding().is_some()));
        }

        #[test]
        fn lines_are_one_list(members in prop::collection::vec(harmless(), 0..6), at in 0..6_usize) {
            let (first, second) = members.split_at(at.min(members.len()));
            let (first, second) = (first.join(","), second.join(" ,"));
            let split = lines([first.as_str(), second.as_str()]);
            let split = Directives::of_cache_control(&split);
            prop_assert!(split.is_some());
            prop_assert_eq!(split, read(&format!("{first}, {second}")));
        }
    }
}
