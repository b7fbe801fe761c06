//! Header fields as lists.

use actix_web::http::header::{HeaderMap, HeaderName};

/// A directive of `Cache-Control`, its name in lower case.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Directive {
    pub(crate) name: String,
    pub(crate) argument: Option<String>,
}

/// The directives of all lines of a field (RFC 9111 §5.2), or `None` if they
/// cannot be read.
pub(crate) fn directives(headers: &HeaderMap, field: &HeaderName) -> Option<Vec<Directive>> {
    let mut directives = Vec::new();
    for line in headers.get_all(field) {
        for member in members(line.to_str().ok()?)? {
            let (name, argument) = match member.split_once('=') {
                Some((name, argument)) => (name, Some(unquoted(argument)?)),
                None => (member.as_str(), None),
            };
            if name.is_empty() || !name.bytes().all(is_token_byte) {
                return None;
            }
            directives.push(Directive {
                name: name.to_ascii_lowercase(),
                argument,
            });
        }
    }
    Some(directives)
}

/// The members of a list whose members are tokens, in lower case, or `None` if
/// they cannot be read.
pub(crate) fn tokens(headers: &HeaderMap, field: &HeaderName) -> Option<Vec<String>> {
    let mut tokens = Vec::new();
    for line in headers.get_all(field) {
        for token in members(line.to_str().ok()?)? {
            if !token.bytes().all(is_token_byte) {
                return None;
            }
            tokens.push(token.to_ascii_lowercase());
        }
    }
    Some(tokens)
}

/// Splits a list at the commas outside quotes (RFC 9110 §5.6.1).
fn members(list: &str) -> Option<Vec<String>> {
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

/// The text of a token or a quoted string (RFC 9110 §5.6.4).
fn unquoted(argument: &str) -> Option<String> {
    let Some(quoted) = argument.strip_prefix('"') else {
        let is_token = !argument.is_empty() && argument.bytes().all(is_token_byte);
        return is_token.then(|| argument.to_owned());
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

/// RFC 9110 §5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{CACHE_CONTROL, HeaderValue, VARY};

    use super::*;

    fn read(lines: &[&str]) -> Option<Vec<(String, Option<String>)>> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(CACHE_CONTROL, HeaderValue::from_str(line).unwrap());
        }
        let directives = directives(&headers, &CACHE_CONTROL)?.into_iter();
        Some(
            directives
                .map(|directive| (directive.name, directive.argument))
                .collect(),
        )
    }

    #[test]
    fn directives_are_read_over_lines_and_quotes() {
        assert_eq!(
            read(&["Max-Age=\"60\", ,private=\"a, b\\\"c\"", "no-store"]),
            Some(vec![
                ("max-age".to_owned(), Some("60".to_owned())),
                ("private".to_owned(), Some("a, b\"c".to_owned())),
                ("no-store".to_owned(), None),
            ])
        );
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for line in [
            "max-age=\"60",
            "max-age=6 0",
            "max-age=",
            "max age",
            "=1",
            "a=\"b\"c",
        ] {
            assert_eq!(read(&[line]), None, "{line}");
        }
    }

    #[test]
    fn a_star_is_a_token_in_any_place() {
        let mut headers = HeaderMap::new();
        headers.append(VARY, HeaderValue::from_static("Accept, *"));
        let expected = Some(vec!["accept".to_owned(), "*".to_owned()]);
        assert_eq!(tokens(&headers, &VARY), expected);
    }
}
