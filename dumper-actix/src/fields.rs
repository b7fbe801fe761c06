//! What header fields are made of: lists, tokens, quoted strings, seconds.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName};

/// What a time that is too long counts as (RFC 9111 §1.2.2).
pub(crate) const LONGEST: Duration = Duration::from_secs(1 << 31);

/// Request fields whose values mean the same in upper and lower case.
const CASELESS: [&str; 3] = ["accept-charset", "accept-encoding", "accept-language"];

/// The members of a list whose members are tokens, in lower case, or `None` if
/// they cannot be read.
pub(crate) fn tokens(headers: &HeaderMap, field: &HeaderName) -> Option<Vec<String>> {
    let mut tokens = Vec::new();
    for line in headers.get_all(field) {
        for member in members(line.to_str().ok()?)? {
            tokens.push(token(&member)?);
        }
    }
    Some(tokens)
}

/// Splits a list at the commas outside quotes (RFC 9110 §5.6.1), or returns `None`
/// if a quote has no end.
pub(crate) fn members(list: &str) -> Option<Vec<String>> {
    let mut members = vec![String::new()];
    let mut quoted = false;
    let mut letters = list.chars();
    while let Some(letter) = letters.next() {
        if letter == ',' && !quoted {
            members.push(String::new());
            continue;
        }
        let member = members.last_mut()?;
        member.push(letter);
        match letter {
            '"' => quoted = !quoted,
            '\\' if quoted => member.push(letters.next()?),
            _ => {}
        }
    }
    if quoted {
        return None;
    }
    let members = members
        .iter()
        .map(|member| member.trim_matches([' ', '\t']));
    let members = members.filter(|member| !member.is_empty());
    Some(members.map(ToOwned::to_owned).collect())
}

/// A token in lower case, or `None` if the text is none.
pub(crate) fn token(text: &str) -> Option<String> {
    is_token(text).then(|| text.to_ascii_lowercase())
}

/// The text of a token or a quoted string (RFC 9110 §5.6.4).
pub(crate) fn unquoted(argument: &str) -> Option<String> {
    let Some(quoted) = argument.strip_prefix('"') else {
        return is_token(argument).then(|| argument.to_owned());
    };
    let mut text = String::new();
    let mut letters = quoted.chars();
    loop {
        match letters.next()? {
            '"' => return letters.next().is_none().then_some(text),
            '\\' => text.push(letters.next()?),
            letter => text.push(letter),
        }
    }
}

/// A number of seconds (RFC 9111 §1.2.2), or `None` if there is anything but
/// digits.
pub(crate) fn delta_seconds(text: &[u8]) -> Option<Duration> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let seconds = std::str::from_utf8(text).ok().filter(|_| digits)?.parse();
    Some(seconds.map_or(LONGEST, |seconds| Duration::from_secs(seconds).min(LONGEST)))
}

/// The value of a request field in the form in which those that mean the same are
/// equal (RFC 9111 §4.1); what is not known to mean the same is left as it is.
pub(crate) fn normalized<'v>(name: &str, value: Cow<'v, [u8]>) -> Cow<'v, [u8]> {
    let caseless = CASELESS.contains(&name);
    if !caseless && name != "accept" || value.contains(&b'"') {
        return value;
    }
    if is_normal(&value, caseless) {
        return value;
    }
    let mut normal = Vec::with_capacity(value.len());
    for part in value.split_inclusive(|byte| is_delimiter(*byte)) {
        let (part, end) = match part.split_last() {
            Some((end, part)) if is_delimiter(*end) => (part, Some(*end)),
            _ => (part, None),
        };
        normal.extend_from_slice(part.trim_ascii());
        normal.extend(end);
    }
    if caseless {
        normal.make_ascii_lowercase();
        for part in normal.split_mut(|byte| is_delimiter(*byte)) {
            let subtags = part.split_mut(|byte| *byte == b'-').enumerate();
            let regions = subtags.filter(|(place, subtag)| is_region(*place, subtag));
            regions.for_each(|(_, region)| region.make_ascii_uppercase());
        }
    }
    normal.into()
}

/// Whether there is no space around the parts of a value, and all is in lower case but
/// regions, as in `en-US`: so browsers send it, which is then compared as it is.
fn is_normal(value: &[u8], caseless: bool) -> bool {
    value.split(|byte| is_delimiter(*byte)).all(|part| {
        let mut subtags = part.split(|byte| *byte == b'-').enumerate();
        let is_in_case = !caseless
            || subtags.all(|(place, subtag)| {
                let is_wrong = if is_region(place, subtag) {
                    u8::is_ascii_lowercase
                } else {
                    u8::is_ascii_uppercase
                };
                !subtag.iter().any(is_wrong)
            });
        is_in_case && part.trim_ascii().len() == part.len()
    })
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b',' | b';')
}

