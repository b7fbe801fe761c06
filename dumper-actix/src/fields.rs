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
    let has_space = value.iter().any(|byte| b" \t".contains(byte));
    let has_case = caseless && value.iter().any(u8::is_ascii_uppercase);
    if !has_space && !has_case {
        return value;
    }
    let mut value = value.into_owned();
    if caseless {
        value.make_ascii_lowercase();
    }
    let members = value.split(|byte| *byte == b',').map(|member| {
        let parts = member.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        parts.collect::<Vec<_>>().join(&b';')
    });
    members.collect::<Vec<_>>().join(&b',').into()
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

    proptest! {
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