fn is_region(place: usize, subtag: &[u8]) -> bool {
    place > 0 && subtag.len() == 2
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    let of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(of_token)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderValue, VARY};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_is_split_outside_quotes() {
        for (list, expected) in [
            ("", &[][..]),
            (" ,\t, ", &[]),
            ("a,b", &["a", "b"]),
            (" a b ,\tc\t", &["a b", "c"]),
            ("a=\"b, c\", d", &["a=\"b, c\"", "d"]),
            (r#"a="\",b", c"#, &[r#"a="\",b""#, "c"]),
            (r#"a="\\", b"#, &[r#"a="\\""#, "b"]),
            (r"a\,b", &[r"a\", "b"]),
        ] {
            assert_eq!(members(list).unwrap(), expected, "{list}");
        }
        for list in ["\"", "a=\"b", r#"a="\""#, r#"a="\"#] {
            assert_eq!(members(list), None, "{list}");
        }
    }

    #[test]
    fn a_star_is_a_token_in_any_place() {
        let mut headers = HeaderMap::new();
        headers.append(VARY, HeaderValue::from_static("Accept, *"));
        let expected = Some(vec!["accept".to_owned(), "*".to_owned()]);
        assert_eq!(tokens(&headers, &VARY), expected);
    }

    #[test]
    fn seconds_are_digits_and_nothing_else() {
        for (text, seconds) in [
            ("0", Some(0)),
            ("007", Some(7)),
            ("2147483647", Some((1 << 31) - 1)),
            ("2147483649", Some(1 << 31)),
            ("99999999999999999999999999", Some(1 << 31)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.0", None),
            ("1 ", None),
            ("1s", None),
            ("٣", None),
        ] {
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(delta_seconds(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn only_what_is_known_to_mean_the_same_is_made_equal() {
        for (name, one, other, equal) in [
            ("accept-language", "de, en;q=0.5", "DE,EN ; Q=0.5", true),
            ("accept-encoding", "gzip ,\tbr", "GZIP,br", true),
            ("accept-charset", "utf-8, *", "UTF-8,*", true),
            (
                "accept",
                "text/html, */*;q=0.1",
                "text/html,*/* ; q=0.1",
                true,
            ),
            ("accept", "text/html;v=A", "text/html;v=a", false),
            (
                "accept",
                "text/html;v=\"a, b\"",
                "text/html;v=\"a,b\"",
                false,
            ),
            ("accept-language", "de, en", "en, de", false),
            ("accept-language", "de", "de,", false),
            ("accept-language", "d e", "de", false),
            ("accept-language", "d\u{e9}", "de", false),
            ("x-flavor", "a, b", "a,b", false),
            ("x-flavor", "a", "A", false),
        ] {
            let [one, other] = [one, other].map(|value| normalized(name, value.as_bytes().into()));
            assert_eq!(one == other, equal, "{name}");
        }
    }

    #[test]
    fn what_browsers_send_is_in_normal_form() {
        for (name, value) in [
            ("accept-language", "en-US,en;q=0.9,de;q=0.8"),
            ("accept-language", "pt-BR,pt;q=0.9,zh-CN;q=0.8,es-419;q=0.7"),
            ("accept", "text/html,application/xml;q=0.9,*/*;q=0.8"),
        ] {
            let value = Cow::Borrowed(value.as_bytes());
            assert!(
                matches!(normalized(name, value), Cow::Borrowed(_)),
                "{name}"
            );
        }
    }

    proptest! {
        #[test]
        fn values_are_equal_but_for_case_and_space(
            one in "([a-cA-C]{1,3}|[-,; =\\t]){0,12}",
            other in "([a-cA-C]{1,3}|[-,; =\\t]){0,12}",
            case: bool,
        ) {
            let other = if case { one.to_ascii_uppercase() } else { other };
            let lower = |value: &str| {
                let members = value.split(',').map(|member| {
                    let parts: Vec<_> = member.split(';').map(str::trim_ascii).collect();
                    parts.join(";")
                });
                members.collect::<Vec<_>>().join(",").to_ascii_lowercase()
            };
            let [a, b] = [&one, &other]
                .map(|value| normalized("accept-language", value.as_bytes().into()));
            prop_assert_eq!(a == b, lower(&one) == lower(&other));
        }

        #[test]
        fn a_value_is_normalized_once(value: Vec<u8>) {
            for name in ["accept", "accept-language"] {
                let once = normalized(name, Cow::Borrowed(&value));
                prop_assert_eq!(normalized(name, once.clone()), once);
            }
        }

        #[test]
        fn a_quoted_text_is_read_again(text in "[ -~]{0,20}") {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
            let quoted = format!("\"{escaped}\"");
            prop_assert_eq!(members(&quoted), Some(vec![quoted.clone()]));
            prop_assert_eq!(unquoted(&quoted), Some(text));
        }
    }
}
